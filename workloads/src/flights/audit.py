"""Reads back what was landed and counts it: the proof that every record is there, and once.

It looks at the objects themselves, not at what land wrote about them. Memory is bounded by one object: offsets of a
partition are only compared one by one where the ranges of two objects overlap, which land never produces.
"""

import io
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from flights.chain import Chain, Placed
from flights.errors import Failure
from flights.outage import Outage
from flights.program import Result, run, speed
from flights.records import SCHEMA
from flights.schema import COLUMNS
from flights.settings import Parser, Reader, StoreSettings
from flights.stop import Stop
from flights.store import Store

PROGRAM = "audit"
# Rows of an object that are looked at together.
BATCH_ROWS = 20_000


@dataclass(frozen=True)
class Arguments:
    """What to count."""

    bucket: str
    prefix: str
    # Seconds that the store may be away.
    outage_limit: float


def parse(argv: list[str], env: Mapping[str, str]) -> tuple[Arguments, StoreSettings]:
    """Read arguments and environment; raises BadSettings with everything that is wrong with them."""
    parser = Parser(PROGRAM, "Count what was landed in a bucket and check that every record is there once.")
    parser.add_argument("--bucket", default="bronze", help="the bucket to read")
    parser.add_argument("--topic", default="flights", help="the topic that was landed")
    parser.add_argument("--prefix", help="the folder in the bucket; default: the topic's name")
    parser.add_argument("--outage-limit", default="120", metavar="SECONDS", help="how long the store may be away")
    given = parser.parse_args(argv)
    settings = Reader(env)
    arguments = Arguments(
        settings.bucket("--bucket", given.bucket),
        settings.prefix("--prefix", settings.topic("--topic", given.topic) if given.prefix is None else given.prefix),
        settings.number("--outage-limit", given.outage_limit, 1, 86_400),
    )
    store = settings.store()
    settings.finish()
    return arguments, store


@dataclass(frozen=True)
class Span:
    """The offsets in one object."""

    placed: Placed
    first: int
    last: int
    rows: int
    # Whether every offset is larger than the one before it.
    rising: bool


@dataclass
class Counts:
    """What was found."""

    rows: int = 0
    objects: int = 0
    bytes: int = 0
    carriers: Counter[str] = field(default_factory=Counter)
    partitions: Counter[str] = field(default_factory=Counter)
    nulls: Counter[str] = field(default_factory=Counter)
    sums: Counter[str] = field(default_factory=Counter)
    spans: list[Span] = field(default_factory=list)


def parquet(store: Store, placed: Placed) -> pq.ParquetFile:
    """Open an object; raises Failure if it is no Parquet or has other columns than land writes."""
    where = f"{store.bucket}/{placed.entry.key}"
    try:
        opened = pq.ParquetFile(io.BytesIO(store.read(placed.entry.key)))
    except (pa.ArrowInvalid, OSError) as error:
        raise Failure(f"{where} is no readable Parquet object: {error}") from error
    if not opened.schema_arrow.equals(SCHEMA):
        raise Failure(f"{where} has other columns than land writes; {opened.schema_arrow.names}")
    return opened


def count_object(store: Store, placed: Placed, counts: Counts) -> None:
    """Add one object to the counts."""
    first = last = -1
    rows, rising = 0, True
    for batch in parquet(store, placed).iter_batches(BATCH_ROWS):
        offsets = batch.column("_offset")
        rising = rising and _rises(offsets, last)
        low, high = pc.min_max(offsets).values()
        first, last = (low.as_py() if first < 0 else min(first, low.as_py())), max(last, high.as_py())
        rows += batch.num_rows
        _tally(batch, counts)
    counts.objects += 1
    counts.bytes += placed.entry.size
    counts.rows += rows
    if rows:
        counts.spans.append(Span(placed, first, last, rows, rising))


def _rises(offsets: pa.Array, before: int) -> bool:
    if len(offsets) == 0 or offsets[0].as_py() <= before:
        return len(offsets) == 0
    return bool(pc.all(pc.greater(offsets[1:], offsets[:-1]), min_count=0).as_py())


def _tally(batch: pa.RecordBatch, counts: Counts) -> None:
    for entry in pc.value_counts(batch.column("carrier")):
        counts.carriers[entry["values"].as_py()] += entry["counts"].as_py()
    for entry in pc.value_counts(batch.column("_partition")):
        counts.partitions[str(entry["values"].as_py())] += entry["counts"].as_py()
    for column in COLUMNS:
        values = batch.column(column.name)
        if column.nullable:
            counts.nulls[column.name] += values.null_count
        if column.kind == "integer":
            counts.sums[column.name] += pc.sum(values, min_count=0).as_py()


def distinct_offsets(store: Store, spans: Iterable[Span]) -> int:
    """Count the different records of all objects.

    Objects whose ranges don't overlap and whose offsets rise hold as many records as rows. Only the others are read
    again, and their offsets compared.
    """
    distinct = 0
    group: list[Span] = []

    def close() -> int:
        if len(group) == 1 and group[0].rising:
            return group[0].rows
        columns = [parquet(store, span.placed).read(["_offset"]).column("_offset") for span in group]
        return int(
            pc.count_distinct(pa.chunked_array([chunk for column in columns for chunk in column.chunks])).as_py()
        )

    for span in sorted(spans, key=lambda span: (span.placed.partition, span.first)):
        apart = group and (
            span.placed.partition != group[0].placed.partition or span.first > max(other.last for other in group)
        )
        if apart:
            distinct += close()
            group = []
        group.append(span)
    return distinct + (close() if group else 0)


def main(argv: list[str], env: Mapping[str, str], stop: Stop) -> Result:
    """Run the program; the result carries an `error` if a record is there more than once."""
    started = time.monotonic()
    arguments, settings = parse(argv, env)
    outage = Outage(f"the object store at {settings.endpoint}", arguments.outage_limit, stop)
    store = Store(settings, arguments.bucket, outage, stop)
    counts = Counts()
    for placed in Chain(store, arguments.prefix).objects():
        stop.check()
        count_object(store, placed, counts)
    distinct = distinct_offsets(store, counts.spans)
    result: dict[str, Any] = {
        "bucket": arguments.bucket,
        "prefix": arguments.prefix,
        "rows": counts.rows,
        "distinctOffsets": distinct,
        "byCarrier": dict(sorted(counts.carriers.items())),
        "nulls": dict(counts.nulls),
        "sums": dict(counts.sums),
        "byPartition": dict(sorted(counts.partitions.items())),
        "objects": counts.objects,
        "bytes": counts.bytes,
        **speed(counts.rows, started),
    }
    if distinct != counts.rows:
        result["error"] = (
            f"{counts.rows - distinct} of the {counts.rows} rows in {arguments.bucket}/{arguments.prefix} are there "
            "more than once (the same partition and offset): an object was copied, or something else than land wrote it"
        )
    return result


if __name__ == "__main__":
    sys.exit(run(PROGRAM, main))
