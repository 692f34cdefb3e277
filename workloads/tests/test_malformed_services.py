"""Malformed records: set aside with their reason, counted, never in the way of the good ones."""

import json

import pytest
from compare import in_bucket, in_file, typed
from confluent_kafka import Message
from stage import Stage

pytestmark = pytest.mark.services
Table = list[dict[str, str]]


def _good(row: dict[str, str]) -> bytes:
    return json.dumps(typed(row)).encode()


def _changed(row: dict[str, str], **changes: object) -> bytes:
    return json.dumps({**typed(row), **changes}).encode()


def _bad(row: dict[str, str]) -> list[tuple[bytes | None, str]]:
    """Give every kind of malformed record with its reason."""
    lacking = {name: value for name, value in typed(row).items() if name != "dest"}
    return [
        (b"{not json", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[1,2]", "not a JSON object: a list"),
        (json.dumps(lacking).encode(), "missing field: dest"),
        (_changed(row, dep_time="late"), 'wrong value: dep_time is the text "late"'),
        (_changed(row, distance=1.5), "wrong value: distance is the number 1.5"),
        (_changed(row, carrier=None), "wrong value: carrier is null; allowed: text"),
        (
            _changed(row, flight=2**31),
            "wrong value: flight is the number 2147483648; allowed: a whole number of 32 bits",
        ),
        (_changed(row, time_hour="2013-02-30T10:00:00Z"), "wrong value: time_hour is the text"),
        (b"", "empty value"),
        (None, "empty value"),
    ]


def _headers(message: Message) -> dict[str, bytes]:
    return {name: value for name, value in dict(message.headers() or []).items() if isinstance(value, bytes)}


def test_each_kind_is_set_aside_once(stage: Stage, table: Table) -> None:
    bad = _bad(table[0])
    records: list[bytes | None] = []
    for row, (value, _) in zip(table, bad, strict=False):
        records += [_good(row), value]
    stage.produce([("a key", value) for value in records])
    first = stage.land()
    assert first.code == 0, first.stderr
    first.expect(new=len(bad), deadLettered=len(bad), deadLetteredInAll=len(bad))
    assert in_bucket(stage) == in_file(table[: len(bad)])

    dead = stage.committed(stage.dead, 1)
    assert [message.key() for message in dead] == [
        f"{stage.topic}/0/{offset}".encode() for offset in range(1, 2 * len(bad), 2)
    ]
    for message, (value, reason) in zip(dead, bad, strict=True):
        headers = _headers(message)
        assert (message.value() or b"") == (value or b"")
        assert headers["reason"].startswith(reason.encode())
        assert headers["source"] == message.key()
        assert headers["key"] == b"a key"

    again = stage.land()
    again.expect(new=0, deadLettered=0, deadLetteredInAll=len(bad))
    assert len(stage.committed(stage.dead, 1)) == len(bad)


def test_a_range_of_malformed_records_only(stage: Stage, table: Table) -> None:
    """They advance the bucket too: otherwise every run would set them aside again."""
    stage.produce([(None, b"bad")] * 5)
    assert stage.land().result["deadLettered"] == 5
    stage.land().expect(deadLettered=0, rows=0, objects=0, deadLetteredInAll=5)
    stage.produce([(None, _good(table[0]))])
    assert stage.land().result["new"] == 1
    assert len(stage.committed(stage.dead, 1)) == 5
    assert stage.audit().result["rows"] == 1


def test_stopped_between_the_topic_and_the_bucket(stage: Stage, table: Table) -> None:
    """The record may be in the dead-letter topic twice, but under one key."""
    stage.produce([(None, _good(table[0])), (None, b"bad"), (None, _good(table[1]))])
    stage.land("--prefix", "warm-up")
    stage.minio.process.kill()
    assert stage.land("--outage-limit", "2").code == 1
    stage.minio.process.start()
    assert stage.land().result["deadLettered"] == 1
    assert {message.key() for message in stage.committed(stage.dead, 1)} == {f"{stage.topic}/0/1".encode()}
    assert stage.audit().result["rows"] == 2


def test_a_value_too_large_for_the_dead_letter_topic_is_cut(stage: Stage) -> None:
    stage.produce([(None, b"x" * 990_000)])
    assert stage.land().result["deadLettered"] == 1
    (dead,) = stage.committed(stage.dead, 1)
    assert _headers(dead)["cut-from-bytes"] == b"990000"
    assert len(dead.value() or b"") == 900_000


def test_no_dead_letter_topic(stage: Stage, table: Table) -> None:
    """Nothing is landed then, since the malformed record would be lost."""
    stage.produce([(None, _good(table[0])), (None, b"bad")])
    ended = stage.land("--dead-letter-topic", "there-is-none")
    assert ended.code == 1
    assert 'there is no topic "there-is-none"' in ended.result["error"]
    assert stage.objects() == []


def test_rows_that_did_not_fit_the_header_of_the_file(stage: Stage, table: Table) -> None:
    source = stage.source(table[:3])
    with source.open("a") as file:
        file.write("2013,1\n")
    stage.ingest(source)
    stage.land().expect(new=3, deadLettered=1)
    (dead,) = stage.committed(stage.dead, 1)
    assert _headers(dead)["reason"].startswith(b"missing field: year, month")
