"""Finds out whether the Spark operator's webhook works, which fills in what an application leaves open.

Has the API server pretend that it made one, and looks for that. Nothing is made.

A webhook that isn't called changes nothing and is noticed by nobody; one that is down refuses every job.
"""

import os
import sys

from api_job import Attempt, Problem, Refused, Unreachable, until_done

NAMESPACE = os.environ["CHECK_NAMESPACE"]

# As little as the definition allows: neither a mode nor a driver's cores, which the webhook fills in.
APPLICATION = {
    "apiVersion": "sparkoperator.k8s.io/v1beta2",
    "kind": "SparkApplication",
    "metadata": {"name": "webhook-check"},
    "spec": {
        "type": "Python",
        "mainApplicationFile": "local:///none",
        "sparkVersion": "4.0.0",
        "driver": {},
        "executor": {},
    },
}


def pretend(attempt: Attempt) -> str:
    try:
        path = f"/apis/sparkoperator.k8s.io/v1beta2/namespaces/{NAMESPACE}/sparkapplications?dryRun=All"
        spec = attempt.ask(path, APPLICATION)["spec"]
    except Refused as answer:
        raise Problem(f"the API server refuses an application: {answer}") from answer
    except Unreachable as problem:
        raise Problem(f"the API server can't be asked: {problem}") from problem
    if spec.get("mode") != "cluster":
        raise Problem(
            "the API server takes an application without asking the Spark operator's webhook: jobs would run without "
            f"what it adds to their pods. Are its configurations there, and do they name the namespace {NAMESPACE}?"
        )
    return "the Spark operator's webhook works"


sys.exit(until_done(pretend, lambda problem, taken: f"{problem} ({taken})"))
