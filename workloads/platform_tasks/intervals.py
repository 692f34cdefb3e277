"""What a run's data interval is called."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Protocol


class Run(Protocol):
    """As much of a DAG run as is needed."""

    conf: dict[str, Any] | None
    logical_date: datetime | None
    data_interval_start: datetime | None
    run_after: datetime


def interval_of(run: Run) -> str:
    """Name a run's data interval by its start, e.g. 2013-12-31 or 2013-12-31T060000; `interval` in its conf goes first.

    A run that is repeated, or a backfill of the same interval, has the same name, and with it the same tables.
    """
    named = (run.conf or {}).get("interval")
    if named:
        return str(named)
    start = (run.data_interval_start or run.logical_date or run.run_after).astimezone(UTC)
    midnight = (start.hour, start.minute, start.second) == (0, 0, 0)
    return start.strftime("%Y-%m-%d" if midnight else "%Y-%m-%dT%H%M%S")
