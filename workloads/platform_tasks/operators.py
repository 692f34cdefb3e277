"""Airflow's own operators for pods and Spark applications, started from templates, with their programs' results."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import yaml
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.providers.cncf.kubernetes.operators.spark_kubernetes import SparkKubernetesOperator
from airflow.sdk.exceptions import AirflowException, AirflowFailException
from platform_tasks.quota import Waiting
from platform_tasks.settings import STARTUP_SECONDS, TASKS, files

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow.sdk import Context
    from kubernetes.client import models as k8s

# The programs' exit code for arguments or settings that can't work: to try again doesn't help.
BAD_SETTINGS = 2
# What both operators have in common: the platform's cluster is the one that Airflow runs in.
COMMON: dict[str, Any] = {
    "in_cluster": True,
    "get_logs": True,
    "log_events_on_failure": True,
    "startup_timeout_seconds": STARTUP_SECONDS,
}


def template(task_id: str) -> dict[str, Any]:
    """Read a task's template; raises AirflowException with what to do if there is none."""
    # A group's name goes before the task's own.
    task = task_id.rpartition(".")[2]
    found = files(f"{task}.yaml")
    if not found:
        raise AirflowException(
            f'{TASKS / task}.yaml is not there: no workload "{task}" is declared as a task (an EtlTask or SparkBatch '
            "in workloads/ whose `task` is given to TaskTemplates), or the update that brings it has not reached this "
            "pod yet"
        )
    if len(found) > 1:
        raise AirflowFailException(
            f'there are {len(found)} tasks of the name "{task}": {", ".join(map(str, found))}; a DAG finds tasks by '
            "their names, whoever's they are, so rename all but one of the declarations"
        )
    return dict(yaml.safe_load(found[0].read_text(encoding="utf-8")))


def result_of(pod: k8s.V1Pod | None, container: str) -> tuple[dict[str, Any] | None, int | None]:
    """Give what a program has said at its end, and its exit code; None for what isn't known."""
    statuses = (pod.status.container_statuses or []) if pod and pod.status else []
    ended = next((status.state.terminated for status in statuses if status.name == container and status.state), None)
    if ended is None:
        return None, None
    try:
        said = json.loads(ended.message or "")
    except ValueError:
        said = None
    return said if isinstance(said, dict) else None, ended.exit_code


class Reporting(KubernetesPodOperator):
    """Keeps a program's result, whatever it is, as the task's XCom."""

    def post_complete_action(
        self, *, pod: k8s.V1Pod, remote_pod: k8s.V1Pod, context: Context, result: dict[str, Any] | None, **kwargs: Any
    ) -> None:
        """Push the result before the pod, and its termination message with it, are deleted."""
        said, code = result_of(remote_pod, self.base_container_name)
        if said is not None:
            context["ti"].xcom_push(key="return_value", value=said)
        try:
            super().post_complete_action(pod=pod, remote_pod=remote_pod, context=context, result=result, **kwargs)
        except AirflowException as failure:
            if code == BAD_SETTINGS:
                raise AirflowFailException(str(failure)) from failure
            raise


class PodTask(Reporting, Waiting):
    """Runs an `EtlTask`; waits while the quota has no room for its pod."""

    template_fields: Sequence[str] = (*KubernetesPodOperator.template_fields, "extra_arguments")

    def __init__(self, *, task_id: str, extra_arguments: Sequence[str] = (), **kwargs: Any) -> None:
        """Name the declaration; extra arguments go behind those of its template."""
        super().__init__(task_id=task_id, name=task_id, on_finish_action="delete_pod", **COMMON, **kwargs)
        self.extra_arguments = list(extra_arguments)

    def execute(self, context: Context) -> Any:
        """Make a pod from the template and see it through."""
        body = template(self.task_id)
        container = body["spec"]["containers"][0]
        container["args"] = [*container.get("args", []), *self.extra_arguments]
        self.namespace = body["metadata"]["namespace"]
        self.pod_template_dict = body
        return super().execute(context)


class SparkTask(Reporting, SparkKubernetesOperator):
    """Runs a `SparkBatch` that has the mode `template`."""

    template_fields: Sequence[str] = (*SparkKubernetesOperator.template_fields, "extra_arguments")

    def __init__(self, *, task_id: str, extra_arguments: Sequence[str] = (), **kwargs: Any) -> None:
        """Name the declaration; extra arguments go behind those of its template."""
        super().__init__(task_id=task_id, name=task_id, delete_on_termination=True, **COMMON, **kwargs)
        self.extra_arguments = list(extra_arguments)

    def execute(self, context: Context) -> Any:
        """Make a SparkApplication from the template and follow its driver."""
        body = template(self.task_id)
        spec = body["spec"]
        spec["arguments"] = [*spec.get("arguments", []), *self.extra_arguments]
        self.namespace = body["metadata"]["namespace"]
        self.template_spec = body
        return super().execute(context)
