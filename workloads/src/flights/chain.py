"""The objects of a landed topic: for each partition a chain in which every object names where the next one begins.

The name of an object is the offset at which its range begins, and that is where the range of the object before it ends.
An object is only ever written if there is none of its name. So of two writers that go on from the same object exactly
one wins, ranges never overlap, and no record can be in two objects.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from flights.errors import Failure
from flights.store import Entry, Store

NAME = re.compile(r"partition=([0-9]+)/([0-9]{20})\.parquet")


@dataclass(frozen=True)
class Link:
    """What the metadata of an object says."""

    # The offset at which the range of the next object begins.
    next_offset: int
    # Rows of the partition in this object and all before it.
    rows: int
    # Records of the partition that were set aside as malformed, in this range and all before it.
    dead: int
    # The topic's own id: a topic that was deleted and made again has another, and its offsets start anew.
    topic_id: str
    # Who wrote it: a run knows its own object again when the answer to the write was lost.
    writer: str

    def encode(self) -> dict[str, str]:
        """Make the metadata."""
        return {
            "next-offset": str(self.next_offset),
            "rows": str(self.rows),
            "dead": str(self.dead),
            "topic-id": self.topic_id,
            "writer": self.writer,
        }


@dataclass(frozen=True)
class Placed:
    """An object of the chain in the bucket."""

    partition: int
    # The offset at which its range begins.
    offset: int
    entry: Entry


class Chain:
    """The chains of one topic under one prefix of a bucket."""

    def __init__(self, store: Store, prefix: str) -> None:
        """Take the bucket and the folder inside it."""
        self._store = store
        self.prefix = prefix
        self.where = f"{store.bucket}/{prefix}"

    def key(self, partition: int, offset: int) -> str:
        """Give the name of the object whose range begins at the offset."""
        return f"{self.prefix}/partition={partition}/{offset:020d}.parquet"

    def objects(self, partition: int | None = None) -> Iterator[Placed]:
        """Give the objects of one partition or of all, each partition's by offset; other files are left alone."""
        folder = f"{self.prefix}/" if partition is None else f"{self.prefix}/partition={partition}/"
        for entry in self._store.list(folder):
            match = NAME.fullmatch(entry.key.removeprefix(f"{self.prefix}/"))
            if match:
                yield Placed(int(match[1]), int(match[2]), entry)

    def last(self, partition: int) -> Link | None:
        """Give the last link of a partition, None if nothing of it has landed."""
        last = None
        for last in self.objects(partition):  # noqa: B007 - the last one is what is wanted
            pass
        return self.link(last.entry.key) if last else None

    def link(self, key: str) -> Link:
        """Read the metadata of an object; raises Failure if it was not written by land."""
        found = self._store.metadata(key)
        try:
            numbers = [int(found[name]) for name in ("next-offset", "rows", "dead")]
            return Link(numbers[0], numbers[1], numbers[2], found["topic-id"], found["writer"])
        except (KeyError, ValueError) as error:
            raise Failure(
                f"{self._store.bucket}/{key} lacks the metadata that land writes (next-offset, rows, dead, topic-id, "
                "writer): it was put there or copied by something else; remove it, or land into another --prefix"
            ) from error

    def append(self, partition: int, offset: int, body: bytes, link: Link) -> tuple[Link, bool]:
        """Put an object at the end of the chain unless another writer was first.

        Returns the link that is in the chain now and whether it is this writer's.
        """
        key = self.key(partition, offset)
        if self._store.put_if_absent(key, body, link.encode()):
            return link, True
        there = self.link(key)
        return there, there == link
