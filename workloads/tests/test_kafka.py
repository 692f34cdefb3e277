"""The Kafka clients' configuration, and their errors in words."""

import pytest
from confluent_kafka import KafkaError

from flights.kafka import Health, base_config, describe
from flights.settings import KafkaSettings

REFUSED = "127.0.0.1:1/bootstrap: Connect to ipv4#127.0.0.1:1 failed: Connection refused (after 0ms in state CONNECT)"
SUPPRESSED = (
    "[thrd:k-0:9092/0]: k-0:9092/0: Connect to k-0 failed: No route (after 3ms in state CONNECT, "
    "2 identical error(s) suppressed)"
)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (REFUSED, "Connect to ipv4#127.0.0.1:1 failed: Connection refused"),
        (SUPPRESSED, "Connect to k-0 failed: No route"),
        ("Broker: Topic authorization failed", "Broker: Topic authorization failed"),
        ("Local: Timed out (in a step)", "Local: Timed out (in a step)"),
    ],
)
def test_errors_without_the_names_of_threads(said: str, told: str) -> None:
    assert describe(KafkaError(KafkaError._TRANSPORT, said)) == told  # noqa: SLF001 - its public name


def test_a_time_out_is_explained_by_what_the_client_complained_of() -> None:
    health = Health()
    timed_out = KafkaError(KafkaError._TIMED_OUT, "Timed out")  # noqa: SLF001
    assert health.explain(timed_out) == "Timed out"
    assert health.explain() == "no answer"
    health.on_error(KafkaError(KafkaError._TRANSPORT, REFUSED))  # noqa: SLF001
    health.on_error(KafkaError(KafkaError._ALL_BROKERS_DOWN, "1/1 brokers are down"))  # noqa: SLF001
    assert health.explain(timed_out) == "Connect to ipv4#127.0.0.1:1 failed: Connection refused"
    assert not health.refused
    health.clear()
    assert health.explain() == "no answer"


def test_an_error_that_says_more_is_told_itself() -> None:
    health = Health()
    health.on_error(KafkaError(KafkaError._AUTHENTICATION, "no"))  # noqa: SLF001
    assert health.refused
    assert health.explain(KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART, "no topic")) == "no topic"


def test_credentials_only_where_they_are_used() -> None:
    plain = base_config(KafkaSettings("k:1", "SSL", username="u", password="p"), Health(), "x")
    assert not [name for name in plain if name.startswith(("sasl", "ssl.ca"))]
    settings = KafkaSettings("k:1", "SASL_SSL", "SCRAM-SHA-512", "u", "p", "/ca.crt")
    config = base_config(settings, Health(), "x")
    assert config | {"sasl.username": "u", "sasl.password": "p", "ssl.ca.location": "/ca.crt"} == config
    assert config["enable.ssl.certificate.verification"] is True
    assert config["ssl.endpoint.identification.algorithm"] == "https"
