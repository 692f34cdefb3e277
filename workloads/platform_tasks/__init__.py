"""Tasks that start what the platform's program has declared: `EtlTask` and `SparkBatch` by name, from their templates.

    ingest = PodTask(task_id="ingest")
    gold = SparkTask(task_id="gold", extra_arguments=["--interval", "{{ interval_of(dag_run) }}"])

A task's id is the declaration's name. Image, credentials, resources, the ServiceAccount and what it may reach stand in
the template, `<task>.yaml` in the folder TASKS or in a team's below TEAM_TASKS; a task reads it when it runs. What the
program says at its end, one JSON object, is the task's XCom `return_value`.
"""

from platform_tasks.failures import tell_failure
from platform_tasks.intervals import interval_of
from platform_tasks.operators import PodTask, SparkTask
from platform_tasks.settings import TASKS, TEAM_TASKS, Settings

__all__ = ["TASKS", "TEAM_TASKS", "PodTask", "Settings", "SparkTask", "interval_of", "tell_failure"]
