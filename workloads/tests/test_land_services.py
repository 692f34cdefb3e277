"""land against a real broker and a real object store: every record in one object, whatever happens."""

import signal
import time

import pytest
from compare import in_bucket, in_file
from confluent_kafka import TopicPartition
from stage import Stage, busy
from users import kafka_user

pytestmark = pytest.mark.services
Table = list[dict[str, str]]


@pytest.fixture
def sent(stage: Stage, table: Table) -> Table:
    """20,000 flights, sent to the stage's topic."""
    rows = table[:20_000]
    assert stage.ingest(stage.source(rows), "--chunk-rows", "1500").code == 0
    return rows


def test_lands_once(stage: Stage, sent: Table) -> None:
    first = stage.land("--rows-per-object", "3000")
    assert first.code == 0, first.stderr
    first.expect(rows=20_000, new=20_000, deadLettered=0)
    assert in_bucket(stage) == in_file(sent)
    before = stage.objects()
    again = stage.land()
    again.expect(rows=20_000, new=0, objects=0)
    assert stage.objects() == before


def test_names_and_columns(stage: Stage, sent: Table) -> None:
    assert stage.land("--prefix", "raw/flights").code == 0
    assert stage.objects() == [f"raw/flights/partition={number}/{0:020d}.parquet" for number in range(3)]
    assert stage.audit("--prefix", "raw/flights").result["rows"] == len(sent)


@pytest.mark.usefixtures("sent")
def test_only_what_is_new(stage: Stage, table: Table) -> None:
    stage.land()
    stage.ingest(stage.source(table[20_000:20_700], "more.csv"))
    more = stage.land()
    more.expect(rows=20_700, new=700)
    assert in_bucket(stage) == in_file(table[:20_700])


def test_rows_of_an_open_transaction_wait(stage: Stage, table: Table) -> None:
    source = stage.source(table)
    program = stage.start_ingest(source, "--chunk-rows", "20000").until(lambda: stage.written() >= 21_000)
    program.kill()
    landed = stage.land()
    assert landed.code == 0, landed.stderr
    assert stage.ingest(source).code == 0
    assert stage.land().result["rows"] == len(table)
    assert in_bucket(stage) == in_file(table)


def test_two_at_once(stage: Stage, sent: Table) -> None:
    programs = [stage.start_land("--rows-per-object", size) for size in ("300", "450", "700")]
    ended = [program.wait() for program in programs]
    assert [outcome.code for outcome in ended] == [0, 0, 0], [outcome.stderr for outcome in ended]
    assert sum(outcome.result["new"] for outcome in ended) == len(sent)
    assert in_bucket(stage) == in_file(sent)
    assert stage.audit().code == 0


@pytest.mark.parametrize("objects", [0, 1, 20])
def test_killed_in_the_middle(stage: Stage, sent: Table, objects: int) -> None:
    program = stage.start_land("--rows-per-object", "200")
    killed = program.until(lambda: len(stage.objects()) >= objects).kill()
    assert killed.code == -signal.SIGKILL
    there = len(stage.objects())
    again = stage.land()
    assert again.code == 0, again.stderr
    assert again.result["rows"] == len(sent)
    assert len(stage.objects()) > there
    assert in_bucket(stage) == in_file(sent)


def test_told_to_stop(stage: Stage, sent: Table) -> None:
    program = stage.start_land("--rows-per-object", "200").until(lambda: len(stage.objects()) >= 3)
    told = time.monotonic()
    program.signal(signal.SIGTERM)
    ended = program.wait()
    assert ended.code == 128 + signal.SIGTERM
    assert time.monotonic() - told < 5 * busy()
    assert stage.land().code == 0
    assert in_bucket(stage) == in_file(sent)


def test_store_away_and_back(stage: Stage, sent: Table) -> None:
    program = stage.start_land("--rows-per-object", "500").until(lambda: len(stage.objects()) >= 2)
    stage.minio.process.kill()
    time.sleep(2)
    stage.minio.process.start()
    ended = program.wait()
    assert ended.code == 0, ended.stderr
    assert ended.result["rows"] == len(sent)
    assert in_bucket(stage) == in_file(sent)


def test_store_held_and_told_to_stop(stage: Stage, sent: Table) -> None:
    """A request that gets no answer at all ends at once on SIGTERM."""
    program = stage.start_land("--rows-per-object", "500").until(lambda: len(stage.objects()) >= 2)
    stage.minio.process.signal(signal.SIGSTOP)
    time.sleep(1)
    told = time.monotonic()
    program.signal(signal.SIGTERM)
    ended = program.wait()
    stage.minio.process.signal(signal.SIGCONT)
    assert ended.code == 128 + signal.SIGTERM
    assert time.monotonic() - told < 5 * busy()
    assert stage.land().code == 0
    assert in_bucket(stage) == in_file(sent)


def test_store_away_for_good(stage: Stage, sent: Table) -> None:
    program = stage.start_land("--rows-per-object", "500", "--outage-limit", "3")
    program.until(lambda: len(stage.objects()) >= 2)
    stage.minio.process.kill()
    gone = time.monotonic()
    ended = program.wait()
    assert ended.code == 1
    assert time.monotonic() - gone < 15 * busy()
    assert f"the object store at {stage.minio.endpoint} has not answered" in ended.result["error"]
    assert "Traceback" not in ended.stderr
    stage.minio.process.start()
    assert stage.land().code == 0
    assert in_bucket(stage) == in_file(sent)


def test_broker_away_and_back(stage: Stage, sent: Table) -> None:
    program = stage.start_land("--rows-per-object", "200").until(lambda: len(stage.objects()) >= 2)
    stage.kafka.process.kill()
    time.sleep(1)
    stage.kafka.process.start()
    ended = program.wait()
    assert ended.code == 0, ended.stderr
    assert in_bucket(stage) == in_file(sent)


@pytest.mark.usefixtures("sent")
def test_no_bucket(stage: Stage) -> None:
    ended = stage.land("--bucket", "there-is-none")
    assert ended.code == 1
    assert 'there is no bucket "there-is-none"' in ended.result["error"]
    assert ended.seconds < 10 * busy()


def test_wrong_key(stage: Stage) -> None:
    secret = stage.secret("wrong", accessKey=stage.minio.access_key, secretKey="guessed-by-a-test")
    ended = stage.land(env={"S3_CREDENTIALS_DIR": str(secret)})
    assert ended.code == 1
    assert "access key or its secret is not accepted" in ended.result["error"]
    assert "guessed-by-a-test" not in ended.stderr + ended.stdout


def test_user_with_no_more_rights_than_needed(stage: Stage, sent: Table) -> None:
    env = kafka_user(stage, "land", produce=[stage.dead], consume=[stage.topic])
    stage.produce([(None, b"bad")])
    ended = stage.land(env=env)
    assert ended.expect(new=len(sent), deadLettered=1)["objects"] == 3


def test_records_deleted_before_they_landed(stage: Stage, sent: Table) -> None:
    stage.kafka.admin.delete_records([TopicPartition(stage.topic, 1, 500)])[
        TopicPartition(stage.topic, 1, 500)
    ].result()
    ended = stage.land()
    assert ended.code == 1
    assert "partition 1: the records from offset 0 to 499 were deleted" in ended.result["error"]
    accepted = stage.land("--accept-gaps")
    assert accepted.code == 0, accepted.stderr
    # 500 offsets are gone; some of them were the ends of transactions.
    assert len(sent) - 500 <= accepted.result["rows"] < len(sent)
    assert stage.land().code == 0


def test_topic_deleted_and_made_again(stage: Stage, sent: Table) -> None:
    assert stage.land().result["rows"] == len(sent)
    stage.kafka.admin.delete_topics([stage.topic])[stage.topic].result()
    time.sleep(1)
    stage.create_topic(stage.topic, 3)
    ended = stage.land()
    assert ended.code == 1
    assert "it was deleted and made again" in ended.result["error"]
    assert stage.land("--prefix", "second").code == 0
