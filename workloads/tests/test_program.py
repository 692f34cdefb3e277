"""What the programs have in common: how they end, what they print, how long they wait."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from flights import program
from flights.errors import BadSettings, Failure, Interrupted
from flights.outage import Outage
from flights.stop import Stop

Main = Callable[[list[str], Mapping[str, str], Stop], dict[str, object]]


@pytest.fixture(autouse=True)
def handlers() -> Any:  # noqa: ANN401 - a generator fixture
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def _raising(error: BaseException) -> Main:
    def main(_argv: list[str], _env: Mapping[str, str], _stop: Stop) -> dict[str, object]:
        raise error

    return main


def _result(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return found


def test_result_is_the_last_line_and_in_the_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "result"
    assert program.run("x", lambda *_: {"rows": 3}, [], {"RESULT_FILE": str(file)}) == 0
    assert _result(capsys) == {"program": "x", "ok": True, "rows": 3}
    assert json.loads(file.read_text()) == {"program": "x", "ok": True, "rows": 3}


def test_a_result_file_that_can_not_be_written_spoils_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.run("x", lambda *_: {"rows": 3}, [], {"RESULT_FILE": "/nowhere/result"}) == 0
    assert _result(capsys)["rows"] == 3


@pytest.mark.parametrize(
    ("error", "code"),
    [(Failure("Kafka is away"), 1), (BadSettings(["A is not set"]), 2), (Interrupted(signal.SIGTERM), 143)],
)
def test_failures_end_with_their_code_and_no_stack_trace(
    capsys: pytest.CaptureFixture[str], error: Failure, code: int
) -> None:
    assert program.run("x", _raising(error), [], {}) == code
    captured = capsys.readouterr()
    assert json.loads(captured.out)["ok"] is False
    assert json.loads(captured.out)["error"] == " ".join(str(error).split())
    assert "Traceback" not in captured.err


def test_a_defect_is_told_with_its_place(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.run("x", _raising(ZeroDivisionError("oh")), [], {}) == 1
    captured = capsys.readouterr()
    assert "Traceback" in captured.err
    assert "a defect of the program" in json.loads(captured.out)["error"]


def test_a_result_with_an_error_is_a_failure_with_its_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.run("x", lambda *_: {"rows": 3, "error": "twice"}, [], {}) == 1
    assert _result(capsys) == {"program": "x", "ok": False, "rows": 3, "error": "twice"}


def test_a_result_always_fits_into_a_termination_message() -> None:
    large = {"rows": 3, "partitions": {str(number): [0, 10**9] for number in range(500)}, "error": "x" * 9_000}
    line = program.encode(large)
    assert len(line) <= program.RESULT_LIMIT
    assert json.loads(line) == {"rows": 3, "error": "x" * 1_000, "shortened": True}


def test_a_signal_ends_a_block_that_may_be_interrupted_at_once() -> None:
    stop = Stop()
    stop.install()
    with pytest.raises(Interrupted), stop.interruptible():
        os.kill(os.getpid(), signal.SIGTERM)
        pytest.fail("it went on")
    with pytest.raises(Interrupted):
        stop.check()


def test_a_signal_elsewhere_waits_for_the_next_check() -> None:
    stop = Stop()
    stop.install()
    os.kill(os.getpid(), signal.SIGTERM)
    with pytest.raises(Interrupted) as raised:
        stop.check()
    assert raised.value.exit_code == 143


def test_peak_memory_is_that_of_this_process() -> None:
    """In a process of its own, which was started by this large one."""
    code = "from flights.program import peak_memory_mib as peak; a = peak(); b = bytearray(32 << 20); print(a, peak())"
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    before, after = map(float, told.stdout.split())
    assert 4 < before < 64
    assert before + 31 <= after < before + 40


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 100.0
        self.pauses: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


def _outage(clock: Clock, stop: Stop | None = None) -> Outage:
    return Outage("Kafka at k:1", 60, stop or Stop(), clock=lambda: clock.now, sleep=clock.sleep)


def test_an_outage_ends_at_its_limit() -> None:
    clock = Clock()
    outage = _outage(clock)
    with pytest.raises(
        Failure, match=r"Kafka at k:1 has not answered for 6\d s \(the limit is 60 s\): refused; nothing is"
    ):
        while True:
            outage.failed("refused")
    assert 160 <= clock.now < 167


def test_pauses_grow_up_to_five_seconds() -> None:
    clock = Clock()
    outage = _outage(clock)
    lengths = []
    for _ in range(9):
        before = clock.now
        outage.failed("refused")
        lengths.append(clock.now - before)
    assert lengths[0] < 0.3
    assert lengths[1] > lengths[0]
    assert max(lengths) <= 6.001
    # In short pieces, so that a signal is heeded.
    assert max(clock.pauses) <= 0.2


def test_an_answer_starts_the_clock_anew() -> None:
    clock = Clock()
    outage = _outage(clock)
    for _ in range(10):
        outage.failed("refused")
        clock.now += 50
        outage.recovered()
    assert outage.lasted == 0


def test_a_signal_ends_the_waiting() -> None:
    stop = Stop()
    stop.install()
    outage = _outage(Clock(), stop)
    os.kill(os.getpid(), signal.SIGTERM)
    with pytest.raises(Interrupted):
        outage.failed("refused")


@pytest.mark.parametrize("name", ["ingest", "land", "audit"])
def test_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    __import__(f"flights.{name}")
    with pytest.raises(SystemExit) as raised:
        program.run(name, sys.modules[f"flights.{name}"].main, ["--help"], {})
    assert raised.value.code == 0
    assert f"python -m flights.{name}" in capsys.readouterr().out
