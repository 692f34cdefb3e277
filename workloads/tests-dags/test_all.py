"""Every DAG here, the sample's and the team's own: it parses, and its tasks are those that the program declares."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from airflow.sdk import DAG
from platform_tasks import PodTask, SparkTask
from platform_tasks.settings import files

DAGS = Path(__file__).resolve().parents[1] / "dags"


def dags() -> list[DAG]:
    found = []
    for file in sorted(DAGS.glob("*.py")):
        spec = spec_from_file_location(file.stem, file)
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        found += [value for value in vars(module).values() if isinstance(value, DAG)]
    return found


def test_every_file_has_a_dag_and_no_two_have_the_same_name():
    ids = [dag.dag_id for dag in dags()]
    assert len(ids) >= len(list(DAGS.glob("*.py")))
    assert sorted(ids) == sorted(set(ids))


def test_every_task_has_a_template_and_every_template_a_task():
    started = {task.task_id for dag in dags() for task in dag.tasks if isinstance(task, PodTask | SparkTask)}
    assert started == {file.stem for file in files("*.yaml")}
