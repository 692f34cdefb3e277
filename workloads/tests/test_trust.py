"""Certificates that aren't accepted, and a store that is full: a clear state, whoever the client is."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from certificates import Authority
from confluent_kafka import Producer

from flights import outage
from flights.errors import Failure
from flights.kafka import Cluster, Health, base_config
from flights.outage import Outage
from flights.settings import KafkaSettings, StoreSettings
from flights.stop import Stop
from flights.store import Store
from flights.trust import advice, distrust

Serve = Callable[..., AbstractContextManager[int]]
FULL = b"""<?xml version="1.0" encoding="UTF-8"?><Error><Code>%s</Code><Message>%s</Message></Error>"""


@contextlib.contextmanager
def serve(certificate: tuple[Path, Path], answer: bytes = b"") -> Iterator[int]:
    """Answer every connection over TLS with the same bytes, until the test is done."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def speak(connection: socket.socket) -> None:
            with contextlib.suppress(OSError), context.wrap_socket(connection, server_side=True) as session:
                session.recv(65_536)
                session.sendall(answer)

        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                # At once: a client that says nothing for a while keeps none waiting.
                threading.Thread(target=speak, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("stranger"))


@pytest.fixture(scope="module")
def expired(authority: Authority) -> tuple[Path, Path]:
    made = authority.issue("expired", days=0)
    time.sleep(1.5)
    return made


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A refusal is final at the second attempt."""
    monkeypatch.setattr(outage, "GRACE_SECONDS", 0.05)


def kafka(port: int, authority: Authority) -> str:
    settings = KafkaSettings(f"localhost:{port}", "SASL_SSL", "SCRAM-SHA-512", "u", "p", str(authority.file))
    health = Health()
    client = Producer(base_config(settings, health, "test"))
    cluster = Cluster(settings, health, Outage("Kafka at x", 20, Stop()))
    with pytest.raises(Failure) as raised:
        cluster.partitions(client, "flights")
    return str(raised.value)


def store(port: int, authority: Authority, limit: float = 20) -> str:
    settings = StoreSettings(f"https://localhost:{port}", "us-east-1", "a", "s", str(authority.file))
    stop = Stop()
    with pytest.raises(Failure) as raised:
        Store(settings, "bronze", Outage("the object store", limit, stop), stop).put_if_absent("k", b"x", {})
    return str(raised.value)


@pytest.mark.parametrize(("client", "variable"), [(kafka, "KAFKA_CA_FILE"), (store, "S3_CA_FILE")])
def test_what_is_wrong_with_a_certificate(
    client: Callable[[int, Authority], str],
    variable: str,
    authority: Authority,
    stranger: Authority,
    expired: tuple[Path, Path],
) -> None:
    with serve(expired) as port:
        told = client(port, authority)
    assert "its certificate isn't accepted: certificate has expired; it must be renewed" in told
    with serve(stranger.issue("stranger")) as port:
        told = client(port, authority)
    assert "its certificate isn't accepted: " in told
    assert f"; {variable} must name the authority that signed it" in told
    with serve(authority.issue("elsewhere", "DNS:elsewhere")) as port:
        told = client(port, authority)
    assert "ostname mismatch, certificate is not valid for 'localhost'; the address must be one of the names" in told


def test_a_good_certificate_and_no_answer_are_no_distrust(authority: Authority) -> None:
    with serve(authority.issue("good")) as port:
        assert distrust("localhost", port, str(authority.file)) is None
    assert distrust("localhost", port, str(authority.file)) is None
    assert advice("certificate is not yet valid", "X") == "it must be renewed, or a clock is wrong"


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [
        (
            b"507 Insufficient Storage",
            b"XMinioStorageFull",
            b"Storage backend has reached its minimum free drive threshold.",
        ),
        (
            b"500 Internal Server Error",
            b"InternalError",
            b"We encountered an internal error: cause(no space left on device)",
        ),
    ],
)
def test_a_full_store_is_waited_for_and_called_full(
    authority: Authority, status: bytes, code: bytes, message: bytes
) -> None:
    body = FULL % (code, message)
    head = b"HTTP/1.1 %s\r\nContent-Type: application/xml\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
    with serve(authority.issue("full"), head % (status, len(body)) + body) as port:
        told = store(port, authority, limit=0.5)
    assert f"it is full ({code.decode()}) and can't write k; free some space or make its volume larger" in told
    assert "nothing is lost: run it again" in told
