"""Starts a part of Airflow once the database is there and migrated: python -m platform_airflow.start scheduler …

The chart's own wait is a container that loads all of Airflow before each part does so again.
"""

import os
import sys
import time

import psycopg

from platform_airflow.database import behind, connect


def wait() -> None:
    told = ""
    while True:
        try:
            with connect() as connection:
                missing = behind(connection)
        except psycopg.OperationalError as error:
            missing = [str(error).strip()]
        if not missing:
            return
        # Said once, and again when it is something else.
        if (reason := "; ".join(missing)) != told:
            told = reason
            print(f"waiting for the database: {reason}", flush=True)
        time.sleep(1)


def main() -> None:
    part, *more = sys.argv[1:]
    wait()
    if part == "api-server":
        os.execvp(sys.executable, [sys.executable, "-m", "platform_airflow.serve", *more])
    os.execvp("airflow", ["airflow", part, *more])


if __name__ == "__main__":
    main()
