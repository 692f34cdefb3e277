"""The dead-letter topic: records that could not be landed, as they were, each with its reason."""

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from flights.errors import Failure
from flights.kafka import SLICE_SECONDS, Cluster, Health, base_config, describe
from flights.outage import Outage
from flights.settings import KafkaSettings

# A value larger than this is cut, since with its headers it might not fit into the topic; in bytes.
LARGEST_VALUE = 900_000
REASON_BYTES = 1_000


class DeadLetters:
    """Sends records aside. The key names the record's place, so that one sent twice (after a crash) is known as one."""

    def __init__(  # noqa: PLR0913, PLR0917 - the parts that it connects
        self, settings: KafkaSettings, topic: str, health: Health, outage: Outage, cluster: Cluster, client: str
    ) -> None:
        """Take where to send to; the producer is only made when there is something to send."""
        self._settings = settings
        self._topic = topic
        self._health = health
        self._outage = outage
        self._cluster = cluster
        self._client = client
        self._producer: Producer | None = None
        self._error: KafkaError | None = None

    def _connect(self) -> Producer:
        if self._producer is None:
            self._producer = Producer(
                base_config(self._settings, self._health, self._client)
                | {
                    "enable.idempotence": True,
                    "compression.type": "lz4",
                    "message.max.bytes": 2_000_000,
                    "message.timeout.ms": int(self._outage.limit * 1000),
                    "queue.buffering.max.kbytes": 8_192,
                    "partitioner": "murmur2_random",
                    "on_delivery": self._delivered,
                }
            )
            self._cluster.partitions(self._producer, self._topic)
        return self._producer

    def _delivered(self, error: KafkaError | None, _message: Message) -> None:
        self._error = self._error or error

    def send(self, record: Message, reason: str) -> None:
        """Hand over one record; it has arrived only after `flush()`."""
        producer = self._connect()
        place = f"{record.topic()}/{record.partition()}/{record.offset()}"
        value, key = _raw(record.value()), _raw(record.key())
        headers: list[tuple[str, str | bytes | None]] = [
            ("reason", reason.encode()[:REASON_BYTES]),
            ("source", place.encode()),
            ("key", key),
        ]
        if value is not None and len(value) > LARGEST_VALUE:
            headers.append(("cut-from-bytes", str(len(value)).encode()))
            value = value[:LARGEST_VALUE]
        while True:
            try:
                producer.produce(self._topic, value, place.encode(), headers=headers)
            except BufferError:
                self._wait(producer)
            except KafkaException as raised:
                raise self._failure(raised.args[0]) from raised
            else:
                producer.poll(0)
                return

    def flush(self) -> None:
        """Wait until all that was handed over has arrived; raises Failure if something has not."""
        if self._producer is None:
            return
        while len(self._producer):
            self._wait(self._producer)
        if self._error is not None:
            raise self._failure(self._error)
        self._outage.recovered()

    def _wait(self, producer: Producer) -> None:
        if self._error is not None:
            raise self._failure(self._error)
        if producer.flush(SLICE_SECONDS):
            self._outage.waiting(self._health.explain())

    def _failure(self, error: KafkaError) -> Failure:
        why = self._health.explain(error)
        return Failure(
            f'{self._outage.service}: a malformed record could not be sent to the dead-letter topic "{self._topic}": '
            f"{why or describe(error)}; nothing of its object was landed, and nothing is lost"
        )


def _raw(data: bytes | str | None) -> bytes | None:
    return data.encode() if isinstance(data, str) else data
