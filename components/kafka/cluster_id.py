"""Gives the pools of a Kafka cluster that isn't there yet the cluster's id, where Strimzi's operator looks for it first.

Without one it makes one up, and nodes refuse a volume that a former cluster of the same name has left. Pools that have an id
keep it, and further ones get the same.
"""

import json
import os
import ssl
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

ACCOUNT = Path(os.environ["API_ACCOUNT"])
NAMESPACE = os.environ["KAFKA_NAMESPACE"]
POOLS = os.environ["KAFKA_POOLS"].split()
CLUSTER_ID = os.environ["KAFKA_CLUSTER_ID"]
SECONDS = float(os.environ["API_SECONDS"])
HOST = os.environ["KUBERNETES_SERVICE_HOST"]
SERVER = f"https://{f'[{HOST}]' if ':' in HOST else HOST}:{os.environ['KUBERNETES_SERVICE_PORT']}"


def ask(path: str, patch: dict[str, Any] | None = None) -> dict[str, Any]:
    """A pool as the API server has it, after a change if there is one."""
    request = urllib.request.Request(
        f"{SERVER}/apis/kafka.strimzi.io/v1/namespaces/{NAMESPACE}/kafkanodepools/{path}",
        method="GET" if patch is None else "PATCH",
        data=None if patch is None else json.dumps(patch).encode(),
        headers={
            "Authorization": f"Bearer {(ACCOUNT / 'token').read_text().strip()}",
            "Content-Type": "application/merge-patch+json",
        },
    )
    trust = ssl.create_default_context(cafile=str(ACCOUNT / "ca.crt"))
    # The CAs of some clusters lack what Python asks for since 3.13 (key usage, key identifiers); all else is verified.
    trust.verify_flags &= ~ssl.VERIFY_X509_STRICT
    with urllib.request.urlopen(request, context=trust, timeout=30) as answer:
        return dict(json.load(answer))


def give() -> None:
    """Each pool its id."""
    known = {pool: ask(pool).get("status", {}).get("clusterId") for pool in POOLS}
    chosen = next((has for has in known.values() if has), CLUSTER_ID)
    for pool, has in known.items():
        if not has:
            ask(f"{pool}/status", {"status": {"clusterId": chosen}})
        print(f"pool {pool}: cluster id {has or chosen}")


def main() -> int:
    end = time.monotonic() + SECONDS
    while True:
        try:
            give()
            return 0
        except urllib.error.HTTPError as answer:
            said = f"{answer.code} {answer.read().decode(errors='replace')}"
        except OSError as problem:
            said = f"the API server can't be reached: {problem}"
        if time.monotonic() >= end:
            print(f"the pools {', '.join(POOLS)} got no cluster id in {SECONDS:.0f} s: {said}")
            return 1
        time.sleep(min(1.0, SECONDS))


sys.exit(main())
