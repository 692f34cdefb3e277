"""Parts of a month, loaded side by side, and a report when all of them are there.

`load-part` and `report` are tasks that the platform's program declares (`EtlTask`): image, credentials, resources and
the way out are said there, and here is when they run, with which arguments, and how many at a time.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG
from platform_tasks import PodTask, interval_of

PARTS = [["--interval", "{{ interval_of(dag_run) }}", "--part", str(part)] for part in range(8)]

with DAG(
    dag_id="example",
    schedule="0 6 * * *",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    user_defined_macros={"interval_of": interval_of},
    default_args={
        "retries": 3,
        "retry_delay": timedelta(seconds=30),
        # What ends a task, also one that waits for room in the quota.
        "execution_timeout": timedelta(hours=1),
    },
):
    # No more at a time than the pool has slots: `orchestrator.pools` in the stack file, `POOLS` in tests/test_dags.py.
    load = PodTask.partial(task_id="load-part", pool="default_pool").expand(extra_arguments=PARTS)
    load >> PodTask(task_id="report", extra_arguments=["--interval", "{{ interval_of(dag_run) }}"])
