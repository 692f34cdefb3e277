"""The DAG `flights`: it parses, its tasks are those that the program declares, and what they start is restricted."""

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from unittest import mock

import pytest
import yaml
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.providers.cncf.kubernetes.operators.spark_kubernetes import SparkKubernetesOperator
from airflow.sdk.exceptions import AirflowException, AirflowFailException
from airflow.serialization.serialized_objects import DagSerialization
from kubernetes.client import models as k8s
from platform_tasks import TASKS, PodTask, Settings, SparkTask, interval_of
from platform_tasks.operators import result_of, template

from flights import INTERVAL, dag


def test_every_task_has_a_template():
    declared = {file.stem for file in TASKS.glob("*.yaml")}
    assert {task.task_id for task in dag.tasks} <= declared


def test_the_order_is_ingest_bronze_gold_train_score_and_the_audit_beside():
    order = {task.task_id: sorted(task.downstream_task_ids) for task in dag.tasks}
    assert order == {
        "ingest": ["bronze"],
        "bronze": ["audit", "gold"],
        "audit": [],
        "gold": ["train"],
        "train": ["score"],
        "score": [],
    }


def test_it_can_be_stored_as_the_scheduler_stores_it():
    stored = DagSerialization.to_dict(dag)
    assert stored["dag"]["dag_id"] == "flights"
    json.dumps(stored)


def test_runs_follow_each_other_and_none_is_made_up_for():
    assert (dag.max_active_runs, dag.catchup, dag.is_paused_upon_creation) == (1, False, False)


def test_every_task_tries_again_within_limits():
    for task in dag.tasks:
        assert task.retries >= 1, task.task_id
        assert task.retry_exponential_backoff, task.task_id
        assert timedelta(minutes=5) <= task.execution_timeout <= timedelta(hours=1), task.task_id
    weights = [dag.get_task(name).priority_weight for name in ("ingest", "bronze", "audit", "gold", "train", "score")]
    assert weights == sorted(set(weights))


def test_limits_are_those_that_the_program_declares():
    said = json.loads((TASKS / "settings.json").read_text(encoding="utf-8"))["tasks"]["train"]
    train = dag.get_task("train")
    assert train.retries == said["retries"]
    assert train.execution_timeout == timedelta(seconds=said["timeout"] + 300)


@pytest.mark.parametrize(
    ("run", "name"),
    [
        ({"data_interval_start": datetime(2026, 3, 1, tzinfo=UTC)}, "2026-03-01"),
        ({"data_interval_start": datetime(2026, 3, 1, 6, 30, tzinfo=UTC)}, "2026-03-01T063000"),
        ({"logical_date": datetime(2026, 3, 2, tzinfo=UTC)}, "2026-03-02"),
        ({}, "2026-03-03T040506"),
        ({"conf": {"interval": "2013-12-31"}, "logical_date": datetime(2026, 3, 2, tzinfo=UTC)}, "2013-12-31"),
        ({"conf": {"interval": None}}, "2026-03-03T040506"),
    ],
)
def test_an_interval_is_named_by_its_start(run, name):
    plain = {"conf": None, "logical_date": None, "data_interval_start": None}
    after = datetime(2026, 3, 3, 4, 5, 6, tzinfo=UTC)
    assert interval_of(SimpleNamespace(**{**plain, "run_after": after, **run})) == name


def test_what_works_on_an_interval_is_told_which():
    for task in ("gold", "train", "score"):
        assert dag.get_task(task).extra_arguments[: len(INTERVAL)] == INTERVAL
    assert dag.user_defined_macros["interval_of"] is interval_of
    rendered = dag.get_task("gold").render_template(
        dag.get_task("gold").extra_arguments,
        {"dag_run": SimpleNamespace(conf={"interval": "2013-12-31"}), "params": {"fresh": False}},
        dag.get_template_env(),
    )
    assert rendered == ["--interval", "2013-12-31", "--no-fresh"]


def pod_of(task):
    """Make the pod that a task would start, without a cluster."""
    with mock.patch.object(KubernetesPodOperator, "execute") as execute:
        task.execute({})
    execute.assert_called_once()
    return KubernetesPodOperator.build_pod_request_obj(task, dry_run=True)


@pytest.mark.parametrize(
    "task", [task for task in dag.tasks if isinstance(task, PodTask)], ids=lambda task: task.task_id
)
def test_the_pod_of_a_task_is_that_of_its_template(task):
    wanted = template(task.task_id)
    pod = pod_of(task)
    assert pod.metadata.namespace == "sandbox-jobs"
    assert pod.metadata.name.startswith(f"{task.task_id}-")
    assert wanted["metadata"]["labels"].items() <= pod.metadata.labels.items()
    assert pod.spec.service_account_name == task.task_id
    assert pod.spec.automount_service_account_token is False
    assert pod.spec.security_context.run_as_non_root is True
    assert pod.spec.active_deadline_seconds == 900
    (container,) = pod.spec.containers
    (declared,) = wanted["spec"]["containers"]
    assert container.name == task.base_container_name == declared["name"]
    assert container.image == declared["image"]
    assert container.command == declared["command"]
    assert container.args == [*declared["args"], *task.extra_arguments]
    assert container.security_context.read_only_root_filesystem is True
    assert container.security_context.capabilities.drop == ["ALL"]
    assert container.resources.limits == declared["resources"]["limits"]
    assert [entry.name for entry in container.env] == [entry["name"] for entry in declared["env"]]
    assert container.termination_message_path == "/dev/termination-log"
    assert {mount.name for mount in container.volume_mounts} == {volume.name for volume in pod.spec.volumes}


def test_the_spark_application_is_that_of_its_template():
    gold = dag.get_task("gold")
    assert isinstance(gold, SparkTask)
    with mock.patch.object(SparkKubernetesOperator, "execute") as execute:
        gold.execute({})
    execute.assert_called_once()
    assert gold.namespace == "sandbox-jobs"
    body = gold.template_spec
    declared = template("gold")["spec"]["arguments"]
    assert body["spec"]["arguments"] == [*declared, *gold.extra_arguments]
    # Airflow tries again; the operator would restart a driver that nobody follows.
    assert body["spec"]["restartPolicy"] == {"type": "Never"}


def test_a_template_that_is_not_there_is_named():
    with pytest.raises(AirflowException, match=r'forecast\.yaml is not there: no workload "forecast" is declared'):
        PodTask(task_id="forecast").execute({})


def ended(message, code=0, container="base"):
    state = k8s.V1ContainerState(terminated=k8s.V1ContainerStateTerminated(exit_code=code, message=message))
    status = k8s.V1ContainerStatus(name=container, state=state, image="i", image_id="i", ready=False, restart_count=0)
    return k8s.V1Pod(metadata=k8s.V1ObjectMeta(name="p"), status=k8s.V1PodStatus(container_statuses=[status]))


def test_a_program_s_result_becomes_the_task_s():
    task, pushed = PodTask(task_id="audit"), mock.Mock()
    with mock.patch.object(KubernetesPodOperator, "post_complete_action") as after:
        pod = ended('{"program":"audit","ok":true,"rows":5}')
        task.post_complete_action(pod=pod, remote_pod=pod, context={"ti": pushed}, result=None)
    pushed.xcom_push.assert_called_once_with(key="return_value", value={"program": "audit", "ok": True, "rows": 5})
    after.assert_called_once()


def test_settings_that_cannot_work_are_not_tried_again():
    task = PodTask(task_id="audit")
    for code, raised in ((2, AirflowFailException), (1, AirflowException)):
        with mock.patch.object(KubernetesPodOperator, "post_complete_action", side_effect=AirflowException("failed")):
            pod = ended('{"program":"audit","ok":false,"error":"why"}', code)
            with pytest.raises(AirflowException) as error:
                task.post_complete_action(pod=pod, remote_pod=pod, context={"ti": mock.Mock()}, result=None)
        assert type(error.value) is raised


def test_what_is_no_result_is_none():
    assert result_of(None, "base") == (None, None)
    assert result_of(ended("Killed", 137), "base") == (None, 137)
    assert result_of(ended('{"a":1}'), "another") == (None, None)


def test_without_a_schedule_it_runs_when_asked(tmp_path, monkeypatch):
    monkeypatch.setattr("platform_tasks.settings.TASKS", tmp_path)
    assert Settings.read() == Settings(None, {})
    (tmp_path / "settings.json").write_text(
        json.dumps({"schedule": {"cron": "0 5 * * *", "timeZone": "Europe/Berlin"}, "tasks": {}}), encoding="utf-8"
    )
    assert Settings.read().schedule.expression == "0 5 * * *"


def test_no_template_holds_a_secret():
    for file in TASKS.glob("*.yaml"):
        text = file.read_text(encoding="utf-8")
        assert yaml.safe_load(text)["kind"] in {"Pod", "SparkApplication"}
        assert "password" not in text.lower()
