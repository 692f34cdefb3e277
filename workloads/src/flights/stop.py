"""Ends a program on SIGTERM or SIGINT at a moment when it is safe to."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from flights.errors import Interrupted


class Stop:
    """Remembers that a signal asked the program to end.

    The work asks `check()` between two steps. A step that may block for long in Python code (a request to the object
    store) runs inside `interruptible()`, where the signal ends it at once.
    """

    def __init__(self) -> None:
        """Start with no signal seen and no handler installed."""
        self._signal: int | None = None
        self._raise_at_once = False

    def install(self) -> None:
        """Take over SIGTERM and SIGINT. As process 1 of a container there is no default action to rely on."""
        signal.signal(signal.SIGTERM, self._handle)
        signal.signal(signal.SIGINT, self._handle)

    def _handle(self, signal_number: int, _frame: FrameType | None) -> None:
        self._signal = signal_number
        if self._raise_at_once:
            raise Interrupted(signal_number)

    def check(self) -> None:
        """Raise Interrupted if a signal has arrived."""
        if self._signal is not None:
            raise Interrupted(self._signal)

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Let a signal end the block at once instead of at its end."""
        self.check()
        self._raise_at_once = True
        try:
            yield
        finally:
            self._raise_at_once = False
