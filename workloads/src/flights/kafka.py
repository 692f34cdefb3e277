"""The Kafka clients: one configuration, what a topic looks like, and errors in words."""

import re
from typing import Any, TypeAlias

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, TopicMetadata

from flights.outage import Outage
from flights.settings import KafkaSettings
from flights.trust import advice, distrust

Config: TypeAlias = dict[str, Any]

# A blocking call into the client ends after this time at the latest, in seconds, so that a signal is heeded.
SLICE_SECONDS = 1.0

AUTHENTICATION = {KafkaError._AUTHENTICATION, KafkaError.SASL_AUTHENTICATION_FAILED}  # noqa: SLF001 - its public name
AUTHORIZATION = {
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.GROUP_AUTHORIZATION_FAILED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED,
    KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
}
MISSING_TOPIC = {KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC, KafkaError._UNKNOWN_PARTITION}  # noqa: SLF001
TIMED_OUT = KafkaError._TIMED_OUT  # noqa: SLF001
# They only say that there was no answer; what the client's threads complain of says why.
VAGUE = {TIMED_OUT, KafkaError._TRANSPORT}  # noqa: SLF001

# What the client puts around the words of an error: the thread and the broker before, the connection's state behind.
PLACE = re.compile(r"^(\[thrd:[^]]*\]: )?(\S+/(bootstrap|[0-9]+): )?")
STATE = re.compile(r" \((after [0-9]+ms in state|[0-9]+ identical error)[^()]*(\(s\)[^()]*)?\)$")


class Health:
    """What the client's own threads last complained of; it says more than the time-out that the caller gets."""

    def __init__(self) -> None:
        """Start without a complaint."""
        self._last: KafkaError | None = None

    def on_error(self, error: KafkaError) -> None:
        """Take a complaint; the client calls this from within poll and the blocking calls."""
        # "All brokers are down" only repeats what the complaint before it said, with its address.
        if self._last is None or error.code() != KafkaError._ALL_BROKERS_DOWN:  # noqa: SLF001
            self._last = error

    def explain(self, error: KafkaError | None = None) -> str:
        """Say what is wrong: the error itself, or the last complaint if the error says no more than that."""
        if error is not None and (error.code() not in VAGUE or self._last is None):
            return describe(error)
        return describe(self._last) if self._last else "no answer"

    @property
    def refused(self) -> bool:
        """Whether the last complaint was that the broker doesn't accept the user or the password."""
        return self._last is not None and self._last.code() in AUTHENTICATION

    @property
    def distrusted(self) -> bool:
        """Whether the last complaint was about TLS, for example that the broker's certificate isn't accepted."""
        return self._last is not None and self._last.code() == KafkaError._SSL  # noqa: SLF001 - its public name

    def clear(self) -> None:
        """Forget the last complaint, since things work."""
        self._last = None


def describe(error: KafkaError) -> str:
    """Say an error in one line, without the names of the client's threads and the state of its connection."""
    return STATE.sub("", PLACE.sub("", " ".join(error.str().split())))


def base_config(settings: KafkaSettings, health: Health, client: str) -> Config:
    """Make what every client needs: where, as whom, and bounded times."""
    config: Config = {
        "bootstrap.servers": settings.bootstrap,
        "security.protocol": settings.protocol,
        "client.id": client,
        "error_cb": health.on_error,
        # The client's own lines are left out: what they say comes through error_cb, and is told once.
        "log_level": 2,
        "log.connection.close": False,
        "socket.keepalive.enable": True,
        "socket.connection.setup.timeout.ms": 5_000,
        "reconnect.backoff.ms": 100,
        "reconnect.backoff.max.ms": 2_000,
        "allow.auto.create.topics": False,
    }
    if settings.protocol.startswith("SASL_"):
        config |= {
            "sasl.mechanism": settings.mechanism,
            "sasl.username": settings.username,
            "sasl.password": settings.password,
        }
    # The defaults, said aloud: a broker that can't prove its name is never talked to.
    config |= {"enable.ssl.certificate.verification": True, "ssl.endpoint.identification.algorithm": "https"}
    if settings.ca_file:
        config["ssl.ca.location"] = settings.ca_file
    return config


def reader(settings: KafkaSettings, health: Health, group: str) -> Consumer:
    """Make a consumer of committed records that is told what to read and commits nothing."""
    return Consumer(
        base_config(settings, health, group)
        | {
            "group.id": group,
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
            # An offset that isn't there any more is an error to be told, never a silent jump.
            "auto.offset.reset": "error",
            "check.crcs": True,
            # Writing an object may wait for the store for long; there is no group whose other members would mind.
            "max.poll.interval.ms": 86_400_000,
            "queued.max.messages.kbytes": 16_384,
            "queued.min.messages": 20_000,
            "fetch.wait.max.ms": 100,
            # How long fetching rests once enough is queued; by default a second, which is most of the time.
            "fetch.queue.backoff.ms": 20,
        }
    )


class Cluster:
    """Questions to the cluster that are asked again while it doesn't answer."""

    def __init__(self, settings: KafkaSettings, health: Health, outage: Outage) -> None:
        """Take what the answers depend on: the address, the complaints and the patience."""
        self._settings = settings
        self._health = health
        self._outage = outage

    def unreachable(self, client: Consumer | Producer | AdminClient, error: KafkaError) -> None:
        """Wait a little after a failed attempt, or raise Failure when it is no use to try again."""
        # Complaints come through here. A consumer loses a record by it if it has any assigned; readers assign anew.
        client.poll(0)
        if self._health.refused:
            self._outage.refused(f"it refuses the user {self._settings.username} or its password", "check the Secret")
        if self._health.distrusted and (reason := self._distrust()):
            self._outage.refused(f"its certificate isn't accepted: {reason}", advice(reason, "KAFKA_CA_FILE"))
        self._outage.failed(self._health.explain(error))

    def _distrust(self) -> str | None:
        for address in self._settings.bootstrap.split(","):
            host, _, port = address.strip().rpartition(":")
            if reason := distrust(host.strip("[]"), int(port), self._settings.ca_file):
                return reason
        return None

    def partitions(self, client: Consumer | Producer, topic: str) -> list[int]:
        """Give the partitions of a topic; raises Failure if it is missing or the user may not see it."""
        while True:
            try:
                found = client.list_topics(topic, timeout=SLICE_SECONDS * 2).topics[topic]
            except KafkaException as raised:
                self.unreachable(client, raised.args[0])
                continue
            if found.error is None and found.partitions:
                self._outage.recovered()
                self._health.clear()
                return sorted(found.partitions)
            self._missing(topic, found)

    def _missing(self, topic: str, found: TopicMetadata) -> None:
        error = found.error
        if error is not None and error.code() in AUTHORIZATION:
            self._outage.refused(
                f'the user {self._settings.username or "(none)"} may not use topic "{topic}"', "grant it"
            )
        elif error is None or error.code() in MISSING_TOPIC:
            self._outage.refused(f'there is no topic "{topic}", or the user may not see it', "create it first")
        else:
            self._outage.failed(f'topic "{topic}": {describe(error)}')

    def range(self, client: Consumer, topic: str, partition: int) -> tuple[int, int]:
        """Give the first offset of a partition that is still there and the end of what is committed."""
        while True:
            try:
                answer = client.get_watermark_offsets(TopicPartition(topic, partition), timeout=SLICE_SECONDS * 5)
            except KafkaException as raised:
                self.unreachable(client, raised.args[0])
                continue
            if answer is not None:
                self._outage.recovered()
                return answer
            self._outage.failed(self._health.explain())
