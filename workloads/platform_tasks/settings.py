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
# Those of teams' own, a folder each.
TEAM_TASKS = Path(os.environ.get("DATA_PLATFORM_TEAM_TASKS", "/opt/airflow/team-tasks"))
# Seconds that a pod may take to be scheduled and to pull its image, besides what its program may take.
STARTUP_SECONDS = 300


def files(name: str) -> list[Path]:
    """Find the files of a name among the templates of all teams."""
    return [*sorted(TASKS.glob(name)), *sorted(TEAM_TASKS.glob(f"*/{name}"))]


@dataclass(frozen=True)
class Settings:
    """The files settings.json: the sample's, and those of teams' own."""

    schedule: CronDataIntervalTimetable | None
    tasks: dict[str, dict[str, int]]

    @classmethod
    def read(cls, workload: str | None = None) -> Settings:
        """Read the files, with the schedule that the stack file gives a workload of a team's own, or the sample's.

        Without them (nothing is deployed yet) there is no schedule, and Airflow's defaults hold.
        """
        every: list[dict[str, Any]] = [json.loads(file.read_text(encoding="utf-8")) for file in files("settings.json")]
        said = [each.get("schedule") if workload is None else each.get("schedules", {}).get(workload) for each in every]
        schedule = next((each for each in said if each), None)
        timetable = CronDataIntervalTimetable(schedule["cron"], timezone=schedule["timeZone"]) if schedule else None
        return cls(timetable, {name: task for each in every for name, task in each.get("tasks", {}).items()})

    def of(self, task: str) -> dict[str, Any]:
        """Give an operator's arguments."""
        said = self.tasks.get(task, {})
        return {
            **({"retries": said["retries"]} if "retries" in said else {}),
            **(
                {"execution_timeout": timedelta(seconds=said["timeout"] + STARTUP_SECONDS)} if "timeout" in said else {}
            ),
        }
