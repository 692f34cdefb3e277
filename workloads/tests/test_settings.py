"""Settings: every mistake is told, all at once, with what is allowed."""

from pathlib import Path

import pytest

from flights import audit, ingest, land
from flights.errors import BadSettings
from flights.settings import Reader


@pytest.fixture
def secrets(tmp_path: Path) -> dict[str, str]:
    for key, value in {"username": "u", "password": " p \n", "accessKey": "a", "secretKey": "s"}.items():
        (tmp_path / key).write_text(value)
    return {"KAFKA_CREDENTIALS_DIR": str(tmp_path), "S3_CREDENTIALS_DIR": str(tmp_path)}


@pytest.fixture
def good(secrets: dict[str, str]) -> dict[str, str]:
    return {
        "KAFKA_BOOTSTRAP": "kafka:9093",
        "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
        "KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
        "S3_ENDPOINT": "https://minio:9000",
        "S3_REGION": "us-east-1",
        **secrets,
    }


def test_good_settings(good: dict[str, str]) -> None:
    arguments, kafka, store = land.parse(["--topic", "t"], good)
    assert (arguments.topic, arguments.prefix, arguments.bucket) == ("t", "t", "bronze")
    # Line ends come from editors; blanks may belong to the password.
    assert (kafka.username, kafka.password) == ("u", " p ")
    assert (store.access_key, store.secret_key) == ("a", "s")


def test_a_token_stands_in_for_a_key_where_nobody_mounts_one(good: dict[str, str]) -> None:
    given = {name: value for name, value in good.items() if name != "S3_CREDENTIALS_DIR"}
    web = {"AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/land", "AWS_WEB_IDENTITY_TOKEN_FILE": "/run/token"}
    _, _, store = land.parse([], given | web | {"S3_PATH_STYLE": "false"})
    assert (store.access_key, store.secret_key, store.path_style) == ("", "", False)
    # A key that somebody mounts counts, and half of an identity is none.
    _, _, store = land.parse([], good | web)
    assert (store.access_key, store.path_style) == ("a", True)
    with pytest.raises(
        BadSettings, match=r"S3_CREDENTIALS_DIR is not set; .* or in its place AWS_ROLE_ARN and AWS_WEB"
    ):
        land.parse([], given | {"AWS_ROLE_ARN": web["AWS_ROLE_ARN"]})
    with pytest.raises(BadSettings, match=r'S3_PATH_STYLE is "maybe"; allowed: true, false'):
        land.parse([], good | {"S3_PATH_STYLE": "maybe"})


def test_secrets_are_not_in_what_is_printed(good: dict[str, str]) -> None:
    _, kafka, store = land.parse([], good)
    assert " p " not in repr(kafka)
    assert "secret_key" not in repr(store)


def test_everything_missing_is_told_at_once() -> None:
    with pytest.raises(BadSettings) as raised:
        land.parse([], {})
    told = "\n".join(raised.value.problems)
    names = ["KAFKA_BOOTSTRAP", "KAFKA_SECURITY_PROTOCOL", "S3_ENDPOINT", "S3_REGION", "S3_CREDENTIALS_DIR"]
    assert [name for name in names if f"{name} is not set; allowed: " in told] == names
    assert raised.value.exit_code == 2
    assert str(raised.value).startswith("5 problems in the settings:")


def test_arguments_and_environment_are_told_together(good: dict[str, str]) -> None:
    argv = ["--topic", "a b", "--bucket", "B", "--rows-per-object", "0", "--outage-limit", "soon", "--prefix", "/x"]
    with pytest.raises(BadSettings) as raised:
        land.parse(argv, good | {"KAFKA_SECURITY_PROTOCOL": "PLAIN"})
    told = raised.value.problems
    assert len(told) == 6
    assert 'KAFKA_SECURITY_PROTOCOL is "PLAIN"; allowed: SASL_SSL, SSL' in told
    assert '--rows-per-object is "0"; allowed: a whole number from 1 to 1000000' in told
    assert '--outage-limit is "soon"; allowed: a number from 1 to 86400' in told


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("kafka", 'KAFKA_BOOTSTRAP has "kafka"'),
        ("kafka:0", 'KAFKA_BOOTSTRAP has "kafka:0"'),
        ("kafka:9092,other:70000", 'KAFKA_BOOTSTRAP has "other:70000"'),
    ],
)
def test_bootstrap(value: str, told: str) -> None:
    reader = Reader({"KAFKA_BOOTSTRAP": value, "KAFKA_SECURITY_PROTOCOL": "SSL"})
    reader.kafka()
    assert [problem.startswith(told) for problem in reader.problems] == [True]


def test_bootstrap_of_several_and_ipv6() -> None:
    reader = Reader({"KAFKA_BOOTSTRAP": "a-0.kafka:9092,[::1]:9093", "KAFKA_SECURITY_PROTOCOL": "SSL"})
    reader.kafka()
    assert reader.problems == []


@pytest.mark.parametrize(
    "value",
    ["minio:9000", "http://minio:9000", "https://", "https://minio:9000/bucket", "https://m:99999", "https://u@m"],
)
def test_endpoint(good: dict[str, str], value: str) -> None:
    with pytest.raises(BadSettings, match=r"S3_ENDPOINT is .*; allowed: https://host:port"):
        audit.parse([], good | {"S3_ENDPOINT": value})


def test_secret_files_one_by_one(good: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "password").write_text("\n")
    (tmp_path / "username").unlink()
    with pytest.raises(BadSettings) as raised:
        ingest.parse(["--source", "x.csv"], good)
    start = f"KAFKA_CREDENTIALS_DIR: {tmp_path}"
    assert raised.value.problems == [
        f"{start}/username can't be read (No such file or directory); allowed: a file with one value",
        f"{start}/password is empty; allowed: one line with the value",
    ]


def test_no_credentials_are_wanted_without_sasl(good: dict[str, str]) -> None:
    del good["KAFKA_CREDENTIALS_DIR"]
    _, kafka = ingest.parse(["--source", "x.csv"], good | {"KAFKA_SECURITY_PROTOCOL": "SSL"})
    assert kafka.username == ""


def test_ca_file_must_be_there(good: dict[str, str]) -> None:
    with pytest.raises(BadSettings, match=r"KAFKA_CA_FILE is .*, which can't be read \(No such file"):
        ingest.parse(["--source", "x.csv"], good | {"KAFKA_CA_FILE": "/nowhere/ca.crt"})


def test_ca_file_must_hold_a_certificate(good: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "ca.crt").write_text("nothing of the kind")
    with pytest.raises(BadSettings, match=r"S3_CA_FILE is .*, which has no certificate; allowed: "):
        audit.parse([], good | {"S3_CA_FILE": str(tmp_path / "ca.crt")})


def test_source_comes_from_the_environment(good: dict[str, str]) -> None:
    arguments, _ = ingest.parse([], good | {"FLIGHTS_SOURCE": "/data/flights.csv.zip"})
    assert arguments.source == "/data/flights.csv.zip"
    with pytest.raises(BadSettings, match="--source is not given and FLIGHTS_SOURCE is not set"):
        ingest.parse([], good)


def test_unknown_argument(good: dict[str, str]) -> None:
    with pytest.raises(BadSettings, match="unrecognized arguments: --topics"):
        audit.parse(["--topics", "x"], good)
