"""Tells a webhook of a task that has failed for good: `default_args={"on_failure_callback": tell_failure}`.

It is called in the task's pod, and by the DAG processor where that pod is lost, out of memory for one. The address is
the password of the connection `failure_webhook`, because whoever knows it may write there: it is in no log.
"""

from __future__ import annotations

import json
import logging
import ssl
import time
import urllib.error
import urllib.request
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from airflow.sdk import Connection
from airflow.sdk.log import redact

if TYPE_CHECKING:
    from collections.abc import Mapping

log = logging.getLogger(__name__)

WEBHOOK = "failure_webhook"
# Tries, and seconds for each and between them: a failed task's slot isn't held for long.
TRIES, PATIENCE, PAUSE = 3, 10, 5
LONGEST = 500


class Unmoved(urllib.request.HTTPRedirectHandler):
    """Follows nobody elsewhere: the address is meant for its host only."""

    def redirect_request(self, *_: Any) -> None:
        """Leave the answer as it is, which is no success."""


def tell_failure(context: Mapping[str, Any]) -> None:
    """Post what has failed as JSON; `text` is what chats show. That it can't be told fails nothing more."""
    try:
        address = Connection.get(WEBHOOK).password
        body = json.dumps(report(context)).encode()
        # The config takes https:// only.
        request = urllib.request.Request(str(address), data=body, headers={"Content-Type": "application/json"})  # noqa: S310
    except Exception as error:  # noqa: BLE001
        log.error("The webhook can't be told of the failure: %s; see orchestrator.onFailure", type(error).__name__)
        return
    for tried in range(1, TRIES + 1):
        if tried > 1:
            time.sleep(PAUSE)
        answer, again = post(request)
        if answer == "":
            log.info("The webhook was told of the failure")
            return
        log.warning("The webhook was not told of the failure (%s), try %d of %d", answer, tried, TRIES)
        if not again:
            return


def post(request: urllib.request.Request) -> tuple[str, bool]:
    """Give why it failed, nothing where it didn't, and whether to try again; never the address, as errors may do."""
    opener = urllib.request.build_opener(Unmoved, urllib.request.HTTPSHandler(context=ssl.create_default_context()))
    try:
        with opener.open(request, timeout=PATIENCE):
            return "", False
    except urllib.error.HTTPError as error:
        busy = error.code == HTTPStatus.TOO_MANY_REQUESTS or error.code >= HTTPStatus.INTERNAL_SERVER_ERROR
        return f"HTTP {error.code}", busy
    except Exception as error:  # noqa: BLE001
        reason = getattr(error, "reason", error)
        return type(reason).__name__, True


def report(context: Mapping[str, Any]) -> dict[str, Any]:
    """Say what has failed: names, and the first line of the error, without the secrets that Airflow knows."""
    ti = context["ti"]
    error = context.get("exception")
    lines = str(redact(str(error))).strip().splitlines() if error else []
    found = {
        "dag_id": ti.dag_id,
        "task_id": ti.task_id,
        "map_index": ti.map_index,
        "run_id": ti.run_id,
        "try_number": ti.try_number,
        "error": lines[0][:LONGEST] if lines else "the task's pod was lost, or ended without a word",
        "log_url": getattr(ti, "log_url", None),
    }
    mapped = ti.map_index is not None and ti.map_index >= 0
    name = f"{ti.dag_id}.{ti.task_id}" + (f"[{ti.map_index}]" if mapped else "")
    return {"text": f"{name} has failed in run {ti.run_id}: {found['error']}", **found}
