"""Finds out whether a pod gets to the API server by the way that the stack's config opens, and nothing else.

Ends well as soon as the API server says anything at all over TLS that its authority vouches for, and otherwise with what
was allowed and what to do.
"""

import os
import sys

from api_job import HOST, PORT, Attempt, Refused, until_done

ALLOWED = os.environ["CHECK_ALLOWED"]


def reach(attempt: Attempt) -> str:
    try:
        attempt.ask("/version")
    except Refused:
        # Whatever it refuses, it has been reached.
        pass
    return f"a pod reaches the API server at {HOST}:{PORT} by {ALLOWED}"


def sorry(problem: str, taken: str) -> str:
    return (
        f"no pod gets to the API server at {HOST}:{PORT} by {ALLOWED} ({problem} after {taken}). "
        "No other policy was narrowed. Network plugins look at the address before or after it is translated: "
        "both the Service default/kubernetes and the addresses behind it must be there, with their ports; "
        "`data-platform doctor` proposes them. With Cilium set kubernetes.networkPlugin to cilium."
    )


sys.exit(until_done(reach, sorry))
