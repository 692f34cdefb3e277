"""Waits until what an upgrade has changed runs: python -m platform_airflow.ready <url> <deployment> …

First the Deployments, by the Kubernetes API: each pod of the new kind and Ready. Then Airflow, by its own health.
"""

import json
import os
import ssl
import sys
import time
import urllib.request
from pathlib import Path

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
PARTS = ("metadatabase", "scheduler", "triggerer", "dag_processor")


def get(url: str, authority: str, headers: dict[str, str] | None = None) -> dict:
    context = ssl.create_default_context(cafile=authority)
    with urllib.request.urlopen(
        urllib.request.Request(url, headers=headers or {}), timeout=10, context=context
    ) as answer:
        return json.load(answer)


def rollout(name: str) -> str | None:
    """What a Deployment still lacks."""
    host = f"https://{os.environ['KUBERNETES_SERVICE_HOST']}:{os.environ['KUBERNETES_SERVICE_PORT']}"
    namespace = (ACCOUNT / "namespace").read_text()
    token = {"Authorization": f"Bearer {(ACCOUNT / 'token').read_text()}"}
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}"
    found = get(host + path, str(ACCOUNT / "ca.crt"), token)
    wanted, status = found["spec"]["replicas"], found.get("status", {})
    if status.get("observedGeneration", 0) < found["metadata"]["generation"]:
        return f"{name} has not been looked at yet"
    ready = min(status.get("updatedReplicas", 0), status.get("readyReplicas", 0), status.get("availableReplicas", 0))
    if ready < wanted or status.get("replicas", 0) > wanted:
        return f"{name} has {ready} of {wanted} pods"
    return None


def health(url: str) -> str | None:
    """What Airflow says that it lacks."""
    found = get(f"{url}/api/v2/monitor/health", os.environ["CA_FILE"])
    bad = [part for part in PARTS if (found.get(part) or {}).get("status") != "healthy"]
    return f"not healthy: {', '.join(bad)}" if bad else None


def main() -> None:
    url, *deployments = sys.argv[1:]
    told = ""
    while True:
        try:
            lacking = [found for name in deployments if (found := rollout(name))]
            if not lacking and (found := health(url)):
                lacking = [found]
        except (OSError, ValueError) as error:
            lacking = [str(error)]
        if not lacking:
            print("ready")
            return
        if (reason := "; ".join(lacking)) != told:
            told = reason
            print(f"waiting: {reason}", flush=True)
        time.sleep(1)


if __name__ == "__main__":
    main()
