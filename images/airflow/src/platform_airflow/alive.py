"""Whether this pod's part of Airflow has been heard of lately: python -m platform_airflow.alive SchedulerJob

`airflow jobs check` asks the same and takes five seconds of a processor, every minute, for each part.
"""

import os
import sys

import psycopg

from platform_airflow.database import connect

# Several heartbeats, and longer than the pause that a busy node makes.
LIMIT = 60


def main() -> None:
    (job,) = sys.argv[1:]
    host = os.uname().nodename
    try:
        with connect() as connection:
            found = connection.execute(
                "SELECT max(latest_heartbeat) > now() - make_interval(secs => %s) FROM job"
                " WHERE job_type = %s AND state = 'running' AND (hostname = %s OR hostname LIKE %s)",
                [LIMIT, job, host, f"{host}.%"],
            ).fetchone()
    except psycopg.OperationalError as error:
        # A restart of this pod doesn't bring the database back.
        print(f"the database can't be asked: {error}")
        return
    if not (found and found[0]):
        raise SystemExit(f"no heartbeat of {job} on {host} within {LIMIT} s")


if __name__ == "__main__":
    main()
