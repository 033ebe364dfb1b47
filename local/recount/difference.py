"""Readings of the live tallies and the lake's shares in, the exact difference of each cell out.

Each transaction of the live path adds a vote to its second, its total and its ledger line together,
and the lake gets the same vote: so lake less live is one number for each cell, that stays as it is
while votes flow. A reading knows it within an interval: what was applied before the cells were read
is in them, what was not applied after is not, and the rest may be. The number lies in the interval
of every reading, so more readings narrow it, mostly to one value at once.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from local.recount.cell import Cell, Scope, Share, Tiers
from local.recount.lake_lines import Batch, LooseLine
from local.recount.progress import Progress


@dataclass(frozen=True, slots=True)
class Reading:
    """Cells of a scope, and how far the live path was before and after they were read."""

    scope: Scope
    before: Progress
    cells: Mapping[Cell, int]
    after: Progress


class Interval(NamedTuple):
    """Where a number lies, both ends included; empty if sources changed under the readings."""

    low: int
    high: int

    @property
    def exact(self) -> bool:
        return self.low == self.high

    def within(self, other: "Interval") -> "Interval":
        return Interval(max(self.low, other.low), min(self.high, other.high))

    def __add__(self, other: object) -> "Interval":
        assert isinstance(other, Interval), "intervals are added to each other"
        return Interval(self.low + other.low, self.high + other.high)

    def __neg__(self) -> "Interval":
        return Interval(-self.high, -self.low)


NONE = Interval(0, 0)


@dataclass(frozen=True, slots=True)
class Lake:
    """What the lake says of one poll, by what carried it."""

    batches: Mapping[Batch, Share]
    loose: Sequence[tuple[LooseLine, Share]]

    def applied(self, progress: Progress) -> Iterator[Share]:
        """Yield what was applied for certain."""
        for batch, share in self.batches.items():
            if progress.has_batch(batch, share.arrival_ms):
                yield share
        for line, share in self.loose:
            if progress.has_line(line):
                yield share

    def perhaps_applied(self, progress: Progress) -> Iterator[Share]:
        """Yield what was, or may have been, applied."""
        for batch, share in self.batches.items():
            if progress.began_batch(batch, share.arrival_ms):
                yield share
        for line, share in self.loose:
            if progress.may_have_line(line):
                yield share

    def without(self, progress: Progress) -> "Lake":
        """Return what was not, or not for certain, applied."""
        return Lake(
            {
                batch: share
                for batch, share in self.batches.items()
                if not progress.has_batch(batch, share.arrival_ms)
            },
            [(line, share) for line, share in self.loose if not progress.has_line(line)],
        )


def differences(lake: Lake, readings: Sequence[Reading], tiers: Tiers) -> dict[Cell, Interval]:
    """Return lake less live of every cell that either has and a reading has looked at."""
    before = readings[0].before
    settled = tiers.sum(lake.applied(before))
    young = lake.without(before)
    totals = Counter({cell: count for cell, count in settled.items() if cell.kind == "total"})
    fresh = tiers.sum(young.perhaps_applied(readings[-1].after)).keys()
    found: dict[Cell, Interval] = {}
    for reading in readings:
        base = totals if reading.scope.totals else settled
        low = tiers.sum(young.applied(reading.before))
        high = tiers.sum(young.perhaps_applied(reading.after))
        # A reading that saw nothing yet of a cell knows its difference as well as any other.
        for cell in base.keys() | fresh | reading.cells.keys():
            if not reading.scope.has(cell):
                continue
            lacks = base[cell] - reading.cells.get(cell, 0)
            interval = Interval(lacks + low[cell], lacks + high[cell])
            found[cell] = interval.within(found[cell]) if cell in found else interval
    return found
