"""Moves what is committed in a topic to Parquet objects in a bucket, each record once, then ends.

For each partition a run goes on where the last object ends (chain.py) and stops at the end that the partition had when
the run began. It keeps no other state: a run that was stopped anywhere is simply run again, and two runs at once add
each record once. Records that are no rows go to the dead-letter topic before the object of their range is written, so a
crash in between sends them once more, under the same key, and never loses one.
"""

import io
import logging
import sys
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.parquet as pq
from confluent_kafka import Consumer, KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient

from flights.chain import Chain, Link
from flights.deadletter import DeadLetters
from flights.errors import Failure
from flights.kafka import SLICE_SECONDS, Cluster, Health, base_config, reader
from flights.outage import Outage
from flights.program import Result, run, speed
from flights.reading import PartitionReader
from flights.records import SCHEMA, Checker
from flights.settings import KafkaSettings, Parser, Reader, StoreSettings
from flights.stop import Stop
from flights.store import Store

PROGRAM = "land"
# Records turned into columns at a time.
BATCH_RECORDS = 5_000
# An object ends at this much JSON even if it has few records, in bytes.
OBJECT_BYTES = 64 << 20

log = logging.getLogger("flights")


@dataclass(frozen=True)
class Arguments:
    """What to land where."""

    topic: str
    dead_letter_topic: str
    bucket: str
    prefix: str
    rows_per_object: int
    # Seconds that Kafka or the store may be away.
    outage_limit: float
    accept_gaps: bool


def parse(argv: list[str], env: Mapping[str, str]) -> tuple[Arguments, KafkaSettings, StoreSettings]:
    """Read arguments and environment; raises BadSettings with everything that is wrong with them."""
    parser = Parser(PROGRAM, "Land what a Kafka topic holds as Parquet objects in a bucket, each record once.")
    parser.add_argument("--topic", default="flights", help="the topic to read")
    parser.add_argument("--dead-letter-topic", default="flights-dead-letter", help="where malformed records go")
    parser.add_argument("--bucket", default="bronze", help="the bucket to write to")
    parser.add_argument("--prefix", help="the folder in the bucket; default: the topic's name")
    parser.add_argument("--rows-per-object", default="100000", metavar="ROWS", help="at most, 1 to 1000000")
    parser.add_argument(
        "--outage-limit", default="120", metavar="SECONDS", help="how long Kafka or the store may be away"
    )
    parser.add_argument(
        "--accept-gaps",
        action="store_true",
        help="go on behind records that Kafka deleted by its retention before they were landed, instead of failing",
    )
    given = parser.parse_args(argv)
    settings = Reader(env)
    arguments = Arguments(
        topic=settings.topic("--topic", given.topic),
        dead_letter_topic=settings.topic("--dead-letter-topic", given.dead_letter_topic),
        bucket=settings.bucket("--bucket", given.bucket),
        prefix=settings.prefix("--prefix", given.topic if given.prefix is None else given.prefix),
        rows_per_object=settings.whole("--rows-per-object", given.rows_per_object, 1, 1_000_000),
        outage_limit=settings.number("--outage-limit", given.outage_limit, 1, 86_400),
        accept_gaps=given.accept_gaps,
    )
    kafka, store = settings.kafka(), settings.store()
    settings.finish()
    return arguments, kafka, store


@dataclass
class Tally:
    """What a run has done."""

    # Rows of all partitions in the bucket.
    rows: int = 0
    # Rows that this run added.
    new: int = 0
    objects: int = 0
    bytes: int = 0
    # Malformed records in the ranges that this run landed.
    dead: int = 0
    # Malformed records in all ranges that are landed.
    dead_in_all: int = 0
    # Objects that another run wrote while this one was about to.
    lost_races: int = 0
    # For each partition, where the run began and where the bucket ends now.
    partitions: dict[str, list[int]] = field(default_factory=dict)


@dataclass
class Range:
    """What was read for one object."""

    batches: list[pa.RecordBatch] = field(default_factory=list)
    rows: int = 0
    dead: int = 0
    json_bytes: int = 0
    # The offset behind the last record read; None as long as there is none.
    next_offset: int | None = None

    def encode(self) -> bytes:
        """Write the rows as Parquet. None at all are an object too: its range held malformed records only."""
        sink = io.BytesIO()
        pq.write_table(pa.Table.from_batches(self.batches, schema=SCHEMA), sink, compression="zstd")
        return sink.getvalue()


class Landing:
    """One run: the connections, and what it has done so far."""

    def __init__(self, arguments: Arguments, kafka: KafkaSettings, store: StoreSettings, stop: Stop) -> None:
        """Make the clients; nothing is asked yet."""
        self._arguments = arguments
        self._stop = stop
        client = f"land-{arguments.topic}"
        health = Health()
        outage = Outage(f"Kafka at {kafka.bootstrap}", arguments.outage_limit, stop)
        self._cluster = Cluster(kafka, health, outage)
        self._consumer: Consumer = reader(kafka, health, client)
        self._admin = AdminClient(base_config(kafka, health, client))
        self._reader = PartitionReader(self._consumer, arguments.topic, health, outage)
        self._dead_letters = DeadLetters(kafka, arguments.dead_letter_topic, health, outage, self._cluster, client)
        away = Outage(f"the object store at {store.endpoint}", arguments.outage_limit, stop)
        self._chain = Chain(Store(store, arguments.bucket, away, stop), arguments.prefix)
        self._checker = Checker()
        self._writer = uuid.uuid4().hex
        self.tally = Tally()

    def land(self) -> None:
        """Land every partition up to the end that it has now."""
        partitions = self._cluster.partitions(self._consumer, self._arguments.topic)
        topic_id = self._topic_id()
        # The ends of all partitions are taken before any is read, so that the run is bounded.
        ranges = {number: self._cluster.range(self._consumer, self._arguments.topic, number) for number in partitions}
        for partition, (low, end) in ranges.items():
            self._partition(partition, low, end, topic_id)
        self._consumer.close()

    def _topic_id(self) -> str:
        while True:
            answers = self._admin.describe_topics(
                TopicCollection([self._arguments.topic]), request_timeout=SLICE_SECONDS * 5
            )
            try:
                return str(answers[self._arguments.topic].result().topic_id)
            except KafkaException as raised:
                self._cluster.unreachable(self._admin, raised.args[0])

    def _partition(self, partition: int, low: int, end: int, topic_id: str) -> None:
        link = self._chain.last(partition) or Link(0, 0, 0, topic_id, "")
        self._same_topic(partition, link, topic_id)
        begun = link.next_offset
        while link.next_offset < end:
            self._stop.check()
            found = self._read(partition, self._first(partition, link, low), end)
            if found.next_offset is None:
                break
            mine = Link(found.next_offset, link.rows + found.rows, link.dead + found.dead, topic_id, self._writer)
            # In the topic before the object is in the bucket: see the module's text.
            self._dead_letters.flush()
            body = found.encode()
            link, won = self._chain.append(partition, link.next_offset, body, mine)
            if won:
                self._count(partition, found, link, len(body))
            else:
                # Another run is at it too. What it wrote is right; this one goes on behind it.
                self.tally.lost_races += 1
                log.info("partition %d: another run landed up to offset %d", partition, link.next_offset)
        self.tally.rows += link.rows
        self.tally.dead_in_all += link.dead
        self.tally.partitions[str(partition)] = [begun, link.next_offset]

    def _count(self, partition: int, found: Range, link: Link, size: int) -> None:
        self.tally.new += found.rows
        self.tally.dead += found.dead
        self.tally.objects += 1
        self.tally.bytes += size
        log.info(
            "partition %d: %d rows landed up to offset %d (%d malformed, %.1f MiB)",
            partition,
            found.rows,
            link.next_offset,
            found.dead,
            size / (1 << 20),
        )

    def _read(self, partition: int, start: int, end: int) -> Range:
        """Read the range of one object; malformed records are on their way to the dead-letter topic afterwards."""
        found = Range()
        limit = self._arguments.rows_per_object
        for records in self._reader.batches(partition, start, end, min(BATCH_RECORDS, limit)):
            batch, malformed = self._checker.batch(records)
            for record, reason in malformed:
                self._dead_letters.send(record, reason)
            found.batches.append(batch)
            found.rows += batch.num_rows
            found.dead += len(malformed)
            found.json_bytes += sum(len(record.value() or b"") for record in records)
            found.next_offset = (records[-1].offset() or 0) + 1
            full = found.rows + found.dead + min(BATCH_RECORDS, limit) > limit
            if full or found.json_bytes >= OBJECT_BYTES:
                break
        return found

    def _first(self, partition: int, link: Link, low: int) -> int:
        """Give the offset to read from; raises Failure if Kafka has deleted records that were not landed."""
        if low <= link.next_offset:
            return link.next_offset
        gap = (
            f"partition {partition}: the records from offset {link.next_offset} to {low - 1} were deleted by the "
            "topic's retention before they were landed"
        )
        if not self._arguments.accept_gaps:
            raise Failure(f"{gap}; if they can't be sent again, run with --accept-gaps to go on behind them")
        log.warning("%s; going on behind them", gap)
        return low

    def _same_topic(self, partition: int, link: Link, topic_id: str) -> None:
        """Raise Failure if the objects can't come from the topic that there is now."""
        # Asked anew: another run may have landed records since this one took the ends.
        end = self._cluster.range(self._consumer, self._arguments.topic, partition)[1]
        if link.topic_id == topic_id and link.next_offset <= end:
            return
        raise Failure(
            f'the objects in {self._chain.where} come from another topic "{self._arguments.topic}" than there is now '
            f"(id {link.topic_id}, landed up to offset {link.next_offset} of partition {partition}; now id {topic_id}, "
            f"which ends at {end}): it was deleted and made again; land into another --prefix, or remove the objects"
        )


def main(argv: list[str], env: Mapping[str, str], stop: Stop) -> Result:
    """Run the program."""
    started = time.monotonic()
    arguments, kafka, store = parse(argv, env)
    landing = Landing(arguments, kafka, store, stop)
    landing.land()
    tally = landing.tally
    return {
        "topic": arguments.topic,
        "bucket": arguments.bucket,
        "prefix": arguments.prefix,
        "rows": tally.rows,
        "new": tally.new,
        "deadLettered": tally.dead,
        "deadLetteredInAll": tally.dead_in_all,
        "objects": tally.objects,
        "bytes": tally.bytes,
        "lostRaces": tally.lost_races,
        **speed(tally.new, started),
        "partitions": tally.partitions,
    }


if __name__ == "__main__":
    sys.exit(run(PROGRAM, main))
