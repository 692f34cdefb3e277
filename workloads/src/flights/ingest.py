"""Sends the flights to a topic, exactly once, however often it is started and wherever it was stopped.

Rows go out in transactions; each also writes how many rows of this source are committed by it. A run first takes over
the transactional id, which ends whatever an earlier run had open and keeps that run from ever committing again, then
reads the progress and goes on from there. So a run after a crash neither loses nor repeats a row for readers of
committed records, and a run after a finished one sends nothing.
"""

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass

from flights.kafka import Cluster, Health
from flights.outage import Outage
from flights.program import Result, run, speed
from flights.progress import Ledger
from flights.sending import Lost, Run, Session
from flights.settings import KafkaSettings, Parser, Reader
from flights.source import Source
from flights.stop import Stop

PROGRAM = "ingest"


@dataclass(frozen=True)
class Arguments:
    """What to send where."""

    source: str
    topic: str
    progress_topic: str
    # Rows a transaction.
    chunk_rows: int
    # Seconds that Kafka may be away.
    outage_limit: float


def parse(argv: list[str], env: Mapping[str, str]) -> tuple[Arguments, KafkaSettings]:
    """Read arguments and environment; raises BadSettings with everything that is wrong with them."""
    parser = Parser(PROGRAM, "Send the flights of a CSV file to a Kafka topic, exactly once.")
    parser.add_argument(
        "--source",
        default=env.get("FLIGHTS_SOURCE"),
        metavar="FILE",
        help="a .csv, .csv.gz or .zip with one CSV in it; default: the file that FLIGHTS_SOURCE names",
    )
    parser.add_argument("--topic", default="flights", help="the topic to send to")
    parser.add_argument(
        "--progress-topic", default="ingest-progress", help="the compacted topic that keeps the progress"
    )
    parser.add_argument("--chunk-rows", default="20000", metavar="ROWS", help="rows a transaction, 1 to 100000")
    parser.add_argument(
        "--outage-limit", default="120", metavar="SECONDS", help="how long Kafka may be away before the run fails"
    )
    given = parser.parse_args(argv)
    reader = Reader(env)
    if not given.source:
        reader.problems.append("--source is not given and FLIGHTS_SOURCE is not set; allowed: a .csv, .csv.gz or .zip")
    arguments = Arguments(
        source=given.source or "",
        topic=reader.topic("--topic", given.topic),
        progress_topic=reader.topic("--progress-topic", given.progress_topic),
        chunk_rows=reader.whole("--chunk-rows", given.chunk_rows, 1, 100_000),
        outage_limit=reader.number("--outage-limit", given.outage_limit, 1, 86_400),
    )
    kafka = reader.kafka()
    reader.finish()
    return arguments, kafka


def ingest(arguments: Arguments, kafka: KafkaSettings, stop: Stop) -> Result:
    """Send what is not sent yet and return the result."""
    started = time.monotonic()
    source = Source(arguments.source)
    sha256 = source.sha256()
    ledger = Ledger(arguments.progress_topic, arguments.topic, sha256, source.name)
    outage = Outage(f"Kafka at {kafka.bootstrap}", arguments.outage_limit, stop)
    health = Health()
    cluster = Cluster(kafka, health, outage)
    state = Run()
    while True:
        session = Session(kafka, ledger, cluster, health, outage, stop)
        try:
            session.open()
            session.send(source, arguments.chunk_rows, state)
        except Lost as lost:
            # What became of the open transaction is answered by the progress, which the next session reads.
            session.abandon()
            state.restart(str(lost))
            outage.failed(str(lost))
        except BaseException:
            session.abandon()
            raise
        else:
            session.close()
            break
    return {
        "source": source.name,
        "sha256": sha256,
        "topic": arguments.topic,
        "rows": state.committed.rows,
        "new": state.new,
        "ragged": state.committed.ragged,
        "transactions": state.transactions,
        "restarts": state.restarts,
        **speed(state.new, started),
    }


def main(argv: list[str], env: Mapping[str, str], stop: Stop) -> Result:
    """Run the program."""
    arguments, kafka = parse(argv, env)
    return ingest(arguments, kafka, stop)


if __name__ == "__main__":
    sys.exit(run(PROGRAM, main))
