"""Pods that the namespace's quota has no room for now: they wait, and their task has not failed."""

from __future__ import annotations

import json
import re
from functools import cached_property
from typing import TYPE_CHECKING, Any

import tenacity
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.providers.cncf.kubernetes.utils.pod_manager import PodManager
from airflow.sdk.exceptions import AirflowFailException
from kubernetes.client.exceptions import ApiException
from kubernetes.utils.quantity import parse_quantity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow.sdk import Context
    from kubernetes.client import models as k8s

FORBIDDEN, CONFLICT = 403, 409
# Seconds between two looks for room: more and more, and each task its own, so that many don't ask at once.
WAIT = tenacity.wait_exponential(min=5, max=60) + tenacity.wait_random(0, 5)


def said(refused: BaseException) -> str:
    """Give what the API server says of a refusal."""
    if not isinstance(refused, ApiException):
        return ""
    try:
        message = json.loads(refused.body)["message"]
    except (TypeError, ValueError, KeyError):
        return str(refused.body or refused.reason or "")
    return str(message)


def without_room(refused: BaseException) -> bool:
    """Tell whether there may be room later: the quota is used up, or others have just counted in it."""
    if not isinstance(refused, ApiException):
        return False
    if refused.status == CONFLICT:
        return "resourcequotas" in said(refused) and "has been modified" in said(refused)
    return refused.status == FORBIDDEN and "exceeded quota" in said(refused) and not list(never(said(refused)))


def amounts(kind: str, message: str) -> dict[str, str]:
    """Read one of the lists in `exceeded quota: jobs, requested: pods=1, used: pods=5, limited: pods=5`."""
    found = re.search(rf"\b{kind}: ([^ ]+?)(?:, |$)", message)
    return dict(each.split("=", 1) for each in found[1].split(",")) if found else {}


def never(message: str) -> Iterator[str]:
    """Name what is asked for beyond the whole quota, however empty it is."""
    limited = amounts("limited", message)
    for resource, requested in amounts("requested", message).items():
        if resource in limited and parse_quantity(requested) > parse_quantity(limited[resource]):
            yield f"{requested} of {resource}, and the quota is {limited[resource]}"


class Quiet(PodManager):
    """Leaves a refusal to whoever asked: upstream writes the whole pod into the task's log at each try."""

    def run_pod_async(self, pod: k8s.V1Pod, **kwargs: Any) -> k8s.V1Pod:
        """Create the pod."""
        body = self._client.api_client.sanitize_for_serialization(pod)
        return self._client.create_namespaced_pod(body=body, namespace=pod.metadata.namespace, **kwargs)


class Waiting(KubernetesPodOperator):
    """Waits for room in the quota, for as long as the task's `execution_timeout` lets it."""

    @cached_property
    def pod_manager(self) -> PodManager:
        """Give upstream's, but quiet."""
        return Quiet(kube_client=self.client, callbacks=self.callbacks)

    def get_or_create_pod(self, pod_request_obj: k8s.V1Pod, context: Context) -> k8s.V1Pod:
        """Create the pod when there is room; one that would never fit fails the task for good."""
        asked = tenacity.Retrying(
            retry=tenacity.retry_if_exception(without_room), wait=WAIT, before_sleep=self.tell, reraise=True
        )
        try:
            return asked(super().get_or_create_pod, pod_request_obj, context)
        except ApiException as refused:
            if beyond := "; ".join(never(said(refused))):
                raise AirflowFailException(
                    f'"{self.task_id}" asks for {beyond}: no pod of it fits, even if nothing else runs; lower the '
                    "declaration's `resources`, or raise namespaces.quotas.jobs in the stack file"
                ) from None
            raise

    def tell(self, state: tenacity.RetryCallState) -> None:
        """Say once that the task waits, and again when that has another reason."""
        refused = state.outcome.exception() if state.outcome else None
        used = amounts("used", said(refused)) if refused else {}
        reason = ", ".join(used) or "others are counted at this moment"
        if reason != getattr(self, "_told", None):
            self._told = reason
            self.log.info("Waiting for room in the quota of the namespace (%s); this is no failed try", reason)
