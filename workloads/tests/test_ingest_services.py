"""ingest against a real broker: every row once, whatever happens to the program or to Kafka."""

import signal
import time

import pytest
from compare import in_file, in_topic
from stage import Stage, busy
from users import kafka_user

pytestmark = pytest.mark.services
Table = list[dict[str, str]]


def test_small_file_and_again(stage: Stage, table: Table) -> None:
    source = stage.source(table[:2_500])
    first = stage.ingest(source, "--chunk-rows", "1000")
    assert first.code == 0, first.stderr
    first.expect(rows=2_500, new=2_500, transactions=3)
    assert in_topic(stage.committed()) == in_file(table[:2_500])
    again = stage.ingest(source, "--chunk-rows", "700")
    assert again.code == 0
    again.expect(rows=2_500, new=0, transactions=0)
    assert len(stage.committed()) == 2_500


def test_a_flight_has_one_key_and_one_partition(stage: Stage, table: Table) -> None:
    stage.ingest(stage.source(table[:300]))
    messages = stage.committed()
    row = table[0]
    key = f"{row['carrier']}{row['flight']}/{row['time_hour']}".encode()
    assert [message.key() for message in messages].count(key) == 1
    assert len({message.key() for message in messages}) == 300
    assert len({message.partition() for message in messages}) == 3


def test_grown_file_is_a_new_source(stage: Stage, table: Table) -> None:
    stage.ingest(stage.source(table[:100]))
    other = stage.ingest(stage.source(table[100:250], "more.csv"))
    other.expect(rows=150, new=150)
    assert in_topic(stage.committed()) == in_file(table[:250])


@pytest.mark.parametrize(("chunk_rows", "moment"), [("20000", 1), ("20000", 21_000), ("500", 7_000), ("500", 30_000)])
def test_killed_in_the_middle(stage: Stage, table: Table, chunk_rows: str, moment: int) -> None:
    source = stage.source(table)
    program = stage.start_ingest(source, "--chunk-rows", chunk_rows)
    killed = program.until(lambda: stage.written() >= moment).kill()
    assert killed.code == -signal.SIGKILL
    again = stage.ingest(source)
    assert again.code == 0, again.stderr
    assert again.result["rows"] == len(table)
    assert 0 < again.result["new"] <= len(table)
    assert in_topic(stage.committed()) == in_file(table)


def test_a_run_that_was_held_can_not_commit_after_the_next_one(stage: Stage, table: Table) -> None:
    source = stage.source(table)
    held = stage.start_ingest(source, "--chunk-rows", "1000").until(lambda: stage.written() >= 5_000)
    held.signal(signal.SIGSTOP)
    after = stage.ingest(source)
    held.signal(signal.SIGCONT)
    ended = held.wait()
    assert after.code == 0, after.stderr
    if ended.code == 0:
        # It was held for so long that it took the loss of its transactions for an outage, and looked what is committed.
        assert ended.result["rows"] == len(table)
    else:
        assert ended.code == 1
        assert "another ingest" in ended.result["error"]
    assert in_topic(stage.committed()) == in_file(table)


def test_told_to_stop(stage: Stage, table: Table) -> None:
    source = stage.source(table)
    program = stage.start_ingest(source, "--chunk-rows", "500").until(lambda: stage.written() >= 2_000)
    told = time.monotonic()
    program.signal(signal.SIGTERM)
    ended = program.wait()
    assert ended.code == 128 + signal.SIGTERM
    assert time.monotonic() - told < 5 * busy()
    assert "stopped on request" in ended.result["error"]
    assert stage.ingest(source).code == 0
    assert in_topic(stage.committed()) == in_file(table)


def test_broker_away_and_back(stage: Stage, table: Table) -> None:
    program = stage.start_ingest(stage.source(table), "--chunk-rows", "1000").until(lambda: stage.written() >= 3_000)
    stage.kafka.process.kill()
    time.sleep(2)
    stage.kafka.process.start()
    ended = program.wait()
    assert ended.code == 0, ended.stderr
    assert in_topic(stage.committed()) == in_file(table)


def test_broker_away_for_good(stage: Stage, table: Table) -> None:
    source = stage.source(table)
    program = stage.start_ingest(source, "--chunk-rows", "1000", "--outage-limit", "4")
    program.until(lambda: stage.written() >= 3_000)
    stage.kafka.process.kill()
    gone = time.monotonic()
    ended = program.wait()
    assert ended.code == 1
    assert time.monotonic() - gone < 15 * busy()
    assert f"Kafka at {stage.kafka.bootstrap} has not answered" in ended.result["error"]
    assert "Traceback" not in ended.stderr
    stage.kafka.process.start()
    assert stage.ingest(source).code == 0
    assert in_topic(stage.committed()) == in_file(table)


def test_broker_never_there(stage: Stage, table: Table) -> None:
    source = stage.source(table[:10])
    ended = stage.ingest(source, "--outage-limit", "2", env={"KAFKA_BOOTSTRAP": "127.0.0.1:1"})
    assert ended.code == 1
    assert ended.seconds < 10 * busy()
    assert "127.0.0.1:1" in ended.result["error"]
    assert "refused" in ended.result["error"].lower()


def test_missing_topic(stage: Stage, table: Table) -> None:
    ended = stage.ingest(stage.source(table[:10]), "--topic", "there-is-none")
    assert ended.code == 1
    assert 'there is no topic "there-is-none"' in ended.result["error"]


def test_rows_that_do_not_fit_the_header_are_sent_too(stage: Stage, table: Table) -> None:
    source = stage.source(table[:3])
    with source.open("a") as file:
        file.write("2013,1\n")
    ended = stage.ingest(source)
    ended.expect(rows=4, new=4, ragged=1)
    assert b'{"_row":["2013","1"]}' in [message.value() for message in stage.committed()]


def test_a_row_that_the_topic_does_not_take(stage: Stage, table: Table) -> None:
    """Trying again doesn't help, so it ends, and what was committed before stays."""
    large = {**table[20], "tailnum": "N" * 5_000}
    stage.create_topic(f"narrow-{stage.id}", 1, {"max.message.bytes": "3000", "compression.type": "uncompressed"})
    source = stage.source([*table[:20], large, *table[21:30]])
    ended = stage.ingest(source, "--topic", f"narrow-{stage.id}", "--chunk-rows", "1")
    assert ended.code == 1
    assert "the transaction after row 20 failed 5 times in a row" in ended.result["error"]
    assert "size" in ended.result["error"].lower()
    assert len(stage.committed(f"narrow-{stage.id}", 1)) == 20


def test_user_with_no_more_rights_than_needed(stage: Stage, table: Table) -> None:
    env = kafka_user(stage, "ingest", produce=[stage.topic, stage.progress], consume=[stage.progress])
    ended = stage.ingest(stage.source(table[:500]), env=env)
    assert ended.code == 0, ended.stderr
    assert len(stage.committed()) == 500


def test_wrong_password(stage: Stage, table: Table) -> None:
    env = kafka_user(stage, "ingest", produce=[stage.topic, stage.progress], consume=[stage.progress])
    env["KAFKA_CREDENTIALS_DIR"] = str(stage.secret("wrong", username=f"ingest-{stage.id}", password="guessed"))
    ended = stage.ingest(stage.source(table[:10]), env=env)
    assert ended.code == 1
    assert f"refuses the user ingest-{stage.id} or its password" in ended.result["error"]
    assert "guessed" not in ended.stderr + ended.stdout


def test_user_without_rights(stage: Stage, table: Table) -> None:
    env = kafka_user(stage, "ingest", produce=[stage.topic, stage.progress], consume=[stage.progress])
    stage.create_topic(f"other-{stage.id}", 1)
    ended = stage.ingest(stage.source(table[:10]), "--topic", f"other-{stage.id}", env=env)
    assert ended.code == 1
    assert f"other-{stage.id}" in ended.result["error"]
    assert f"ingest-{stage.id}" in ended.result["error"]
