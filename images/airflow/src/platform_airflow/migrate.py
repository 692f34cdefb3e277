"""Migrates the database, unless there is nothing to migrate: every upgrade of the chart runs this."""

import os

import psycopg

from platform_airflow.database import behind, connect


def main() -> None:
    try:
        with connect() as connection:
            missing = behind(connection)
    except psycopg.OperationalError as error:
        # Short, for whoever reads what the Job said last; it is tried again.
        raise SystemExit(f"the database can't be used: {error}") from None
    if not missing:
        print("the database is up to date")
        return
    print("\n".join(missing), flush=True)
    os.execvp("airflow", ["airflow", "db", "migrate"])


if __name__ == "__main__":
    main()
