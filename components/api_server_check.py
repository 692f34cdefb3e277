"""Finds out whether a pod gets to the API server by the way that the stack's config opens, and nothing else.

Ends well as soon as the API server says anything at all over TLS that its authority vouches for, and otherwise with what
was allowed and what to do.
"""

import http.client
import os
import ssl
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ACCOUNT = Path(os.environ["API_ACCOUNT"])
ALLOWED = os.environ["CHECK_ALLOWED"]
SECONDS = float(os.environ["API_SECONDS"])
HOST = os.environ["KUBERNETES_SERVICE_HOST"]
PORT = os.environ["KUBERNETES_SERVICE_PORT"]
SERVER = f"https://{f'[{HOST}]' if ':' in HOST else HOST}:{PORT}"


def ask() -> str | None:
    """Nothing when it answers, else why it doesn't."""
    request = urllib.request.Request(
        f"{SERVER}/version", headers={"Authorization": f"Bearer {(ACCOUNT / 'token').read_text().strip()}"}
    )
    trust = ssl.create_default_context(cafile=str(ACCOUNT / "ca.crt"))
    # The CAs of some clusters lack what Python asks for since 3.13 (key usage, key identifiers); all else is verified.
    trust.verify_flags &= ~ssl.VERIFY_X509_STRICT
    try:
        with urllib.request.urlopen(request, context=trust, timeout=10):
            return None
    except urllib.error.HTTPError:
        # Whatever it refuses, it has been reached.
        return None
    except (OSError, http.client.HTTPException) as problem:
        return str(problem)


def main() -> int:
    end = time.monotonic() + SECONDS
    while True:
        problem = ask()
        if problem is None:
            print(f"a pod reaches the API server at {HOST}:{PORT} by {ALLOWED}")
            return 0
        if time.monotonic() >= end:
            print(
                f"no pod gets to the API server at {HOST}:{PORT} by {ALLOWED} ({problem} after {SECONDS:.0f} s). "
                "No other policy was narrowed. Network plugins look at the address before or after it is translated: "
                "both the Service default/kubernetes and the addresses behind it must be there, with their ports; "
                "`data-platform doctor` proposes them. With Cilium set kubernetes.networkPlugin to cilium."
            )
            return 1
        time.sleep(min(1.0, SECONDS))


sys.exit(main())
