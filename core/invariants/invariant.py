"""One verdict: a name, both sides and whether they agree; what every invariant answers with."""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

MINUTE_MS: Final = 60_000
LineKey = tuple[str, int]  # poll, minute of arrival
_SHOWN: Final = 5


class Invariant(msgspec.Struct, frozen=True, kw_only=True):
    """One line of `cube check`; it is exact up to `exact_until_ms`, None: as a whole, as read."""

    name: str
    ok: bool
    left: int
    right: int
    left_is: str
    right_is: str
    exact_until_ms: int | None = None
    note: str = ""


class Bracketed(msgspec.Struct, frozen=True, kw_only=True):
    """A number read between two readings of another that only grows."""

    before: int
    between: int
    after: int

    @property
    def agrees(self) -> bool:
        return self.before <= self.between <= self.after

    @property
    def nearest(self) -> int:
        """Return the value of the growing number that fits best: equal, if they agree."""
        return min(max(self.between, self.before), self.after)


def few(values: Sequence[object]) -> str:
    """Return the first of the values as words."""
    shown = ", ".join(str(value) for value in values[:_SHOWN])
    return shown + (f" and {len(values) - _SHOWN} more" if len(values) > _SHOWN else "")


def minutes_between(
    minutes: Iterable[int], from_minute: int, until_minute: int | None
) -> list[int]:
    """Return the minutes that are compared, in order; `until_minute` is not, None: all are."""
    return [
        minute
        for minute in sorted(minutes)
        if from_minute <= minute and (until_minute is None or minute < until_minute)
    ]


def exact_until_ms(until_minute: int | None) -> int | None:
    return None if until_minute is None else until_minute * MINUTE_MS
