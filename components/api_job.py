"""The way of a small program in a pod to the API server, as its account, and how long it goes on trying.

Run with the text of a program as its argument, it runs that, and the program imports it as `api_job`: components/api-job.ts.
"""

import http.client
import json
import os
import socket
import ssl
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ACCOUNT = Path(os.environ["API_ACCOUNT"])
HOST = os.environ["KUBERNETES_SERVICE_HOST"]
PORT = os.environ["KUBERNETES_SERVICE_PORT"]
SECONDS = float(os.environ["API_SECONDS"])

# Seconds for a connection: the kernel takes it, at once, however busy the server is.
CONNECTING = 10.0
# Seconds of silence that are borne of a server that has taken the connection: a busy one may need long for the first word, so
# that it is given twice as much at each attempt.
SILENCE = min(10.0, SECONDS)
LONGEST_SILENCE = 8 * SILENCE
# Attempts that are made in any case: where the machine is so busy that the time is over before, the time says nothing.
LEAST_ATTEMPTS = 4


class Problem(Exception):
    """Keeps an attempt from ending well, for now; its text is told if the last one has it."""


class Unreachable(Problem):
    """No answer came."""


class Refused(Problem):
    """The API server answers, and not with what was asked for."""


class Attempt:
    """One of several in a row."""

    def __init__(self, number: int) -> None:
        self.silence = min(SILENCE * 2**number, LONGEST_SILENCE)

    def ask(self, path: str, body: object = None, *, patch: bool = False) -> Any:
        """What the API server answers: to a GET, or with a body to a POST, or to a merge patch."""
        trust = ssl.create_default_context(cafile=str(ACCOUNT / "ca.crt"))
        # The CAs of some clusters lack what Python asks for since 3.13 (key usage, key identifiers); all else is verified.
        trust.verify_flags &= ~ssl.VERIFY_X509_STRICT
        headers = {
            "Authorization": f"Bearer {(ACCOUNT / 'token').read_text().strip()}",
            "Content-Type": "application/merge-patch+json" if patch else "application/json",
        }
        method = "GET" if body is None else "PATCH" if patch else "POST"
        connection = http.client.HTTPSConnection(f"[{HOST}]" if ":" in HOST else HOST, int(PORT))
        waiting = CONNECTING
        try:
            connection.sock = socket.create_connection((HOST, int(PORT)), waiting)
            waiting = self.silence
            connection.sock.settimeout(waiting)
            connection.sock = trust.wrap_socket(connection.sock, server_hostname=HOST)
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read().decode(errors="replace")
        except TimeoutError as problem:
            raise Unreachable(f"no word from {HOST}:{PORT} for {waiting:.0f} s") from problem
        except (OSError, http.client.HTTPException) as problem:
            raise Unreachable(str(problem) or type(problem).__name__) from problem
        finally:
            connection.close()
        if answer.status >= http.HTTPStatus.BAD_REQUEST:
            raise Refused(words(text) or f"{answer.status} {text}")
        return json.loads(text)


def words(text: str) -> str:
    """The message in a refusal of the API server's; nothing if it is somebody else's."""
    try:
        return str(json.loads(text)["message"])
    except (ValueError, KeyError, TypeError):
        return ""


def until_done(work: Callable[[Attempt], str], sorry: Callable[[str, str], str]) -> int:
    """Tries until it ends well, and prints what it returns.

    Where the time is over, prints instead what `sorry` makes of the last problem and of how long it was tried. The exit status
    is returned.
    """
    begun = time.monotonic()
    number = 0
    while True:
        try:
            print(work(Attempt(number)))
            return 0
        except Problem as problem:
            said = str(problem)
        number += 1
        taken = time.monotonic() - begun
        if taken >= SECONDS and number >= LEAST_ATTEMPTS:
            print(sorry(said, f"{number} attempts in {taken:.0f} s"))
            return 1
        time.sleep(min(1.0, SECONDS))


if __name__ == "__main__":
    sys.modules["api_job"] = sys.modules["__main__"]
    exec(compile(sys.argv[1], "program", "exec"), {"__name__": "__main__"})
