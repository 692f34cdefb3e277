import { debian } from "../../config/versions";
import type { Names } from "./names";

/** The program of a pod that ends: standard library only, its result as one JSON object. */
export const program = ({
    name,
}: Names) => `"""Runs as the workload ${name}."""  # noqa: INP001 - a program by itself in its image

import argparse
import json
import os
import sys
from pathlib import Path

NAME = "${name}"


def work(words: list[str]) -> dict[str, object]:
    """Do the work; what is given back is the result."""
    return {"words": len(words), "characters": sum(len(word) for word in words)}


def main(argv: list[str]) -> int:
    """Run, and say how it went: on standard output, and to who started the pod."""
    parser = argparse.ArgumentParser(prog="${name}", allow_abbrev=False)
    parser.add_argument("words", nargs="+", help="what the work is done with")
    result = json.dumps({"program": NAME, "ok": True, **work(parser.parse_args(argv).words)})
    sys.stdout.write(result + "\\n")
    # Kept with the pod, and as the task's result if a DAG runs it.
    if file := os.environ.get("RESULT_FILE"):
        Path(file).write_text(result, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
`;

/** The test of that program. */
export const programTest = ({ name }: Names) => `"""The program of the workload ${name}."""

import json
from pathlib import Path

import pytest

from own import load

program = load("${name}/main.py")


def test_what_comes_of_the_work() -> None:
    assert program.work(["one", "three"]) == {"words": 2, "characters": 8}


def test_the_result_is_said_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    result = tmp_path / "result"
    monkeypatch.setenv("RESULT_FILE", str(result))
    assert program.main(["one"]) == 0
    assert json.loads(result.read_text(encoding="utf-8")) == json.loads(capsys.readouterr().out)


def test_nothing_to_work_with_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        program.main([])
    assert ended.value.code == 2
    assert "words" in capsys.readouterr().err
`;

/** The program of a service: HTTP, a path that says whether it works, an end in good order. */
export const service = ({
    name,
}: Names) => `"""Serves as the workload ${name}."""  # noqa: INP001 - a program by itself in its image

import json
import signal
import sys
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NAME = "${name}"
PORT = 8080


def answer(path: str) -> tuple[HTTPStatus, dict[str, object]]:
    """Answer a request; \`/healthz\` is asked by the cluster."""
    if path == "/healthz":
        return HTTPStatus.OK, {"ok": True}
    if path == "/":
        return HTTPStatus.OK, {"program": NAME}
    return HTTPStatus.NOT_FOUND, {"error": "there is / and /healthz"}


class Handler(BaseHTTPRequestHandler):
    """One request."""

    def do_GET(self) -> None:
        """Answer in JSON."""
        status, said = answer(self.path)
        body = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Log nothing of each request: the probe asks every few seconds."""


def serve(server: ThreadingHTTPServer) -> None:
    """Serve until the cluster ends the pod; requests that are open are answered."""
    # shutdown() waits for the loop, which runs in this thread.
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever()
    server.server_close()


if __name__ == "__main__":
    serve(ThreadingHTTPServer(("", PORT), Handler))
    sys.exit(0)
`;

/** The test of that service. */
export const serviceTest = ({ name }: Names) => `"""The service of the workload ${name}."""

import json
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from http.server import ThreadingHTTPServer

import pytest

from own import load

program = load("${name}/main.py")


@pytest.fixture
def connection() -> Iterator[HTTPConnection]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), program.Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    client = HTTPConnection("127.0.0.1", server.server_address[1])
    yield client
    client.close()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(("path", "status"), [("/", 200), ("/healthz", 200), ("/nothing", 404)])
def test_requests_are_answered_in_json(connection: HTTPConnection, path: str, status: int) -> None:
    connection.request("GET", path)
    response = connection.getresponse()
    assert response.status == status
    assert json.loads(response.read())
`;

/** The image of a Python program without packages. */
export const containerfile = () => `ARG BASE=docker.io/library/debian:${debian}
FROM \${BASE}
RUN apt-get update \\
    && apt-get upgrade --yes && apt-get install --yes --no-install-recommends ca-certificates python3 \\
    && rm -rf /var/lib/apt/lists/*
# What comes from a package registry comes by a lock file with hashes: images/etl/Containerfile shows how.
COPY main.py /opt/main.py
USER 10001:10001
`;
