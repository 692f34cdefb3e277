"""Copies the certificate of the platform's CA into a ConfigMap or a Secret, under the key that others look for.

What is there already by that name gets the key, or its new value.
"""

import os
import sys
from pathlib import Path

from api_job import Attempt, Problem, Refused, Unreachable, until_done

NAMESPACE = os.environ["BUNDLE_NAMESPACE"]
KIND = os.environ["BUNDLE_KIND"]
NAME = os.environ["BUNDLE_NAME"]
KEY = os.environ["BUNDLE_KEY"]
CA_FILE = Path(os.environ["CA_FILE"])


def copy(attempt: Attempt) -> str:
    """The object, with the certificate."""
    try:
        certificate = CA_FILE.read_text()
    except OSError as problem:
        raise Problem(f"the CA's certificate can't be read: {problem}") from problem
    content = {"data" if KIND == "ConfigMap" else "stringData": {KEY: certificate}}
    at = f"/api/v1/namespaces/{NAMESPACE}/{KIND.lower()}s"
    made = {"apiVersion": "v1", "kind": KIND, "metadata": {"name": NAME}, **content}
    try:
        try:
            attempt.ask(at, made)
        except Refused as problem:
            if "already exists" not in str(problem):
                raise
            attempt.ask(f"{at}/{NAME}", content, patch=True)
    except Unreachable as problem:
        raise Problem(f"the API server can't be reached: {problem}") from problem
    return f"{KIND} {NAMESPACE}/{NAME}: {KEY}"


sys.exit(until_done(copy, lambda problem, taken: f"{KIND} {NAMESPACE}/{NAME} got no CA in {taken}: {problem}"))
