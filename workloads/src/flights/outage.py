"""How long to go on while a service doesn't answer: back off, say so, and give up after a limit."""

import logging
import random
import time
from collections.abc import Callable

from flights.errors import Failure
from flights.stop import Stop

log = logging.getLogger("flights")

FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 5.0
# How long a refusal may last before it counts as final: right after an installation a service may not know a user or a
# topic for a moment, in seconds.
GRACE_SECONDS = 10.0
# A person who watches learns within this time that the program waits, and then at this interval, in seconds.
QUIET_SECONDS = 5.0


class Outage:
    """Tells a short disturbance of one service from one that has lasted too long.

    The clock starts with the first `failed()` or `waiting()` and is cleared by `recovered()`.
    """

    def __init__(
        self,
        service: str,
        limit: float,
        stop: Stop,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Name the service as a person knows it, with its address; `limit` is how long it may be away, in seconds."""
        self.service = service
        self.limit = limit
        self._stop = stop
        self._clock = clock
        self._sleep = sleep
        self._since: float | None = None
        self._refused_since: float | None = None
        self._told = 0.0
        self._pause = FIRST_PAUSE_SECONDS

    @property
    def lasted(self) -> float:
        """For how long the service has been failing since it last worked, in seconds; 0 if it works."""
        return 0.0 if self._since is None else self._clock() - self._since

    def waiting(self, reason: str) -> None:
        """Record that the service is being waited for without a pause of our own.

        Raises Failure when that has lasted longer than the limit, Interrupted when a signal has arrived.
        """
        self._stop.check()
        now = self._clock()
        if self._since is None:
            self._since = self._told = now
        lasted = now - self._since
        if lasted >= self.limit:
            raise Failure(
                f"{self.service} has not answered for {lasted:.0f} s (the limit is {self.limit:g} s): {reason}; "
                "nothing is lost: run it again and it goes on from where it stopped"
            )
        if now - self._told >= QUIET_SECONDS:
            self._told = now
            log.warning(
                "%s has not answered for %.0f s (%s); trying until %g s have passed",
                self.service,
                lasted,
                reason,
                self.limit,
            )

    def failed(self, reason: str) -> None:
        """Record a failed attempt and pause before the next, longer each time, up to 5 s."""
        self.waiting(reason)
        until = self._clock() + self._pause * random.uniform(0.8, 1.2)  # noqa: S311 - spreads retries, keeps no secret
        self._pause = min(self._pause * 2, LONGEST_PAUSE_SECONDS)
        # In short sleeps, so that a signal is heeded at once.
        while (left := until - self._clock()) > 0:
            self._sleep(min(left, 0.2))
            self._stop.check()

    def refused(self, what: str, fix: str) -> None:
        """Record a refusal that trying again hardly mends, and pause; raises Failure once it has lasted for 10 s."""
        now = self._clock()
        if self._refused_since is None:
            self._refused_since = now
        if now - self._refused_since >= GRACE_SECONDS:
            raise Failure(f"{self.service}: {what}; {fix}")
        self.failed(what)

    def recovered(self) -> None:
        """Record that the service did what it was asked: the clock and the pause start anew."""
        if (lasted := self.lasted) >= QUIET_SECONDS:
            log.info("%s answers again after %.0f s", self.service, lasted)
        self._since = self._refused_since = None
        self._pause = FIRST_PAUSE_SECONDS
