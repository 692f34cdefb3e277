"""One producer's life: it takes over the transactional id, reads the progress, and sends chunk after chunk."""

import contextlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from typing import NoReturn

from confluent_kafka import KafkaError, KafkaException, Producer

from flights.errors import Failure
from flights.kafka import AUTHORIZATION, SLICE_SECONDS, TIMED_OUT, Cluster, Health, base_config, describe, reader
from flights.outage import Outage
from flights.progress import Ledger, Progress
from flights.reading import PartitionReader
from flights.settings import KafkaSettings
from flights.source import Record, Source
from flights.stop import Stop

# A transaction that is open longer is aborted by the broker, in seconds.
TRANSACTION_SECONDS = 60
ABORT_SECONDS = 5.0
# Waiting for less is usual when the file is faster than the broker.
DISTURBANCE_SECONDS = 5.0
# Rows between two looks at the client's events and at the stop signal.
ROWS_PER_POLL = 2_000
PROGRESS_SECONDS = 2.0
# A transaction that fails so often without an outage fails for a reason that won't go away.
RESTARTS_IN_VAIN = 5
FENCED = {
    KafkaError._FENCED,  # noqa: SLF001 - its public name
    KafkaError.INVALID_PRODUCER_EPOCH,
    KafkaError.PRODUCER_FENCED,
}

log = logging.getLogger("flights")


class Lost(Exception):  # noqa: N818 - not an error yet: the work goes on with a new session
    """The transaction can't be finished by this producer; a new one finds out what is committed."""


@dataclass
class Run:
    """What a run has done, over all its sessions."""

    # What is committed of the source, by this run and those before it.
    committed: Progress = field(default_factory=Progress)
    # What was committed when the run began; None until that is known.
    first: Progress | None = None
    transactions: int = 0
    restarts: int = 0
    # Restarts since a transaction was last committed.
    _in_vain: int = 0

    def commit(self, progress: Progress) -> None:
        """Count a committed transaction."""
        self.committed = progress
        self.transactions += 1
        self._in_vain = 0

    def restart(self, reason: str) -> None:
        """Count a session that had to be given up; raises Failure when that happens again and again."""
        self.restarts += 1
        self._in_vain += 1
        if self._in_vain >= RESTARTS_IN_VAIN:
            raise Failure(
                f"the transaction after row {self.committed.rows} failed {self._in_vain} times in a row: {reason}; "
                f"the rows before it are committed"
            )
        log.warning("starting the transaction after row %d over: %s", self.committed.rows, reason)

    @property
    def new(self) -> int:
        """Rows that this run committed: by what the ledger says, since the answer to a commit may get lost."""
        return self.committed.rows - self.first.rows if self.first else 0


class Session:
    """A transactional producer with the progress of one source."""

    def __init__(  # noqa: PLR0913, PLR0917 - the parts that a session connects
        self, kafka: KafkaSettings, ledger: Ledger, cluster: Cluster, health: Health, outage: Outage, stop: Stop
    ) -> None:
        """Make the producer; nothing is sent yet."""
        self._kafka = kafka
        self._ledger = ledger
        self._cluster = cluster
        self._health = health
        self._outage = outage
        self._stop = stop
        self._in_transaction = False
        self._begun = time.monotonic()
        self._transactional_id = f"ingest-{ledger.target}"
        self._producer = Producer(
            base_config(kafka, health, self._transactional_id)
            | {
                "transactional.id": self._transactional_id,
                "transaction.timeout.ms": TRANSACTION_SECONDS * 1000,
                "compression.type": "lz4",
                "linger.ms": 20,
                # What waits to be sent is bounded: rows come from the file faster than they leave.
                "queue.buffering.max.messages": 60_000,
                "queue.buffering.max.kbytes": 32_768,
                # The partitioner of Kafka's own clients: a key lands in the same partition whoever sends it.
                "partitioner": "murmur2_random",
            }
        )

    def open(self) -> None:
        """Take over the transactional id; an earlier run that still lives can't commit from then on."""
        self._cluster.partitions(self._producer, self._ledger.target)
        self._insist(self._producer.init_transactions)

    def send(self, source: Source, chunk_rows: int, state: Run) -> None:
        """Send the rows of the source that are not committed yet, `chunk_rows` a transaction."""
        progress = state.committed = self._read_progress()
        state.first = state.first or progress
        if progress.complete:
            log.info("%s: all its %d rows are in %s", source.name, progress.rows, self._ledger.target)
            return
        log.info("%s: sending to %s from row %d on", source.name, self._ledger.target, progress.rows)
        records = source.records(progress.rows)
        chunk = list(islice(records, chunk_rows))
        begun, told = progress.rows, time.monotonic()
        started = told
        while not progress.complete:
            self._begin()
            self._produce(chunk)
            # The next rows are made while the client sends these; and only then is it known whether there are any.
            following = list(islice(records, chunk_rows))
            ragged = sum(key is None for key, _ in chunk)
            progress = Progress(progress.rows + len(chunk), not following, progress.ragged + ragged)
            self._put(self._ledger.topic, self._ledger.key, self._ledger.encode(progress))
            self._commit()
            state.commit(progress)
            chunk = following
            now = time.monotonic()
            if progress.complete or now - told >= PROGRESS_SECONDS:
                told = now
                log.info("%d rows committed (%.0f rows/s)", progress.rows, (progress.rows - begun) / (now - started))

    def close(self) -> None:
        """End the producer, so that its threads don't go on trying beside those of the next one."""
        # A producer that has failed for good says so once more; what counts has been committed, or told already.
        with contextlib.suppress(KafkaException):
            self._producer.close()

    def abandon(self) -> None:
        """Give up the open transaction, if there is one; the broker or the next session ends it if this can't."""
        with contextlib.suppress(KafkaException):
            self._producer.purge()
            if self._in_transaction:
                self._in_transaction = False
                self._producer.abort_transaction(ABORT_SECONDS)
        self.close()

    def _read_progress(self) -> Progress:
        consumer = reader(self._kafka, self._health, self._transactional_id)
        try:
            records = PartitionReader(consumer, self._ledger.topic, self._health, self._outage)
            return self._ledger.read(consumer, self._cluster, records)
        finally:
            consumer.close()

    def _begin(self) -> None:
        self._stop.check()
        try:
            self._producer.begin_transaction()
        except KafkaException as raised:
            self._judge(raised.args[0])
        self._in_transaction = True
        self._begun = time.monotonic()

    def _commit(self) -> None:
        self._insist(self._producer.commit_transaction)
        self._in_transaction = False
        self._outage.recovered()
        self._health.clear()

    def _produce(self, chunk: list[Record]) -> None:
        for start in range(0, len(chunk), ROWS_PER_POLL):
            self._stop.check()
            self._producer.poll(0)
            for key, value in chunk[start : start + ROWS_PER_POLL]:
                self._put(self._ledger.target, key, value)

    def _put(self, topic: str, key: bytes | None, value: bytes) -> None:
        """Hand one record to the client, waiting while its queue is full."""
        while True:
            try:
                self._producer.produce(topic, value, key)
            except BufferError:
                # Usual when the file is faster than the broker. Only a commit ends the wait: as long as the broker is
                # away none comes, though the queue may empty itself by records that time out.
                self._outage.waiting(self._health.explain())
                self._producer.poll(0.05)
            except KafkaException as raised:
                self._judge(raised.args[0])
            else:
                return

    def _insist(self, step: Callable[[float], None]) -> None:
        """Do a step of the transaction, again and again while the broker doesn't answer, up to the limit."""
        while True:
            try:
                step(SLICE_SECONDS)
            except KafkaException as raised:
                error = raised.args[0]
                if self._health.refused or (error.retriable() and error.code() != TIMED_OUT):
                    self._cluster.unreachable(self._producer, error)
                elif error.retriable():
                    self._outage.waiting(self._health.explain(error))
                else:
                    self._judge(error)
            else:
                return

    def _judge(self, error: KafkaError) -> NoReturn:
        """Tell a transaction that can be started over from a run that can't go on."""
        # The broker also fences a producer whose transaction it had to abort, which takes an outage or a minute.
        own = self._outage.lasted >= DISTURBANCE_SECONDS or time.monotonic() - self._begun >= TRANSACTION_SECONDS
        if error.code() in FENCED and not own:
            raise Failure(
                f"another ingest into {self._ledger.target} has started and took over its transactions "
                f"({self._transactional_id}); this one stops, the other one goes on from what is committed"
            )
        if error.code() in AUTHORIZATION:
            user = self._kafka.username or "(none)"
            raise Failure(f"{self._outage.service}: the user {user} lacks a right: {describe(error)}")
        raise Lost(describe(error))
