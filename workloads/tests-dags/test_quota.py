"""A pod that the quota has no room for waits, by the task's own timeout; one that never fits fails at once."""

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from unittest import mock

import pytest
import tenacity
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.sdk import DAG, TaskGroup
from airflow.sdk.exceptions import AirflowFailException, AirflowTaskTimeout
from airflow.sdk.execution_time.timeout import timeout
from airflow.serialization.serialized_objects import DagSerialization
from kubernetes.client import models as k8s
from kubernetes.client.exceptions import ApiException
from platform_tasks import PodTask, quota

FULL = (
    'pods "audit-x" is forbidden: exceeded quota: jobs, requested: pods=1,requests.memory=64Mi, '
    "used: pods=5,requests.memory=4Gi, limited: pods=5,requests.memory=4Gi"
)
NEVER = FULL.replace("memory=64Mi", "memory=8Gi")
BUSY = (
    'Operation cannot be fulfilled on resourcequotas "jobs": the object has been modified; please apply your changes '
    "to the latest version and try again"
)
POLICY = (
    "pods \"audit-x\" is forbidden: ValidatingAdmissionPolicy 'dev-launched-pods' denied request: no task's account"
)
UNSAID = 'pods "audit-x" is forbidden: failed quota: jobs: must specify limits.memory for: base'


def refused(status, message):
    error = ApiException(status=status, reason="Forbidden")
    error.body = json.dumps({"kind": "Status", "message": message, "code": status})
    return error


class StoppedError(Exception):
    """Says that the pod was made, without one to follow."""


@pytest.fixture(autouse=True)
def _hasty(monkeypatch):
    monkeypatch.setattr(quota, "WAIT", tenacity.wait_none())
    # Upstream's own tries of conflicts wait for seconds each.
    monkeypatch.setattr("time.sleep", lambda _: None)


@pytest.fixture
def told():
    return mock.Mock()


def start(answers, told, **kwargs):
    """Run a task against an API that gives these answers to the creation of its pod; gives how often it was asked."""
    task = PodTask(task_id="audit", **kwargs)
    api = mock.Mock()
    api.api_client.sanitize_for_serialization = lambda pod: {"name": pod.metadata.name}
    api.list_namespaced_pod.return_value = SimpleNamespace(items=[])
    api.create_namespaced_pod.side_effect = answers
    ti = mock.MagicMock(map_index=-1, try_number=1, run_id="r", dag_id="d", task_id="audit")
    context = {"ti": ti, "run_id": "r", "dag": mock.Mock(parent_dag=None), "task_state_store": None}
    with (
        mock.patch.object(KubernetesPodOperator, "client", api),
        mock.patch.object(KubernetesPodOperator, "hook", mock.Mock(is_in_cluster=True)),
        mock.patch.object(KubernetesPodOperator, "log", told),
        mock.patch.object(KubernetesPodOperator, "_get_pod_from_task_state_store", return_value=None),
        mock.patch.object(KubernetesPodOperator, "_persist_pod_identity_to_task_state_store"),
        mock.patch.object(KubernetesPodOperator, "await_pod_start", side_effect=StoppedError),
    ):
        try:
            task.execute(context)
        except StoppedError:
            return api.create_namespaced_pod.call_count
    raise AssertionError("the task ended without a pod")


def lines(told):
    return [call.args[0] % call.args[1:] for call in told.info.call_args_list if "quota" in call.args[0]]


def test_over_quota_it_waits_and_says_so_once(told):
    full, busy = refused(403, FULL), refused(409, BUSY)
    assert start([full] * 20 + [busy] * 6 + [full] * 20 + [k8s.V1Pod()], told) == 47
    first, second, third = lines(told)
    assert "pods, requests.memory" in first
    assert "no failed try" in first
    assert "others" in second
    assert first == third
    told.exception.assert_not_called()


def test_with_room_it_is_asked_once(told):
    assert start([k8s.V1Pod()], told) == 1
    assert lines(told) == []


def test_what_never_fits_fails_for_good_with_what_to_do(told):
    with pytest.raises(AirflowFailException) as error:
        start([refused(403, NEVER)], told)
    assert str(error.value) == (
        '"audit" asks for 8Gi of requests.memory, and the quota is 4Gi: no pod of it fits, even if nothing else runs; '
        "lower the declaration's `resources`, or raise namespaces.quotas.jobs in the stack file"
    )


@pytest.mark.parametrize("message", [POLICY, UNSAID])
def test_another_refusal_is_none_of_quota(told, message):
    with pytest.raises(ApiException):
        start([refused(403, message)], told)


def test_a_conflict_of_another_kind_is_not_waited_for(told):
    with pytest.raises(ApiException):
        start([refused(409, 'pods "audit-x" already exists')] * 9, told)


def test_the_task_s_timeout_ends_the_wait(told):
    def always():
        while True:
            yield refused(403, FULL)

    with pytest.raises(AirflowTaskTimeout), timeout(seconds=1):
        start(always(), told, execution_timeout=timedelta(seconds=1))


@pytest.mark.parametrize("grouped", [False, True])
def test_a_fan_out_is_bounded_by_its_pool(grouped):
    with DAG("fan", start_date=datetime(2026, 1, 1, tzinfo=UTC), schedule=None) as dag:
        parts = [["--part", str(part)] for part in range(200)]
        if grouped:
            with TaskGroup("parts"):
                PodTask.partial(task_id="audit", pool="powerbi", retries=2).expand(extra_arguments=parts)
        else:
            PodTask.partial(task_id="audit", pool="powerbi", pool_slots=2).expand(extra_arguments=parts)
    (mapped,) = dag.tasks
    assert mapped.is_mapped
    assert mapped.pool == "powerbi"
    stored = json.loads(json.dumps(DagSerialization.to_dict(dag)))
    (task,) = stored["dag"]["tasks"]
    assert task["__var"]["partial_kwargs"]["pool"] == "powerbi"
    one = mapped.unmap({"extra_arguments": ["--part", "7"]})
    assert isinstance(one, PodTask)
    assert (one.pool, one.extra_arguments) == ("powerbi", ["--part", "7"])
    # The template is the declaration's, whatever group the task is in.
    with mock.patch.object(KubernetesPodOperator, "execute"):
        one.execute({})
    assert one.pod_template_dict["spec"]["containers"][0]["args"][-2:] == ["--part", "7"]
