"""Counts of names in, the names that weigh most out, in bounded memory: a sketch of heavy hitters.

This is the summary of Misra and Gries in batches, which merges and decays. With `size` counters and
total weight `total`, a count is never too high, and too low by at most `short`, and
`short <= total / (size + 1)`: whoever has a larger share than 1 / (size + 1) is certainly in it.
"""

import heapq
from collections.abc import Mapping

import msgspec


class Sketch(msgspec.Struct, kw_only=True):
    """The heaviest of many names. A sketch changes in place; `copy` keeps what it was."""

    counts: dict[str, float] = {}
    short: float = 0.0
    total: float = 0.0

    def copy(self) -> "Sketch":
        return Sketch(counts=dict(self.counts), short=self.short, total=self.total)

    def add(self, counts: Mapping[str, float], *, size: int) -> None:
        """Count names; keep the `size` heaviest, and take from each what the next one weighs."""
        mine = self.counts
        for name, count in counts.items():
            mine[name] = mine.get(name, 0.0) + count
        self.total += sum(counts.values())
        self._prune(size)

    def merge(self, other: "Sketch") -> None:
        """Add what another sketch counted, all of its names; what each is short of adds up."""
        for name, count in other.counts.items():
            self.counts[name] = self.counts.get(name, 0.0) + count
        self.short += other.short
        self.total += other.total

    def decay(self, factor: float) -> None:
        """Let everything weigh less; all bounds stay, for all of it shrinks alike."""
        self.short *= factor
        self.total *= factor
        self.counts = {name: count * factor for name, count in self.counts.items()}

    def at_least(self, name: str) -> float:
        """Return what a name weighs without doubt."""
        return self.counts.get(name, 0.0)

    def at_most(self, name: str) -> float:
        """Return what a name can weigh at most."""
        return min(self.counts.get(name, 0.0) + self.short, self.total)

    def _prune(self, size: int) -> None:
        if len(self.counts) <= size:
            return
        cut = heapq.nlargest(size + 1, self.counts.values())[-1]
        self.counts = {name: n - cut for name, n in self.counts.items() if n > cut}
        self.short += cut
