"""Reads one partition from an offset to a known end."""

from collections.abc import Iterator

from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from flights.errors import Failure
from flights.kafka import AUTHORIZATION, Health, describe
from flights.outage import Outage

END = KafkaError._PARTITION_EOF  # noqa: SLF001 - its public name
# The client gathers records for so long if there are fewer than asked for, which is so at the end of every partition.
WAIT_SECONDS = 0.1
GONE = {KafkaError.OFFSET_OUT_OF_RANGE, KafkaError._AUTO_OFFSET_RESET}  # noqa: SLF001


class PartitionReader:
    """Reads committed records of one topic, one partition at a time, in batches of bounded size."""

    def __init__(self, consumer: Consumer, topic: str, health: Health, outage: Outage) -> None:
        """Take a consumer made by `kafka.reader`."""
        self._consumer = consumer
        self._topic = topic
        self._health = health
        self._outage = outage

    def batches(self, partition: int, start: int, end: int, size: int) -> Iterator[list[Message]]:
        """Give the committed records from offset `start` up to but not including `end`, `size` at a time at most.

        Markers of transactions and records of aborted ones take up offsets too and aren't given, so it may well be that
        there are fewer records than offsets, or none. Raises Failure if the broker stays away longer than the limit.
        """
        if start >= end:
            return
        self._consumer.assign([TopicPartition(self._topic, partition, start)])
        ended = False
        while not ended:
            records = []
            answers = self._consumer.consume(size, timeout=WAIT_SECONDS)
            for answer in answers:
                error = answer.error()
                # The end is announced with the offset that comes next; a report from before `end` is none.
                if error is None and _offset(answer) < end:
                    records.append(answer)
                elif error is None or (error.code() == END and _offset(answer) >= end):
                    ended = True
                    break
                elif error.code() != END:
                    self._trouble(partition, error)
            if records:
                self._outage.recovered()
                self._health.clear()
                # The last record may be followed by nothing but a report of the end, which need not be waited for.
                ended = ended or _offset(records[-1]) + 1 >= end
                yield records
            elif not ended:
                self._outage.waiting(self._health.explain())

    def _trouble(self, partition: int, error: KafkaError) -> None:
        where = f'topic "{self._topic}" partition {partition}'
        if error.code() in GONE:
            raise Failure(f"{where}: the offset to read from is not there any more: {describe(error)}")
        if error.code() in AUTHORIZATION or error.fatal():
            raise Failure(f"{where}: {self._outage.service} says: {describe(error)}")
        self._outage.waiting(self._health.explain(error))


def _offset(message: Message) -> int:
    offset = message.offset()
    return -1 if offset is None else offset
