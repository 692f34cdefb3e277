"""What a test needs around a program: topics, a bucket, the program's environment, and what came out at the end."""

import csv
import json
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import botocore.session
from brokers import Kafka, Minio
from confluent_kafka import Consumer, KafkaError, Message, Producer, TopicPartition
from confluent_kafka.admin import NewTopic

PATIENCE_SECONDS = 120


def busy() -> float:
    """Give how many times as long something may take as on a machine with nothing else to do; never less than once."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


@dataclass
class Outcome:
    """How a program ended."""

    code: int
    stdout: str
    stderr: str
    seconds: float

    def expect(self, code: int = 0, **fields: object) -> dict[str, Any]:
        """Check how the program ended and part of its result; give the whole result."""
        assert self.code == code, self.stderr
        found = self.result
        assert {name: found.get(name) for name in fields} == fields
        return found

    @property
    def result(self) -> dict[str, Any]:
        """The last line of stdout."""
        found: dict[str, Any] = json.loads(self.stdout.splitlines()[-1])
        return found


class Running:
    """A program that runs beside the test."""

    def __init__(self, command: list[str], env: dict[str, str]) -> None:
        self._began = time.monotonic()
        self.process = subprocess.Popen(
            command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd="/"
        )
        self._lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self.process.stderr or ():
            self._lines.append(line)

    def said(self, text: str) -> bool:
        return any(text in line for line in self._lines)

    def until(self, condition: Callable[[], bool]) -> Self:
        """Wait for a moment in the program's life; that it ends before is an error of the test."""
        end = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            assert self.process.poll() is None, f"the program ended too early:\n{''.join(self._lines)}"
            assert time.monotonic() < end, f"the moment did not come:\n{''.join(self._lines)}"
            time.sleep(0.01)
        return self

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def wait(self) -> Outcome:
        stdout = self.process.stdout.read() if self.process.stdout else ""
        code = self.process.wait(PATIENCE_SECONDS)
        self._reader.join()
        return Outcome(code, stdout, "".join(self._lines), time.monotonic() - self._began)

    def kill(self) -> Outcome:
        self.signal(signal.SIGKILL)
        return self.wait()


@dataclass
class Stage:
    """One test's own topics and bucket."""

    kafka: Kafka
    minio: Minio
    directory: Path
    id: str = field(default_factory=lambda: uuid.uuid4().hex[:8])
    running: list[Running] = field(default_factory=list)

    def __enter__(self) -> Self:
        self.topic, self.dead, self.progress = f"flights-{self.id}", f"dead-{self.id}", f"progress-{self.id}"
        self.bucket = f"bronze-{self.id}"
        self.create_topic(self.topic, 3)
        self.create_topic(self.dead, 1)
        self.create_topic(self.progress, 1, {"cleanup.policy": "compact"})
        self.s3: Any = botocore.session.Session().create_client(
            "s3",
            region_name="us-east-1",
            endpoint_url=self.minio.endpoint,
            aws_access_key_id=self.minio.access_key,
            aws_secret_access_key=self.minio.secret_key,
            verify=self.minio.ca_file,
        )
        self.s3.create_bucket(Bucket=self.bucket)
        credentials = self.secret("store", accessKey=self.minio.access_key, secretKey=self.minio.secret_key)
        self.env = {
            # As in the image.
            "ARROW_DEFAULT_MEMORY_POOL": "system",
            "MALLOC_ARENA_MAX": "2",
            "KAFKA_BOOTSTRAP": self.kafka.bootstrap,
            "KAFKA_SECURITY_PROTOCOL": "SSL",
            "KAFKA_CA_FILE": self.kafka.ca_file,
            "S3_ENDPOINT": self.minio.endpoint,
            "S3_REGION": "us-east-1",
            "S3_CREDENTIALS_DIR": str(credentials),
            "S3_CA_FILE": self.minio.ca_file,
        }
        return self

    def __exit__(self, *_: object) -> None:
        for program in self.running:
            if program.process.poll() is None:
                program.kill()

    def create_topic(self, name: str, partitions: int, config: dict[str, str] | None = None) -> None:
        made = self.kafka.admin.create_topics([NewTopic(name, partitions, config=config or {})])
        made[name].result()

    def secret(self, name: str, **values: str) -> Path:
        """Write a directory like a mounted Secret."""
        directory = self.directory / name
        directory.mkdir()
        for key, value in values.items():
            (directory / key).write_text(value)
        return directory

    def source(self, rows: Iterable[dict[str, str]], name: str = "flights.csv") -> Path:
        """Write rows as the CSV file that ingest reads."""
        path = self.directory / name
        with path.open("w", newline="") as file:
            found = list(rows)
            writer = csv.DictWriter(file, fieldnames=list(found[0]))
            writer.writeheader()
            writer.writerows(found)
        return path

    def start(self, program: str, *args: str | Path, env: dict[str, str] | None = None) -> Running:
        command = [sys.executable, "-m", f"flights.{program}", *map(str, args)]
        running = Running(command, {"PATH": os.environ["PATH"], **self.env, **(env or {})})
        self.running.append(running)
        return running

    def start_ingest(self, source: Path, *args: str, env: dict[str, str] | None = None) -> Running:
        where = ["--source", str(source), "--topic", self.topic, "--progress-topic", self.progress]
        return self.start("ingest", *where, *args, env=env)

    def start_land(self, *args: str, env: dict[str, str] | None = None) -> Running:
        where = ["--topic", self.topic, "--dead-letter-topic", self.dead, "--bucket", self.bucket]
        return self.start("land", *where, *args, env=env)

    def ingest(self, source: Path, *args: str, env: dict[str, str] | None = None) -> Outcome:
        return self.start_ingest(source, *args, env=env).wait()

    def land(self, *args: str, env: dict[str, str] | None = None) -> Outcome:
        return self.start_land(*args, env=env).wait()

    def audit(self, *args: str) -> Outcome:
        return self.start("audit", "--bucket", self.bucket, "--topic", self.topic, *args).wait()

    def produce(self, records: Iterable[tuple[str | None, bytes | None]], partition: int = 0) -> None:
        """Send records past ingest, all to one partition."""
        producer = Producer(self.kafka.client)
        for key, value in records:
            producer.produce(self.topic, value, key, partition=partition)
        assert producer.flush(30) == 0

    def written(self) -> int:
        """Count the offsets in use, of open and aborted transactions too."""
        consumer = self._consumer("read_uncommitted")
        ends = (consumer.get_watermark_offsets(TopicPartition(self.topic, p), timeout=10) for p in range(3))
        total = sum(end[1] for end in ends if end)
        consumer.close()
        return total

    def committed(self, topic: str | None = None, partitions: int = 3) -> list[Message]:
        """Read what a reader of committed records sees of a topic."""
        consumer = self._consumer("read_committed")
        found: list[Message] = []
        for partition in range(partitions):
            consumer.assign([TopicPartition(topic or self.topic, partition, 0)])
            ended = False
            while not ended:
                for message in consumer.consume(10_000, timeout=0.5):
                    error = message.error()
                    if error is None:
                        found.append(message)
                    else:
                        assert error.code() == KafkaError._PARTITION_EOF, error  # noqa: SLF001 - its public name
                        ended = True
        consumer.close()
        return found

    def _consumer(self, isolation: str) -> Consumer:
        return Consumer(
            {
                **self.kafka.client,
                "group.id": f"test-{self.id}",
                "isolation.level": isolation,
                "enable.partition.eof": True,
                "enable.auto.commit": False,
                "fetch.queue.backoff.ms": 20,
            }
        )

    def objects(self) -> list[str]:
        """Name the objects in the bucket."""
        answer = self.s3.list_objects_v2(Bucket=self.bucket)
        return [found["Key"] for found in answer.get("Contents", [])]
