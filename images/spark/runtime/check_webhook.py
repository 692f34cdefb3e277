#!/usr/bin/env python3
"""Finds out whether the Spark operator's webhook works: asks the API server to pretend that it made an application, and looks for
what only the webhook fills in. Nothing is made. Runs in a pod whose account may create applications.

A webhook that isn't called changes nothing and is noticed by nobody; one that is down refuses every job.
"""

import json
import os
import ssl
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


def application(name: str) -> dict[str, object]:
    """As little as the definition allows: neither a mode nor a driver's cores, which the webhook fills in."""
    return {
        "apiVersion": "sparkoperator.k8s.io/v1beta2",
        "kind": "SparkApplication",
        "metadata": {"name": name},
        "spec": {
            "type": "Python",
            "mainApplicationFile": "local:///none",
            "sparkVersion": "4.0.0",
            "driver": {},
            "executor": {},
        },
    }


def pretend(host: str, namespace: str, name: str) -> dict[str, dict[str, object]]:
    """Has an application made without making it, and returns what would have been made."""
    request = urllib.request.Request(
        f"https://{host}/apis/sparkoperator.k8s.io/v1beta2/namespaces/{namespace}/sparkapplications?dryRun=All",
        data=json.dumps(application(name)).encode(),
        headers={"Authorization": f"Bearer {(ACCOUNT / 'token').read_text()}", "Content-Type": "application/json"},
    )
    authority = ssl.create_default_context(cafile=str(ACCOUNT / "ca.crt"))
    # The CAs of some clusters lack what Python asks for since 3.13 (key usage, key identifiers); all else is verified.
    authority.verify_flags &= ~ssl.VERIFY_X509_STRICT
    with urllib.request.urlopen(request, timeout=30, context=authority) as answer:
        return json.load(answer)


def attempt(host: str, namespace: str, name: str) -> str | None:
    """What is wrong, or nothing."""
    try:
        spec = pretend(host, namespace, name)["spec"]
    except urllib.error.HTTPError as error:
        answer = error.read().decode(errors="replace")
        try:
            answer = json.loads(answer)["message"]
        except (ValueError, KeyError, TypeError):
            pass
        return f"the API server refuses an application: {answer}"
    except OSError as error:
        return f"the API server can't be asked: {error}"
    if spec.get("mode") != "cluster":
        return (
            "the API server takes an application without asking the Spark operator's webhook: jobs would run without what it "
            f"adds to their pods. Are its configurations there, and do they name the namespace {namespace}?"
        )
    return None


def main() -> int:
    host = f"{os.environ['KUBERNETES_SERVICE_HOST']}:{os.environ['KUBERNETES_SERVICE_PORT']}"
    namespace = (ACCOUNT / "namespace").read_text()
    # A webhook that was just started is given its certificate within seconds.
    end = time.monotonic() + float(os.environ.get("CHECK_SECONDS", "90"))
    while problem := attempt(host, namespace, "webhook-check"):
        if time.monotonic() >= end:
            print(problem, file=sys.stderr)
            return 1
        time.sleep(2)
    print("the Spark operator's webhook works")
    return 0


if __name__ == "__main__":
    sys.exit(main())
