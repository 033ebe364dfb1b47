"""A source of time in, milliseconds out: the one place that reads the machine's clocks."""

import time
from typing import Protocol


class Clock(Protocol):
    """Time as a value that is handed in, so that a simulation can own it."""

    def now_ms(self) -> int:
        """Return wall-clock time, UTC, in milliseconds since 1970; it may step backwards."""
        ...

    def monotonic_ms(self) -> int:
        """Return milliseconds from an arbitrary start that never go backwards."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000  # noqa: TID251 - the one reader of the wall clock

    def monotonic_ms(self) -> int:
        return time.monotonic_ns() // 1_000_000


class ManualClock:
    """A clock that stands still until it is moved: for tests and simulations."""

    def __init__(self, now_ms: int = 1_790_000_000_000) -> None:
        self._now_ms = now_ms
        self._monotonic_ms = 0

    def now_ms(self) -> int:
        return self._now_ms

    def monotonic_ms(self) -> int:
        return self._monotonic_ms

    def advance(self, ms: int) -> None:
        """Move both clocks `ms` milliseconds forward."""
        assert ms >= 0, "time does not run backwards here"
        self._now_ms += ms
        self._monotonic_ms += ms
