"""Deletes old history out of Airflow's database: python -m platform_airflow.clean <days to keep>

Runs, task instances, XComs, logs of events; the last run of each DAG stays. What is deleted is not kept in tables beside, which
would grow in their place.
"""

import os
import sys
from datetime import UTC, datetime, timedelta


def command(days: int, now: datetime) -> list[str]:
    """The command that deletes what is older than so many days; in batches, so that no transaction is large."""
    before = (now - timedelta(days=days)).isoformat(timespec="seconds")
    # fmt: off
    return [
        "airflow", "db", "clean", "--clean-before-timestamp", before,
        "--skip-archive", "--batch-size", "10000", "--yes",
    ]
    # fmt: on


def main() -> None:
    (days,) = sys.argv[1:]
    words = command(int(days), datetime.now(UTC))
    print(f"deleting what is older than {days} days, before {words[4]}", flush=True)
    os.execvp(words[0], words)


if __name__ == "__main__":
    main()
