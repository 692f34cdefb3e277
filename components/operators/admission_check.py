"""Finds out whether CloudNativePG's webhook answers: offers it, by a dry run, a Cluster that it has to refuse.

Nothing is made in any case. Ends well as soon as the refusal is the webhook's own, and with the last answer if it
never is.
"""

import http.client
import json
import os
import ssl
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ACCOUNT = Path(os.environ["API_ACCOUNT"])
NAMESPACE = os.environ["CHECK_NAMESPACE"]
SECONDS = float(os.environ["API_SECONDS"])
HOST = os.environ["KUBERNETES_SERVICE_HOST"]
SERVER = f"https://{f'[{HOST}]' if ':' in HOST else HOST}:{os.environ['KUBERNETES_SERVICE_PORT']}"

# The definition takes any text for a size; the webhook doesn't.
CLUSTER = {
    "apiVersion": "postgresql.cnpg.io/v1",
    "kind": "Cluster",
    "metadata": {"name": "admission-check"},
    "spec": {"instances": 1, "storage": {"size": "no size"}},
}


def offer() -> str:
    """What the API server says to it."""
    request = urllib.request.Request(
        f"{SERVER}/apis/postgresql.cnpg.io/v1/namespaces/{NAMESPACE}/clusters?dryRun=All",
        data=json.dumps(CLUSTER).encode(),
        headers={
            "Authorization": f"Bearer {(ACCOUNT / 'token').read_text().strip()}",
            "Content-Type": "application/json",
        },
    )
    trust = ssl.create_default_context(cafile=str(ACCOUNT / "ca.crt"))
    # The CAs of some clusters lack what Python asks for since 3.13 (key usage, key identifiers); all else is verified.
    trust.verify_flags &= ~ssl.VERIFY_X509_STRICT
    try:
        with urllib.request.urlopen(request, context=trust, timeout=30):
            return "a Cluster without a size was accepted: the webhook isn't asked"
    except urllib.error.HTTPError as answer:
        text = answer.read().decode(errors="replace")
        try:
            return str(json.loads(text)["message"])
        except (ValueError, KeyError, TypeError):
            return f"{answer.code} {text}"
    except (OSError, http.client.HTTPException) as problem:
        return f"the API server can't be reached: {problem}"


def main() -> int:
    end = time.monotonic() + SECONDS
    while True:
        said = offer()
        if "admission webhook" in said and "denied the request" in said:
            print("the webhook of CloudNativePG answers")
            return 0
        if time.monotonic() >= end:
            print(f"the webhook of CloudNativePG doesn't answer after {SECONDS:.0f} s: {said}")
            return 1
        time.sleep(min(1.0, SECONDS))


sys.exit(main())
