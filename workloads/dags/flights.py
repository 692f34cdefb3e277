"""The sample pipeline: flights through Kafka and Spark into tables, a model and its predictions.

Every program is idempotent. ingest and bronze go on where they have stopped; gold, train and score work for one data
interval and are told which: done again, for the same interval, they leave the same tables and the same model behind.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, Param
from platform_tasks import PodTask, Settings, SparkTask, interval_of

settings = Settings.read()
INTERVAL = ["--interval", "{{ interval_of(dag_run) }}"]
# Also for an interval that has been worked on before: what has landed by now, the champion as it is now.
FRESH = "{{ '--fresh' if params.fresh else '--no-fresh' }}"

with DAG(
    dag_id="flights",
    description="Flights through Kafka and Spark into tables, a model of their delays, and its predictions",
    doc_md=__doc__,
    tags=["sample"],
    schedule=settings.schedule,
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    # A run works on all that has landed: runs for days gone by would do the same again.
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    dagrun_timeout=timedelta(hours=3),
    params={
        "interval": Param(
            None,
            type=["null", "string"],
            pattern="^[0-9A-Za-z][0-9A-Za-z_.+-]{0,62}$",
            description="Which data interval to work on, e.g. 2013-12-31; without it the run's own.",
        ),
        "fresh": Param(
            False,
            type="boolean",
            description="Take what has landed by now and the present champion, also for an interval worked on before.",
        ),
    },
    user_defined_macros={"interval_of": interval_of},
    default_args={
        "retries": 3,
        "retry_delay": timedelta(seconds=10),
        "retry_exponential_backoff": True,
        "max_retry_delay": timedelta(minutes=5),
        "execution_timeout": timedelta(hours=1),
        # A run that has begun is brought to its end before another DAG's begins: later tasks go first.
        "weight_rule": "absolute",
    },
) as dag:
    ingest = PodTask(task_id="ingest", priority_weight=1, **settings.of("ingest"))
    bronze = PodTask(task_id="bronze", priority_weight=2, **settings.of("bronze"))
    audit = PodTask(task_id="audit", priority_weight=3, **settings.of("audit"))
    gold = SparkTask(task_id="gold", priority_weight=4, extra_arguments=[*INTERVAL, FRESH], **settings.of("gold"))
    train = PodTask(task_id="train", priority_weight=5, extra_arguments=INTERVAL, **settings.of("train"))
    score = PodTask(task_id="score", priority_weight=6, extra_arguments=[*INTERVAL, FRESH], **settings.of("score"))

    ingest >> bronze >> [audit, gold]
    gold >> train >> score
