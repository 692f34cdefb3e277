"""Records of the topic: typed columns, and the reasons of those that are none."""

import json
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest
from confluent_kafka import TIMESTAMP_CREATE_TIME, Message

from flights.records import SCHEMA, Checker, Malformed
from flights.schema import COLUMNS, NAMES

GOOD: dict[str, Any] = {
    **{column.name: 1 for column in COLUMNS if column.kind == "integer"},
    **{column.name: "AA" for column in COLUMNS if column.kind == "text"},
    "time_hour": "2013-01-01T10:00:00Z",
}


def _message(value: bytes | None, offset: int = 0) -> Message:
    return Message(
        topic="t", partition=2, offset=offset, key=None, value=value, timestamp=(TIMESTAMP_CREATE_TIME, 1_000)
    )


def _value(**changes: object) -> bytes:
    return json.dumps({**GOOD, **changes}).encode()


def test_a_row() -> None:
    batch, malformed = Checker().batch([_message(_value(dep_time=None), 7)])
    assert malformed == []
    assert batch.schema == SCHEMA
    (row,) = batch.to_pylist()
    assert row | {"dep_time": None, "year": 1, "carrier": "AA", "_partition": 2, "_offset": 7} == row
    assert row["time_hour"] == datetime(2013, 1, 1, 10, tzinfo=UTC)
    assert row["_timestamp"] == datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)


def test_columns_and_their_types() -> None:
    assert SCHEMA.names == [*NAMES, "_partition", "_offset", "_timestamp"]
    assert SCHEMA.field("arr_delay").type == pa.int32()
    assert [name for name in NAMES if SCHEMA.field(name).nullable] == [
        "dep_time",
        "dep_delay",
        "arr_time",
        "arr_delay",
        "tailnum",
        "air_time",
    ]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "empty value"),
        (b"", "empty value"),
        (b"{", "not JSON: "),
        (b"\x00\xff", "not JSON: "),
        (b"null", "not a JSON object: null"),
        (b'"text"', 'not a JSON object: the text "text"'),
        (b"{}", f"missing field: {', '.join(NAMES)}"),
        (_value(year="2013"), 'wrong value: year is the text "2013"; allowed: a whole number of 32 bits'),
        (_value(year=None), "wrong value: year is null; allowed: a whole number of 32 bits"),
        (
            _value(dep_time=True),
            "wrong value: dep_time is the truth value true; allowed: a whole number of 32 bits or null",
        ),
        (_value(dep_time=5.0), "wrong value: dep_time is the number 5.0"),
        (_value(carrier=5), "wrong value: carrier is the number 5; allowed: text"),
        (_value(tailnum=["N1"]), "wrong value: tailnum is a list; allowed: text or null"),
        (_value(origin={}), "wrong value: origin is an object; allowed: text"),
        (_value(dest="x" * 100), ""),
        (_value(time_hour="yesterday"), 'wrong value: time_hour is the text "yesterday"; allowed: a time in UTC like'),
        (_value(time_hour="2013-02-29T10:00:00Z"), "wrong value: time_hour is the text"),
        (_value(time_hour=1356998400), "wrong value: time_hour is the number 1356998400"),
    ],
)
def test_reasons(value: bytes | None, reason: str) -> None:
    checker = Checker()
    # Whatever it has seen before must not make it careless.
    checker.row(_value())
    if not reason:
        checker.row(value)
        return
    with pytest.raises(Malformed) as raised:
        checker.row(value)
    assert str(raised.value).startswith(reason)


def test_a_long_value_is_shortened_in_the_reason() -> None:
    with pytest.raises(Malformed) as raised:
        Checker().row(_value(year="x" * 10_000))
    assert len(str(raised.value)) < 200


def test_unknown_fields_are_left_out() -> None:
    batch, malformed = Checker().batch([_message(_value(gate="B2"))])
    assert (batch.num_rows, malformed) == (1, [])


@pytest.mark.parametrize("value", [2**31, -(2**31) - 1, 2**63, -(2**63)])
def test_a_number_of_more_than_32_bits_spoils_only_its_own_record(value: int) -> None:
    records = [_message(_value(), 0), _message(_value(flight=value), 1), _message(b"bad", 2), _message(_value(), 3)]
    batch, malformed = Checker().batch(records)
    assert batch.column("_offset").to_pylist() == [0, 3]
    assert [record.offset() for record, _ in malformed] == [1, 2]
    assert malformed[0][1].startswith(f"wrong value: flight is the number {value}")


@pytest.mark.parametrize("value", [2**31 - 1, -(2**31)])
def test_the_largest_numbers_of_32_bits(value: int) -> None:
    batch, malformed = Checker().batch([_message(_value(flight=value))])
    assert (batch.column("flight").to_pylist(), malformed) == ([value], [])


def test_no_rows_are_a_batch_too() -> None:
    batch, malformed = Checker().batch([_message(None)])
    assert (batch.num_rows, batch.schema, len(malformed)) == (0, SCHEMA, 1)
