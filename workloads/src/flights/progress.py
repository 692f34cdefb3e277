"""How far a source has been sent, kept in a compacted topic and written in the same transaction as the rows."""

import contextlib
from dataclasses import asdict, dataclass

import orjson
from confluent_kafka import Consumer

from flights.kafka import Cluster
from flights.reading import PartitionReader

READ_SIZE = 1_000


@dataclass(frozen=True)
class Progress:
    """What is committed of one source."""

    # Rows of the source that are in the topic, counted from its beginning.
    rows: int = 0
    # Whether these are all its rows.
    complete: bool = False
    # How many of the rows have more or fewer fields than the header; they are sent as they are.
    ragged: int = 0


@dataclass(frozen=True)
class Ledger:
    """Where the progress of one source into one topic stands."""

    # The compacted topic that keeps it.
    topic: str
    # The topic that the rows go to.
    target: str
    # The hash of the source's content: changed content is another source.
    sha256: str
    # The source's name, for people who look into the topic.
    source: str

    @property
    def key(self) -> bytes:
        """The key of the record; compaction keeps the last one a key."""
        return f"{self.target}/{self.sha256}".encode()

    def encode(self, progress: Progress) -> bytes:
        """Make the record's value."""
        return orjson.dumps({"source": self.source, **asdict(progress)})

    def read(self, consumer: Consumer, cluster: Cluster, reader: PartitionReader) -> Progress:
        """Read the topic to its end for the last committed progress; none yet is no progress.

        To be called after the producer has initialised its transactions: only then is it certain that no earlier run
        can still commit, and that what it did commit is visible.
        """
        last = Progress()
        for partition in cluster.partitions(consumer, self.topic):
            low, end = cluster.range(consumer, self.topic, partition)
            for batch in reader.batches(partition, low, end, READ_SIZE):
                for message in batch:
                    if message.key() == self.key:
                        last = _decode(message.value()) or last
        return last


def _decode(value: bytes | str | None) -> Progress | None:
    """Read a value; what is no progress (a tombstone) says nothing."""
    with contextlib.suppress(orjson.JSONDecodeError, KeyError, TypeError, ValueError):
        fields = orjson.loads(value or b"")
        return Progress(int(fields["rows"]), bool(fields["complete"]), int(fields["ragged"]))
    return None
