"""Ledger items and totals of one poll in, its lines by minute of arrival and their sums out."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.invariants.invariant import Bracketed
from core.keys import OLDER_MINUTE
from core.ledger import COUNTED, OUTCOMES


@dataclass(frozen=True, slots=True, kw_only=True)
class PollLedger:
    """What became of a poll's lines.

    `minutes` has them by minute of arrival from `from_minute` on, `older` the sum of all before, as
    of `whole_ms`, when the whole was read. `totals_before` and `totals_after` are votes by colour.
    `differs`: the whole was read and did not add up, several times.
    """

    poll: str
    from_minute: int
    whole_ms: int
    whole_took_ms: int
    older: Counter[str]
    minutes: Mapping[int, Counter[str]]
    first_minute: int | None  # of arrival; OLDER_MINUTE: longer ago than minutes are kept
    totals_before: Counter[str] = field(default_factory=Counter)
    totals_after: Counter[str] = field(default_factory=Counter)
    differs: bool = False

    @property
    def sums(self) -> Counter[str]:
        """Lines by outcome, of all time."""
        return Counter(
            {
                outcome: self.older[outcome] + sum(each[outcome] for each in self.minutes.values())
                for outcome in OUTCOMES
            }
        )

    @property
    def counted(self) -> Bracketed:
        """The ledger's counted votes, read between two readings of the totals."""
        return Bracketed(
            before=self.totals_before.total(),
            between=self.sums[COUNTED],
            after=self.totals_after.total(),
        )

    @property
    def newest_minute(self) -> int | None:
        return max(
            (minute for minute, lines in self.minutes.items() if lines.total()), default=None
        )


def lines_by_minute(items: Iterable[Mapping[str, Any]]) -> dict[int, Counter[str]]:
    """Return lines by outcome by minute, summed over writer slots; items are plain values."""
    minutes: dict[int, Counter[str]] = {}
    for item in items:
        lines = minutes.setdefault(int(item["sk"].partition("#")[0]), Counter())
        for outcome in OUTCOMES:
            if count := item.get(outcome, 0):
                lines[outcome] += count
    return minutes


def parted(
    minutes: Mapping[int, Counter[str]], from_minute: int
) -> tuple[Counter[str], dict[int, Counter[str]]]:
    """Return the sum of the minutes before, and those from `from_minute` on."""
    older: Counter[str] = Counter()
    recent: dict[int, Counter[str]] = {}
    for minute, lines in minutes.items():
        if minute < from_minute:
            older.update(lines)
        else:
            recent[minute] = lines
    return older, recent


def first_of(minutes: Mapping[int, Counter[str]]) -> int | None:
    """Return the first minute that has lines."""
    assert OLDER_MINUTE == 0, "what is older sorts first"
    return min((minute for minute, lines in minutes.items() if lines.total()), default=None)
