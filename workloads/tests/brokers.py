"""A real Kafka broker and a real MinIO server for the tests, with TLS alone, each a process with its own directory."""

import contextlib
import os
import random
import shutil
import signal
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import IO

from certificates import Authority
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

HOW = "run `make test`, which provides it, or set it as workloads/README.md says"
START_SECONDS = 90
CLUSTER_ID = "MkU3OEVBNTcwNTJENDM2Qg"
SCRAM_LOGIN = "org.apache.kafka.common.security.scram.ScramLoginModule required;"


class ServiceError(Exception):
    """A service can't be provided; the message says what to do."""


def free_port() -> int:
    """Find a port below those that Linux takes for connections: nobody takes it while its server is away."""
    while True:
        port = random.randrange(10_000, 30_000)  # noqa: S311 - no secret
        with socket.socket() as sock, contextlib.suppress(OSError):
            sock.bind(("127.0.0.1", port))
            return port


class Process:
    """A server that can be stopped, killed, held and started again with its data kept."""

    def __init__(self, directory: Path, command: list[str], env: dict[str, str], ready: Callable[[], bool]) -> None:
        self._log = directory / "server.log"
        self._command = command
        self._env = env
        self._ready = ready
        self._running: subprocess.Popen[bytes] | None = None
        self._output: IO[bytes] | None = None

    def start(self) -> None:
        if self._running is not None and self._running.poll() is None:
            return
        self._output = self._log.open("ab")
        self._running = subprocess.Popen(self._command, env=self._env, stdout=self._output, stderr=subprocess.STDOUT)
        until = time.monotonic() + START_SECONDS
        while not self._ready():
            if self._running.poll() is not None or time.monotonic() > until:
                end = self._log.read_text(errors="replace").splitlines()[-20:]
                raise ServiceError("\n".join([f"{self._command[0]} did not get ready:", *end]))
            time.sleep(0.1)

    def signal(self, number: signal.Signals) -> None:
        if self._running is not None:
            self._running.send_signal(number)

    def kill(self) -> None:
        if self._running is not None:
            self._running.kill()
            self._running.wait(30)
        if self._output is not None:
            self._output.close()


class Kafka:
    """One node of Kafka: a listener for everybody, and one with SCRAM and rights by ACLs."""

    def __init__(self, directory: Path, authority: Authority) -> None:
        libs = Path(_required("KAFKA_HOME", "a directory with Kafka's jars in libs/"), "libs")
        if not any(libs.glob("kafka_2.13-*.jar")):
            raise ServiceError(f"KAFKA_HOME={libs.parent} has no libs/kafka_2.13-*.jar; {HOW}")
        java_home = os.environ.get("JAVA_HOME")
        java = shutil.which("java", path=f"{java_home}/bin" if java_home else None)
        if java is None:
            raise ServiceError(f"there is no `java`, neither on PATH nor in JAVA_HOME; {HOW}")
        everybody, scram, controller = free_port(), free_port(), free_port()
        self.bootstrap = f"127.0.0.1:{everybody}"
        self.scram_bootstrap = f"127.0.0.1:{scram}"
        self.ca_file = str(authority.file)
        self.client = {"bootstrap.servers": self.bootstrap, "security.protocol": "SSL", "ssl.ca.location": self.ca_file}
        certificate, key = authority.issue("kafka")
        keystore = directory / "keystore.pem"
        keystore.write_text(key.read_text() + certificate.read_text())
        config = directory / "server.properties"
        config.write_text(
            "\n".join(
                [
                    "process.roles=broker,controller",
                    "node.id=0",
                    f"controller.quorum.bootstrap.servers=127.0.0.1:{controller}",
                    f"listeners=EVERYBODY://127.0.0.1:{everybody},SCRAM://127.0.0.1:{scram},CONTROLLER://127.0.0.1:{controller}",
                    "controller.listener.names=CONTROLLER",
                    "inter.broker.listener.name=EVERYBODY",
                    "listener.security.protocol.map=EVERYBODY:SSL,SCRAM:SASL_SSL,CONTROLLER:SSL",
                    "ssl.keystore.type=PEM",
                    f"ssl.keystore.location={keystore}",
                    "ssl.truststore.type=PEM",
                    f"ssl.truststore.location={self.ca_file}",
                    "sasl.enabled.mechanisms=SCRAM-SHA-512",
                    f"listener.name.scram.scram-sha-512.sasl.jaas.config={SCRAM_LOGIN}",
                    "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
                    "super.users=User:ANONYMOUS",
                    f"log.dirs={directory}/data",
                    "auto.create.topics.enable=false",
                    "offsets.topic.replication.factor=1",
                    "offsets.topic.num.partitions=1",
                    "transaction.state.log.replication.factor=1",
                    "transaction.state.log.min.isr=1",
                    "transaction.state.log.num.partitions=1",
                    "share.coordinator.state.topic.replication.factor=1",
                    "share.coordinator.state.topic.min.isr=1",
                ]
            )
        )
        # Quick to start rather than quick later.
        jvm = [java, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx384m", "-cp", f"{libs}/*"]
        subprocess.run(
            [*jvm, "kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", str(config), "--standalone"],
            check=True,
            capture_output=True,
        )
        self.admin = AdminClient({**self.client, "log_level": 0})
        self.process = Process(directory, [*jvm, "kafka.Kafka", str(config)], dict(os.environ), self._ready)

    def _ready(self) -> bool:
        try:
            host, port = self.bootstrap.split(":")
            socket.create_connection((host, int(port)), timeout=1).close()
            self.admin.list_topics(timeout=5)
        except (OSError, KafkaException):
            return False
        return True


class Minio:
    """One MinIO server over one directory."""

    access_key = "root-of-a-test"
    secret_key = "secret-of-a-test"

    def __init__(self, directory: Path, authority: Authority) -> None:
        binary = _required("MINIO_BIN", "the path of a minio server binary")
        if not os.access(binary, os.X_OK):
            raise ServiceError(f"MINIO_BIN={binary} is no program; {HOW}")
        address = f"127.0.0.1:{free_port()}"
        self.endpoint = f"https://{address}"
        self.ca_file = str(authority.file)
        self._trust = ssl.create_default_context(cafile=authority.file)
        certificates = directory / "certs"
        certificates.mkdir()
        certificate, key = authority.issue("minio")
        shutil.copy(certificate, certificates / "public.crt")
        shutil.copy(key, certificates / "private.key")
        env = {
            **os.environ,
            "MINIO_ROOT_USER": self.access_key,
            "MINIO_ROOT_PASSWORD": self.secret_key,
            "MINIO_BROWSER": "off",
            "MINIO_UPDATE": "off",
        }
        where = ["--address", address, "--certs-dir", str(certificates), str(directory / "data")]
        command = [binary, "server", "--quiet", *where]
        self.process = Process(directory, command, env, self._ready)

    def _ready(self) -> bool:
        try:
            health = f"{self.endpoint}/minio/health/ready"
            with urllib.request.urlopen(health, timeout=2, context=self._trust) as answer:  # noqa: S310 - https
                status: int = answer.status
                return status == 200
        except (urllib.error.URLError, OSError):
            return False


def _required(name: str, what: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise ServiceError(f"{name} is not set: these tests need {what}; {HOW}")
    return value
