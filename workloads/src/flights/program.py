"""What the programs have in common from start to end: log lines, the result, the exit code."""

import contextlib
import json
import logging
import os
import resource
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

from flights.errors import Failure
from flights.stop import Stop

Result: TypeAlias = dict[str, object]

# What the kubelet keeps of a termination message, in bytes.
RESULT_LIMIT = 4096

log = logging.getLogger("flights")


def peak_memory_mib() -> float:
    """Return the largest resident size of this process so far, in MiB.

    From VmHWM where there is one: getrusage also counts what the parent had resident when it forked.
    """
    with contextlib.suppress(OSError), Path("/proc/self/status").open(encoding="ascii") as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return round(int(line.split()[1]) / 1024, 1)
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


def speed(rows: int, started: float) -> Result:
    """Return the measurements of a result: seconds, rows a second, MiB; `started` is a time.monotonic()."""
    seconds = max(time.monotonic() - started, 1e-6)
    return {
        "seconds": round(seconds, 3),
        "rowsPerSecond": round(rows / seconds),
        "peakMemoryMiB": peak_memory_mib(),
    }


def encode(result: Mapping[str, object]) -> str:
    """Write a result as one line of JSON that fits into a termination message."""
    line = json.dumps(result, separators=(",", ":"), ensure_ascii=True)
    if len(line) <= RESULT_LIMIT:
        return line
    kept = {key: value for key, value in result.items() if isinstance(value, int | float | str | bool)}
    kept = {key: value[:1000] if isinstance(value, str) else value for key, value in kept.items()}
    return json.dumps({**kept, "shortened": True}, separators=(",", ":"), ensure_ascii=True)


def publish(result: Mapping[str, object], env: Mapping[str, str]) -> None:
    """Print the result as the last line of stdout and write it to the file that RESULT_FILE names, if any."""
    line = encode(result)
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
    target = env.get("RESULT_FILE")
    if target:
        try:
            Path(target).write_text(line, encoding="ascii")
        except OSError as error:
            log.warning("the result could not be written to RESULT_FILE=%s: %s", target, error.strerror)


def run(
    name: str,
    main: Callable[[list[str], Mapping[str, str], Stop], Result],
    argv: list[str] | None = None,
    env: Mapping[str, str] | None = None,
) -> int:
    """Run a program and return its exit code: 0 well, 1 failed, 2 bad settings, 143 stopped by SIGTERM.

    `main` takes the arguments, the environment and the stop signal, and returns the result to publish. A result that
    carries an `error` is published like any other and ends with code 1.
    """
    stop = Stop()
    stop.install()
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format=f"%(asctime)s {name}: %(message)s", force=True)
    environment = os.environ if env is None else env
    try:
        result = main(sys.argv[1:] if argv is None else argv, environment, stop)
    except Failure as failure:
        for line in str(failure).splitlines():
            log.error("%s", line)
        publish({"program": name, "ok": False, "error": " ".join(str(failure).split())}, environment)
        return failure.exit_code
    except Exception as defect:
        # Not foreseen, so the place matters; the result still tells that it failed.
        log.exception("a defect of the program")
        publish({"program": name, "ok": False, "error": f"a defect of the program: {defect!r}"}, environment)
        return 1
    error = result.get("error")
    if error is not None:
        log.error("%s", error)
    publish({"program": name, "ok": error is None, **result}, environment)
    return 0 if error is None else 1
