"""What the platform's program says about a DAG: its schedule, and how long and how often each task may try."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import CronDataIntervalTimetable

# A ConfigMap of the program's, mounted; the variable is for tests.
TASKS = Path(os.environ.get("DATA_PLATFORM_TASKS", "/opt/airflow/tasks"))
# Seconds that a pod may take to be scheduled and to pull its image, besides what its program may take.
STARTUP_SECONDS = 300


@dataclass(frozen=True)
class Settings:
    """The file settings.json."""

    schedule: CronDataIntervalTimetable | None
    tasks: dict[str, dict[str, int]]

    @classmethod
    def read(cls) -> Settings:
        """Read the file; without it (nothing is deployed yet) there is no schedule, and Airflow's defaults hold."""
        file = TASKS / "settings.json"
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
        schedule = found.get("schedule")
        timetable = CronDataIntervalTimetable(schedule["cron"], timezone=schedule["timeZone"]) if schedule else None
        return cls(timetable, found.get("tasks", {}))

    def of(self, task: str) -> dict[str, Any]:
        """Give an operator's arguments."""
        said = self.tasks.get(task, {})
        return {
            **({"retries": said["retries"]} if "retries" in said else {}),
            **(
                {"execution_timeout": timedelta(seconds=said["timeout"] + STARTUP_SECONDS)} if "timeout" in said else {}
            ),
        }
