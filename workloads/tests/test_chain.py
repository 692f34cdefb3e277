"""The chain of objects and the audit of them, over a store in memory."""

import io
from collections.abc import Iterator, Mapping
from typing import cast

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flights.audit import Counts, count_object, distinct_offsets
from flights.chain import Chain, Link
from flights.errors import Failure
from flights.progress import Ledger, Progress, _decode
from flights.records import SCHEMA
from flights.store import Entry, Store


class Memory:
    """The part of Store that is used, without a server."""

    bucket = "bronze"

    def __init__(self) -> None:
        self.objects: dict[str, tuple[bytes, dict[str, str]]] = {}

    def put_if_absent(self, key: str, body: bytes, metadata: Mapping[str, str]) -> bool:
        if key in self.objects:
            return False
        self.objects[key] = (body, dict(metadata))
        return True

    def metadata(self, key: str) -> dict[str, str]:
        return self.objects[key][1]

    def read(self, key: str) -> bytes:
        return self.objects[key][0]

    def list(self, prefix: str) -> Iterator[Entry]:
        for key in sorted(self.objects):
            if key.startswith(prefix):
                yield Entry(key, len(self.objects[key][0]))


@pytest.fixture
def memory() -> Memory:
    return Memory()


@pytest.fixture
def chain(memory: Memory) -> Chain:
    return Chain(cast("Store", memory), "flights")


def _link(next_offset: int, writer: str = "a") -> Link:
    return Link(next_offset, next_offset, 0, "topic", writer)


def test_empty(chain: Chain) -> None:
    assert chain.last(0) is None


def test_the_last_link_is_that_of_the_largest_offset(chain: Chain) -> None:
    for offset, after in ((0, 900), (900, 1_000), (1_000, 20_000)):
        assert chain.append(0, offset, b"", _link(after)) == (_link(after), True)
    chain.append(1, 0, b"", _link(5))
    assert chain.last(0) == _link(20_000)
    assert chain.last(1) == _link(5)
    assert chain.last(10) is None


def test_partition_1_is_not_partition_10(chain: Chain) -> None:
    chain.append(10, 0, b"", _link(77))
    assert chain.last(1) is None


def test_the_second_writer_gets_what_the_first_wrote(chain: Chain) -> None:
    chain.append(0, 0, b"", _link(10, "first"))
    assert chain.append(0, 0, b"", _link(12, "second")) == (_link(10, "first"), False)


def test_a_write_whose_answer_was_lost_is_known_again(chain: Chain) -> None:
    chain.append(0, 0, b"", _link(10))
    assert chain.append(0, 0, b"", _link(10)) == (_link(10), True)


def test_other_files_are_left_alone(memory: Memory, chain: Chain) -> None:
    for name in ("_SUCCESS", "partition=0/_tmp", "partition=x/00000000000000000000.parquet", "partition=0/5.parquet"):
        memory.put_if_absent(f"flights/{name}", b"", {})
    memory.put_if_absent("flights-other/partition=0/00000000000000000000.parquet", b"", {})
    assert list(chain.objects()) == []


def test_an_object_of_something_else(memory: Memory, chain: Chain) -> None:
    memory.put_if_absent(chain.key(0, 0), b"", {"next-offset": "many"})
    with pytest.raises(Failure, match="lacks the metadata that land writes"):
        chain.last(0)


def _parquet(offsets: list[int], partition: int = 0) -> bytes:
    columns = {
        field.name: [0 if pa.types.is_integer(field.type) else "AA" if pa.types.is_string(field.type) else 0]
        * len(offsets)
        for field in SCHEMA
    }
    columns |= {"_offset": list(offsets), "_partition": [partition] * len(offsets)}
    sink = io.BytesIO()
    pq.write_table(pa.table(columns, schema=SCHEMA), sink)
    return sink.getvalue()


@pytest.mark.parametrize(
    ("objects", "rows", "distinct"),
    [
        ([], 0, 0),
        ([[0, 1, 2], [3, 4]], 5, 5),
        ([[0, 2, 5], [], [9]], 4, 4),
        # The same object under two names.
        ([[0, 1, 2], [0, 1, 2]], 6, 3),
        # Overlapping ranges without a common offset, and with one.
        ([[0, 5], [1, 3]], 4, 4),
        ([[0, 5, 8], [1, 5, 9], [20]], 7, 6),
        # Twice in one object, and out of order in one.
        ([[0, 1, 1, 2]], 4, 3),
        ([[5, 4, 3]], 3, 3),
        # A large range around two small ones.
        ([[0, 100], [1, 2], [50, 100]], 6, 5),
    ],
)
def test_different_records_are_counted(
    memory: Memory, chain: Chain, objects: list[list[int]], rows: int, distinct: int
) -> None:
    counts = Counts()
    for number, offsets in enumerate(objects):
        memory.put_if_absent(chain.key(0, number), _parquet(offsets), {})
    # The same offsets in another partition are other records.
    memory.put_if_absent(chain.key(1, 0), _parquet([0, 1], 1), {})
    for placed in chain.objects():
        count_object(cast("Store", memory), placed, counts)
    assert counts.rows == rows + 2
    assert counts.partitions["0"] == rows
    assert distinct_offsets(cast("Store", memory), counts.spans) == distinct + 2


def test_an_object_with_other_columns(memory: Memory, chain: Chain) -> None:
    sink = io.BytesIO()
    pq.write_table(pa.table({"x": [1]}), sink)
    memory.put_if_absent(chain.key(0, 0), sink.getvalue(), {})
    (placed,) = chain.objects()
    with pytest.raises(Failure, match=r"00000\.parquet has other columns than land writes"):
        count_object(cast("Store", memory), placed, Counts())


def test_progress_is_read_as_it_was_written() -> None:
    ledger = Ledger("ingest-progress", "flights", "abc", "flights.csv")
    assert ledger.key == b"flights/abc"
    progress = Progress(336_776, complete=True, ragged=2)
    assert _decode(ledger.encode(progress)) == progress


@pytest.mark.parametrize("value", [None, b"", b"{}", b"[]", b"no", b'{"rows":"x","complete":true,"ragged":0}'])
def test_what_is_no_progress_says_nothing(value: bytes | None) -> None:
    assert _decode(value) is None
