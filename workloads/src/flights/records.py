"""What is in a record of the topic: a typed row, or a reason why it is none."""

from collections.abc import Sequence
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any, TypeAlias

import orjson
import pyarrow as pa
from confluent_kafka import TIMESTAMP_NOT_AVAILABLE, Message

from flights.schema import COLUMNS, NAMES, Column

Row: TypeAlias = tuple[Any, ...]

# 32 bits; times in microseconds and offsets in 64.
SMALLEST, LARGEST = -(2**31), 2**31 - 1
ARROW = {"integer": pa.int32(), "text": pa.string(), "time": pa.timestamp("us", tz="UTC")}
SCHEMA = pa.schema(
    [pa.field(column.name, ARROW[column.kind], nullable=column.nullable) for column in COLUMNS]
    + [
        pa.field("_partition", pa.int32(), nullable=False),
        pa.field("_offset", pa.int64(), nullable=False),
        pa.field("_timestamp", pa.timestamp("ms", tz="UTC")),
    ]
)
ALLOWED = {"integer": "a whole number of 32 bits", "text": "text", "time": "a time in UTC like 2013-01-01T10:00:00Z"}
PYTHON = {"integer": int, "text": str, "time": str}
SAID = {
    int: "the number",
    float: "the number",
    bool: "the truth value",
    str: "the text",
    list: "a list",
    dict: "an object",
}
SHOWN_CHARACTERS = 60
REMEMBERED_TIMES = 50_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Malformed(Exception):  # noqa: N818 - a finding about a record, not an error of the program
    """The record is no row of the dataset; the message is the reason."""


class Checker:
    """Checks records against the columns; remembers what it has found right, since most are alike."""

    def __init__(self) -> None:
        """Start without anything remembered."""
        self._good_types: set[tuple[type, ...]] = set()
        self._times: dict[str, int] = {}
        self._pick = itemgetter(*NAMES)

    def row(self, value: bytes | str | None) -> Row:
        """Give the values in the order of the columns, a time in microseconds since 1970; raises Malformed."""
        if not value:
            raise Malformed("empty value")
        try:
            fields = orjson.loads(value)
        except orjson.JSONDecodeError as error:
            raise Malformed(f"not JSON: {error}") from error
        if type(fields) is not dict:
            raise Malformed(f"not a JSON object: {_show(fields)}")
        try:
            values = self._pick(fields)
        except KeyError:
            missing = [name for name in NAMES if name not in fields]
            raise Malformed(f"missing field: {', '.join(missing)}") from None
        types = tuple(map(type, values))
        if types not in self._good_types:
            for column, found in zip(COLUMNS, values, strict=True):
                _check_type(column, found)
            self._good_types.add(types)
        # The last column is the only time.
        return (*values[:-1], self._micros(values[-1]))

    def _micros(self, text: str) -> int:
        known = self._times.get(text)
        if known is not None:
            return known
        try:
            time = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        except ValueError:
            raise _wrong(COLUMNS[-1], text) from None
        if len(self._times) >= REMEMBERED_TIMES:
            self._times.clear()
        micros = self._times[text] = int((time - EPOCH).total_seconds()) * 1_000_000
        return micros

    def batch(self, records: Sequence[Message]) -> tuple[pa.RecordBatch, list[tuple[Message, str]]]:
        """Make a batch of columns of the records that are rows; the others come back with their reasons."""
        rows: list[Row] = []
        malformed: list[tuple[Message, str]] = []
        for record in records:
            try:
                rows.append(self.row(record.value()) + _position(record))
            except Malformed as reason:
                malformed.append((record, str(reason)))
        try:
            return _columns(rows), malformed
        except (pa.ArrowInvalid, OverflowError):
            return self._batch_in_range(records)

    def _batch_in_range(self, records: Sequence[Message]) -> tuple[pa.RecordBatch, list[tuple[Message, str]]]:
        """Do the same looking at the size of every number. Numbers too large are rare; looking for them is slow."""
        rows: list[Row] = []
        malformed: list[tuple[Message, str]] = []
        for record in records:
            try:
                row = self.row(record.value())
                for column, value in zip(COLUMNS, row, strict=True):
                    if column.kind == "integer" and value is not None and not SMALLEST <= value <= LARGEST:
                        raise _wrong(column, value)
            except Malformed as reason:
                malformed.append((record, str(reason)))
            else:
                rows.append(row + _position(record))
        return _columns(rows), malformed


def _position(record: Message) -> Row:
    kind, millis = record.timestamp()
    return record.partition(), record.offset(), None if kind == TIMESTAMP_NOT_AVAILABLE else millis


def _columns(rows: list[Row]) -> pa.RecordBatch:
    columns = zip(*rows, strict=True) if rows else [()] * len(SCHEMA)
    arrays = [pa.array(values, type=field.type) for values, field in zip(columns, SCHEMA, strict=True)]
    return pa.record_batch(arrays, schema=SCHEMA)


def _check_type(column: Column, value: object) -> None:
    if value is None and column.nullable:
        return
    # Not isinstance: a truth value is no whole number here.
    if type(value) is not PYTHON[column.kind]:
        raise _wrong(column, value)


def _wrong(column: Column, value: object) -> Malformed:
    allowed = ALLOWED[column.kind] + (" or null" if column.nullable else "")
    return Malformed(f"wrong value: {column.name} is {_show(value)}; allowed: {allowed}")


def _show(value: object) -> str:
    if value is None:
        return "null"
    text = orjson.dumps(value).decode() if isinstance(value, int | float | str) else ""
    shown = text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "…"
    return f"{SAID.get(type(value), 'a value')} {shown}".rstrip()
