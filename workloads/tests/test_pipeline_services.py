"""The whole dataset through all three programs, against counts worked out apart; and what the audit finds."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from stage import Outcome, Stage

pytestmark = pytest.mark.services

MEMORY_MIB = 256
COUNTED = ("rows", "byCarrier", "nulls", "sums")


def _tell(name: str, outcome: Outcome) -> None:
    found = outcome.result
    sys.stdout.write(f"{name}: {found['rowsPerSecond']} rows/s, {found['seconds']} s, {found['peakMemoryMiB']} MiB\n")


def test_whole_dataset(stage: Stage, dataset: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "flights.expected", "--source", str(dataset)], check=True, capture_output=True
    )
    expected = json.loads(told.stdout)
    ingested, landed, audited = stage.ingest(dataset), stage.land(), stage.audit()
    with capsys.disabled():
        sys.stdout.write("\n")
        for name, outcome in {"ingest": ingested, "land": landed, "audit": audited}.items():
            assert outcome.code == 0, outcome.stderr
            _tell(name, outcome)
    assert expected["rows"] == 336_776
    assert ingested.result["new"] == landed.result["new"] == expected["rows"]
    assert {name: audited.result[name] for name in COUNTED} == {name: expected[name] for name in COUNTED}
    assert audited.result["distinctOffsets"] == expected["rows"]
    for outcome in (ingested, landed, audited):
        assert outcome.result["peakMemoryMiB"] < MEMORY_MIB
        assert len(outcome.stdout.splitlines()[-1]) <= 4096

    assert stage.ingest(dataset).result["new"] == 0
    assert stage.land().result["new"] == 0
    assert stage.audit().result["rows"] == expected["rows"]


@pytest.fixture
def landed(stage: Stage, table: list[dict[str, str]]) -> Stage:
    stage.ingest(stage.source(table[:3_000]))
    assert stage.land("--rows-per-object", "400").code == 0
    return stage


def test_audit_finds_a_copied_object(landed: Stage) -> None:
    assert landed.audit().code == 0
    key = landed.objects()[1]
    name = key.rsplit("/", 1)[0] + "/00000000000000000001.parquet"
    landed.s3.copy_object(Bucket=landed.bucket, Key=name, CopySource={"Bucket": landed.bucket, "Key": key})
    ended = landed.audit()
    assert ended.code == 1
    assert ended.result["rows"] == 3_400
    assert ended.result["distinctOffsets"] == 3_000
    assert "400 of the 3400 rows" in ended.result["error"]


def test_audit_names_an_object_that_is_damaged(landed: Stage) -> None:
    key = landed.objects()[0]
    landed.s3.put_object(Bucket=landed.bucket, Key=key, Body=b"no parquet")
    ended = landed.audit()
    assert ended.code == 1
    assert key in ended.result["error"]


def test_audit_of_nothing(stage: Stage) -> None:
    ended = stage.audit()
    assert ended.code == 0
    ended.expect(rows=0, distinctOffsets=0, objects=0)


def test_land_does_not_build_on_an_object_of_somebody_else(landed: Stage) -> None:
    key = landed.objects()[-1].rsplit("/", 1)[0] + "/00000000000000999999.parquet"
    landed.s3.put_object(Bucket=landed.bucket, Key=key, Body=b"")
    ended = landed.land()
    assert ended.code == 1
    assert f"{key} lacks the metadata that land writes" in ended.result["error"]


def test_result_file(stage: Stage, table: list[dict[str, str]], tmp_path: Path) -> None:
    file = tmp_path / "termination-log"
    ended = stage.ingest(stage.source(table[:5]), env={"RESULT_FILE": str(file)})
    assert json.loads(file.read_text()) == ended.result
