"""Finds out whether CloudNativePG's webhook answers: offers it, by a dry run, a Cluster that it has to refuse.

Nothing is made in any case. Ends well as soon as the refusal is the webhook's own, and with the last answer if it
never is.
"""

import os
import sys

from api_job import Attempt, Problem, Refused, Unreachable, until_done

NAMESPACE = os.environ["CHECK_NAMESPACE"]

# The definition takes any text for a size; the webhook doesn't.
CLUSTER = {
    "apiVersion": "postgresql.cnpg.io/v1",
    "kind": "Cluster",
    "metadata": {"name": "admission-check"},
    "spec": {"instances": 1, "storage": {"size": "no size"}},
}


def offer(attempt: Attempt) -> str:
    try:
        attempt.ask(f"/apis/postgresql.cnpg.io/v1/namespaces/{NAMESPACE}/clusters?dryRun=All", CLUSTER)
    except Refused as answer:
        if "admission webhook" in str(answer) and "denied the request" in str(answer):
            return "the webhook of CloudNativePG answers"
        raise
    except Unreachable as problem:
        raise Problem(f"the API server can't be reached: {problem}") from problem
    raise Problem("a Cluster without a size was accepted: the webhook isn't asked")


sys.exit(
    until_done(offer, lambda problem, taken: f"the webhook of CloudNativePG doesn't answer after {taken}: {problem}")
)
