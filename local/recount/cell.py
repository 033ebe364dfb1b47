"""A share of votes and lines in, the cells of the tallies that it is counted in out.

A cell is one number of the tallies, summed over writer slots. Seconds that the rollup has moved, or
soon may, are one cell a minute; minutes that it has moved are one cell for all time before.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from core import limits

Kind = Literal["ledger", "second", "minute", "older", "total"]
CAST_KINDS: Final[frozenset[Kind]] = frozenset({"second", "minute", "older"})
ROLLUP_MARGIN_MINUTES: Final = 5  # a re-count takes less: what is fine at its start stays so
FOR_EVER: Final = 10**8  # a minute that never comes


class Cell(NamedTuple):
    """`number` is a second or minute, of casting or (`ledger`) of arrival; 0 where there is one."""

    kind: Kind
    number: int
    name: str  # a colour, or an outcome of the ledger

    @property
    def minute(self) -> int:
        return self.number // 60 if self.kind == "second" else self.number


@dataclass(slots=True)
class Share:
    """What a batch, or a line, adds to one poll: votes by (colour, second cast), and outcomes."""

    arrival_ms: int
    votes: Counter[tuple[str, int]] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)

    @property
    def lines(self) -> int:
        return self.outcomes.total()


@dataclass(frozen=True, slots=True)
class Tiers:
    """Minutes of casting: before `older_end` one cell, before `coarse_end` a cell a minute."""

    older_end: int
    coarse_end: int

    @staticmethod
    def at(now_ms: int) -> "Tiers":
        now_s = now_ms // 1000
        return Tiers(
            (now_s - limits.MINUTES_KEPT_S) // 60 + ROLLUP_MARGIN_MINUTES,
            (now_s - limits.SECONDS_KEPT_S) // 60 + ROLLUP_MARGIN_MINUTES,
        )

    def cast(self, second: int, colour: str) -> Cell:
        """Return the cell that votes cast in a second are counted in."""
        minute = second // 60
        if minute >= self.coarse_end:
            return Cell("second", second, colour)
        return self.cast_minute(minute, colour)

    def cast_minute(self, minute: int, colour: str) -> Cell:
        """Return the cell of a minute that is coarse."""
        if minute >= self.older_end:
            return Cell("minute", minute, colour)
        return Cell("older", 0, colour)

    def cells(self, share: Share) -> Iterator[tuple[Cell, int]]:
        """Yield what a share adds to which cell."""
        for (colour, second), count in share.votes.items():
            yield self.cast(second, colour), count
            yield Cell("total", 0, colour), count
        for outcome, count in share.outcomes.items():
            yield Cell("ledger", share.arrival_ms // 60_000, outcome), count

    def sum(self, shares: Iterable[Share]) -> Counter[Cell]:
        into: Counter[Cell] = Counter()
        for share in shares:
            for cell, count in self.cells(share):
                into[cell] += count
        return into


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The cells of one poll that a reading has looked at; a cell that it did not find is 0.

    `ledger` are minutes of arrival; all cells cast from minute `cast_from` on are looked at.
    """

    ledger: range = range(0)
    cast_from: int = FOR_EVER
    totals: bool = False

    def has(self, cell: Cell) -> bool:
        match cell.kind:
            case "ledger":
                return cell.number in self.ledger
            case "total":
                return self.totals
            case _:
                return cell.minute >= self.cast_from
