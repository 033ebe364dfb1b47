"""Exact and inexact differences of cells in, what is to be said and to be repaired of them out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from local.recount.cell import CAST_KINDS, Cell
from local.recount.difference import NONE, Interval
from local.recount.repair import Repair, plan_repairs

_WORDS: Final = {"ledger": "arrived", "second": "cast", "minute": "cast", "total": "total"}


@dataclass(frozen=True, slots=True)
class Difference:
    """One line of the table: `what` is arrived (an outcome), cast or total (a colour).

    `minute` is of arrival or of casting, None for the totals, which are for ever.
    """

    what: str
    minute: int | None
    name: str
    live: int
    lake: int

    @property
    def lacks(self) -> int:
        return self.lake - self.live


@dataclass(kw_only=True)
class Comparison:
    """What a re-count found in minutes from `from_minute` up to and without `end_minute`.

    `waiting` are lines of the lake that the live path has not applied yet: they are no difference.
    `open` are names of numbers that moved too fast to tell.
    """

    poll: str
    recount_id: str
    from_minute: int
    end_minute: int
    lake_minute: int  # everything cast since is in the lake's rows that were read
    lines: int
    waiting: int
    marks: Mapping[int, str]
    differences: list[Difference] = field(default_factory=list)
    repairs: list[Repair] = field(default_factory=list)
    open: list[str] = field(default_factory=list)

    @property
    def has_less(self) -> bool:
        """Return whether live has more of anything than the lake: something would go down."""
        return any(difference.lacks < 0 for difference in self.differences)

    def judge(self, found: Mapping[Cell, Interval], live: Mapping[Cell, int]) -> None:
        """Take differences in; `live` are the values that they were last read with.

        The lake is the witness of ledger lines and of what was cast in the range, and of the totals
        as far as it was read. What was cast before that is in the totals as it stands.
        """
        lacks: dict[Cell, int] = {}
        sums: dict[str, Interval] = {}
        self.open = []
        for cell, interval in found.items():
            inside = self.from_minute <= cell.minute < self.end_minute and cell.kind != "older"
            if cell.kind in CAST_KINDS:
                if cell.minute < self.lake_minute:
                    sums[cell.name] = sums.get(cell.name, NONE) + -interval
            elif cell.kind == "total":
                sums[cell.name] = sums.get(cell.name, NONE) + interval
                continue
            if inside and not interval.exact:
                self.open.append(f"{_WORDS[cell.kind]} {cell.name} {cell.minute}")
            elif inside and interval.low:
                lacks[cell] = interval.low
        self.open += [f"total {colour}" for colour, at in sorted(sums.items()) if not at.exact]
        totals = {colour: at.low for colour, at in sums.items() if at.exact and at.low}
        self.differences = _lines(lacks, totals, live)
        self.repairs = [] if self.open else plan_repairs(self.poll, lacks, totals)


def _lines(
    lacks: Mapping[Cell, int], totals: Mapping[str, int], live: Mapping[Cell, int]
) -> list[Difference]:
    """Return the differences in words; seconds of a minute are one line, unless they cancel out."""
    cells: dict[tuple[str, int, str], list[Cell]] = {}
    for cell in sorted(lacks):
        cells.setdefault((_WORDS[cell.kind], cell.minute, cell.name), []).append(cell)
    lines: list[Difference] = []
    for key in sorted(cells):
        what, minute, name = key
        mixed = len({lacks[cell] > 0 for cell in cells[key]}) > 1
        for group in [[cell] for cell in cells[key]] if mixed else [cells[key]]:
            has = sum(live.get(cell, 0) for cell in group)
            lines.append(
                Difference(what, minute, name, has, has + sum(lacks[cell] for cell in group))
            )
    for colour, count in sorted(totals.items()):
        has = live.get(Cell("total", 0, colour), 0)
        lines.append(Difference("total", None, colour, has, has + count))
    return lines
