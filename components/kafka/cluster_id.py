"""Gives the pools of a Kafka cluster that isn't there yet the cluster's id, where Strimzi's operator looks for it first.

Without one it makes one up, and nodes refuse a volume that a former cluster of the same name has left. Pools that have an id
keep it, and further ones get the same.
"""

import os
import sys

from api_job import Attempt, Problem, Unreachable, until_done

NAMESPACE = os.environ["KAFKA_NAMESPACE"]
POOLS = os.environ["KAFKA_POOLS"].split()
CLUSTER_ID = os.environ["KAFKA_CLUSTER_ID"]


def give(attempt: Attempt) -> str:
    """Each pool its id."""
    at = f"/apis/kafka.strimzi.io/v1/namespaces/{NAMESPACE}/kafkanodepools"
    try:
        known = {pool: attempt.ask(f"{at}/{pool}").get("status", {}).get("clusterId") for pool in POOLS}
        chosen = next((has for has in known.values() if has), CLUSTER_ID)
        for pool, has in known.items():
            if not has:
                attempt.ask(f"{at}/{pool}/status", {"status": {"clusterId": chosen}}, patch=True)
    except Unreachable as problem:
        raise Problem(f"the API server can't be reached: {problem}") from problem
    return "\n".join(f"pool {pool}: cluster id {has or chosen}" for pool, has in known.items())


sys.exit(
    until_done(give, lambda problem, taken: f"the pools {', '.join(POOLS)} got no cluster id in {taken}: {problem}")
)
