"""Brings both databases to the version of this MLflow, and the users to what the chart says. Any number of times.

Runs before the server, on the databases themselves: so it needs no server, and no earlier password to set a new one.
"""

from __future__ import annotations

import os
import sys
import time

from platform_mlflow import settings as platform
from platform_mlflow.settings import Settings, SettingsError

# What passes by itself, by what libpq says of it.
PASSING = (
    "Connection refused",
    "could not translate host name",
    "timeout expired",
    "Connection timed out",
    "No route to host",
    "starting up",
    "shutting down",
    "server closed the connection",
    "connection slots",
    "too many clients",
)


def say(message: str) -> None:
    print(f"prepare: {message}", flush=True)


def wait_for(name: str, uri: str, timeout: int) -> None:
    """Wait until a database answers; what waiting doesn't mend is an error at once."""
    if not uri.startswith("postgresql"):
        return
    import psycopg2

    end = time.monotonic() + timeout
    while True:
        try:
            psycopg2.connect(uri.replace("+psycopg2", "", 1), connect_timeout=5).close()
            return
        except psycopg2.OperationalError as error:
            reason = str(error).strip()
            if time.monotonic() > end or not any(text in reason for text in PASSING):
                raise SettingsError(f"database {name}: {reason}") from None
            say(f"database {name} isn't there yet: {reason.splitlines()[0]}")
            time.sleep(2)
        except psycopg2.ProgrammingError:
            # The error's own words repeat a part of the URI, maybe the password.
            raise SettingsError(f"database {name}: key uri of its Secret is no URI of PostgreSQL") from None


def migrate(found: Settings) -> None:
    """The database of runs and models: its tables, and the experiment `Default`, which two servers would both make."""
    from mlflow.store.db import utils
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    engine = utils.create_sqlalchemy_engine_with_retry(found.database_uri)
    utils._safe_initialize_tables(engine)
    if utils._get_schema_version(engine) != utils._get_latest_schema_revision():
        utils._upgrade_db(engine)
    engine.dispose()
    SqlAlchemyStore(found.database_uri, "mlflow-artifacts:/")
    say("the database of runs and models is up to date")


def main() -> None:
    try:
        found = platform.read(with_users=True)
        wait_for("of runs and models", found.database_uri, found.timeout)
        wait_for("of users", found.auth_database_uri, found.timeout)
    except SettingsError as error:
        sys.exit(f"prepare: error: {error}")
    os.environ.update(platform.environment(found))
    platform.write_auth_config(found)
    migrate(found)

    # This one reads the settings of basic auth while it is imported.
    from platform_mlflow.users import apply

    apply(found, say)


if __name__ == "__main__":
    main()
