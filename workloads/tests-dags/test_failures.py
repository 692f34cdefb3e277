"""A webhook that is told of failures: what it is told, what it may answer, and that its address is nowhere else."""

import http.server
import json
import logging
import threading
from types import SimpleNamespace

import pytest
from airflow.sdk import Connection
from airflow.secrets.local_filesystem import LocalFilesystemBackend
from platform_tasks import failures, tell_failure

TOKEN = "T0PSECRET"  # noqa: S105


class Server(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.server.got.append((self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
        code = self.server.answers.pop(0)
        if code is None:
            self.connection.close()
            return
        self.send_response(code)
        if code == 302:
            self.send_header("Location", f"/elsewhere/{TOKEN}")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server) as here:
        here.got, here.answers = [], []
        threading.Thread(target=here.serve_forever, daemon=True).start()
        here.address = f"http://127.0.0.1:{here.server_port}/hook/{TOKEN}"
        monkeypatch.setattr(failures, "PAUSE", 0)
        monkeypatch.setattr(Connection, "get", lambda _: SimpleNamespace(password=here.address))
        yield here
        here.shutdown()


def failed(error=None, map_index=-1, **more):
    ti = SimpleNamespace(dag_id="flights", task_id="gold", map_index=map_index, run_id="r1", try_number=3, **more)
    return {"ti": ti, **({"exception": error} if error else {})}


def test_it_is_told_what_has_failed(server, caplog):
    server.answers = [200]
    with caplog.at_level(logging.INFO):
        tell_failure(failed(ValueError("no rows\nand more"), log_url="https://airflow/log"))
    ((path, body),) = server.got
    assert path == f"/hook/{TOKEN}"
    assert body == {
        "text": "flights.gold has failed in run r1: no rows",
        "dag_id": "flights",
        "task_id": "gold",
        "map_index": -1,
        "run_id": "r1",
        "try_number": 3,
        "error": "no rows",
        "log_url": "https://airflow/log",
    }
    assert "was told" in caplog.text
    assert TOKEN not in caplog.text


def test_a_lost_pod_s_task_is_told_too_and_which_of_many(server):
    server.answers = [204]
    tell_failure(failed(map_index=0))
    text = server.got[0][1]["text"]
    assert text.startswith("flights.gold[0] has failed in run r1: the task's pod was lost")


@pytest.mark.parametrize(
    ("answers", "asked", "told"),
    [
        ([503, None, 200], 3, "was told"),
        ([500, 500, 500], 3, "HTTP 500), try 3 of 3"),
        ([429, 200], 2, "was told"),
        ([401], 1, "HTTP 401"),
        ([404], 1, "HTTP 404"),
        ([302], 1, "HTTP 302"),
    ],
)
def test_answers_end_as_they_should_and_never_in_an_error(server, caplog, answers, asked, told):
    server.answers = list(answers)
    with caplog.at_level(logging.INFO):
        tell_failure(failed(ValueError("x")))
    assert len(server.got) == asked
    assert told in caplog.text
    assert TOKEN not in caplog.text


@pytest.mark.parametrize("address", [f"https://127.0.0.1:1/{TOKEN}", f"no {TOKEN}"])
def test_one_that_is_not_there_is_in_the_log_without_its_address(server, caplog, address):
    server.address = address
    with caplog.at_level(logging.INFO):
        tell_failure(failed(ValueError("x")))
    assert "not told" in caplog.text or "can't be told" in caplog.text
    assert TOKEN not in caplog.text


def test_without_the_connection_it_says_where_to_set_it(monkeypatch, caplog):
    def missing(_):
        raise KeyError(TOKEN)

    monkeypatch.setattr(Connection, "get", missing)
    tell_failure(failed())
    assert "KeyError; see orchestrator.onFailure" in caplog.text
    assert TOKEN not in caplog.text


def test_airflow_reads_the_connection_as_the_program_writes_it(tmp_path):
    file = tmp_path / "connections.json"
    address = f"https://hooks.example.com/a/b?c={TOKEN}%20x"
    file.write_text(json.dumps({failures.WEBHOOK: {"conn_type": "http", "password": address}}), encoding="utf-8")
    found = LocalFilesystemBackend(connections_file_path=str(file)).get_connection(failures.WEBHOOK)
    assert found.password == address
