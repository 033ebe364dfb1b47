"""Figures of now and of a run that was kept in, how each has changed out."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from local.bench.figure import Figure
from local.bench.kept import Kept

_LESS_IS_BETTER: Final = frozenset({"ms", "s", "us", "MB", "bytes", "%", "million"})


class Change(NamedTuple):
    """One figure against its predecessor: `ratio` is now / then.

    `noise` says that the spreads overlap; `better` is None where more is neither better nor worse.
    """

    ratio: float
    noise: bool
    better: bool | None

    @property
    def arrow(self) -> str:
        if self.ratio == 1:
            return "="
        return "↑" if self.ratio > 1 else "↓"

    def __str__(self) -> str:
        text = f"{self.ratio:.2f} {self.arrow}"
        if self.noise:
            return f"{text} within noise"
        return text if self.better is None else f"{text} {'better' if self.better else 'worse'}"


def change_of(now: Figure, then: Figure) -> Change | None:
    """Return how a figure has changed, None where there is no ratio: it was 0."""
    if then.value == 0:
        return None
    ratio = now.value / then.value
    overlap = now.lowest <= then.highest and then.lowest <= now.highest
    wanted = _less_is_better(now.unit)
    better = None if wanted is None or ratio == 1 else (ratio < 1) == wanted
    return Change(ratio, overlap, better)


def changes_of(figures: Sequence[Figure], kept: Kept | None) -> dict[str, Change]:
    """Return the changes by name; figures that are new, or of another unit, have none."""
    before = {(one.name, one.unit): one for one in kept.figures} if kept else {}
    changes: dict[str, Change] = {}
    for now in figures:
        then = before.get((now.name, now.unit))
        change = change_of(now, then) if then else None
        if change is not None:
            changes[now.name] = change
    return changes


def _less_is_better(unit: str) -> bool | None:
    if unit.endswith("/s") or unit.startswith("1/s"):
        return False
    return True if unit.replace("/", " ").split()[0] in _LESS_IS_BETTER else None
