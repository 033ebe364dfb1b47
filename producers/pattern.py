"""A pattern's name and a time in, how many votes are due out: pure, no clock of its own."""

import math
from collections.abc import Callable
from typing import Final

Shape = Callable[[float], float]

RAMP_S: Final = 60.0  # from a tenth of the rate to all of it
SPIKE_PERIOD_S: Final = 10.0
SPIKE_S: Final = 1.0
SPIKE_HEIGHT: Final = 5.5  # times the rate, for SPIKE_S of every SPIKE_PERIOD_S
DAY_S: Final = 240.0  # a day, compressed to minutes
DAY_SWING: Final = 0.8


def _steady(_elapsed_s: float) -> float:
    return 1.0


def _ramp(elapsed_s: float) -> float:
    return min(1.0, 0.1 + 0.9 * elapsed_s / RAMP_S)


def _spiky(elapsed_s: float) -> float:
    """Half the rate, and a spike towards the end of each period; 1 on average."""
    if elapsed_s % SPIKE_PERIOD_S >= SPIKE_PERIOD_S - SPIKE_S:
        return SPIKE_HEIGHT
    return (SPIKE_PERIOD_S - SPIKE_HEIGHT * SPIKE_S) / (SPIKE_PERIOD_S - SPIKE_S)


def _diurnal(elapsed_s: float) -> float:
    """Start at the morning's average, rise to the day, fall to the night; 1 on average."""
    return 1.0 + DAY_SWING * math.sin(2 * math.pi * elapsed_s / DAY_S)


# Flaky is steady in votes cast; what is flaky is the devices' line (producers.offline).
SHAPES: Final[dict[str, Shape]] = {
    "steady": _steady,
    "ramp": _ramp,
    "spiky": _spiky,
    "diurnal": _diurnal,
    "flaky": _steady,
}
PATTERNS: Final = tuple(SHAPES)


class Pace:
    """Turns elapsed time into votes: the pattern's rate, added up, in whole votes."""

    def __init__(self, pattern: str, rate: float) -> None:
        self._shape = SHAPES[pattern]
        self._rate = rate
        self._elapsed_s = 0.0
        self._owed = 0.0

    def advance(self, ms: float) -> int:
        """Move `ms` on and return the votes cast meanwhile; fractions are carried over."""
        self._owed += self._rate * self._shape(self._elapsed_s) * ms / 1000
        self._elapsed_s += ms / 1000
        due = int(self._owed)
        self._owed -= due
        return due
