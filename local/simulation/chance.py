"""A run's rates in, which fault strikes now out: refusals, delays, deaths."""

import errno
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Final

from core.clock import ManualClock
from local.simulation.faults import FaultRates

FUNCTION_TIMEOUT_MS: Final = 60_000  # as in the template
_DELAYS_MS: Final = (5_000, 30_000, 90_000, 300_000)


class Died(BaseException):
    """A process ended in the middle of what it did. No code of ours may catch it."""


class Chance:
    """Draws faults from the seed while they are on, and counts those that struck."""

    def __init__(self, rng: random.Random, rates: FaultRates, clock: ManualClock) -> None:
        self._rng = rng
        self._rates: dict[str, float] = asdict(rates)
        self._clock = clock
        self._mortal: str | None = None
        self.on = True
        self.struck: dict[str, int] = {}

    def strikes(self, fault: str) -> bool:
        """Return whether `fault`, a name of FaultRates, strikes now."""
        rate = self._rates[fault]
        if not (rate and self.on) or self._rng.random() >= rate:
            return False
        self.struck[fault] = self.struck.get(fault, 0) + 1
        return True

    @contextmanager
    def life(self, death: str) -> Iterator[None]:
        """Let a process act that may die by that fault at any call out: raises Died."""
        before, self._mortal = self._mortal, death
        try:
            yield
        finally:
            self._mortal = before

    def may_die(self) -> None:
        """Let the process that acts now die here, perhaps."""
        if self._mortal is not None and self.strikes(self._mortal):
            raise Died(self._mortal)

    def delay(self, fault: str) -> None:
        """Let minutes pass, perhaps; a function that is beyond its deadline is killed."""
        if not self.strikes(fault):
            return
        delay_ms = self._rng.choice(_DELAYS_MS)
        self._clock.advance(delay_ms)
        if self._mortal == "function_dies" and delay_ms > FUNCTION_TIMEOUT_MS:
            raise Died(fault)

    def below(self, end: int) -> int:
        """Return a number from 0 up to and without `end`."""
        return self._rng.randrange(end)

    def disk_error(self) -> OSError:
        """Return what a disk says that takes nothing."""
        number = self._rng.choice((errno.ENOSPC, errno.EIO))
        return OSError(number, "the simulated disk is full or broken")
