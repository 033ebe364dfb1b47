"""Sizes and what each of them cost in, how the cost grows with the size out."""

import math
from collections.abc import Sequence
from typing import Final

FLAT: Final = "flat"
SLOWER: Final = "slower"  # than the size: twice the size is less than twice the cost
LINEAR: Final = "linear"
FASTER: Final = "faster"
RANKS: Final = (FLAT, SLOWER, LINEAR, FASTER)
_FLAT_MAX: Final = 0.12  # a tenfold size costs a third more at most: what noise does
_LINEAR_MIN: Final = 0.85
_LINEAR_MAX: Final = 1.15


def exponent(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """Return e of cost = c * size^e that fits best (least squares of the logarithms)."""
    assert len(sizes) == len(costs) >= 2, "growth takes two points"
    xs = [math.log(size) for size in sizes]
    ys = [math.log(max(cost, 1e-9)) for cost in costs]
    x_mean, y_mean = sum(xs) / len(xs), sum(ys) / len(ys)
    spread = sum((x - x_mean) ** 2 for x in xs)
    assert spread > 0, "sizes differ"
    return sum((x - x_mean) * (y - y_mean) for x, y in zip(xs, ys, strict=True)) / spread


def growth(sizes: Sequence[float], costs: Sequence[float]) -> str:
    """Return what the exponent means; a cost that falls is flat."""
    found = exponent(sizes, costs)
    if found <= _FLAT_MAX:
        return FLAT
    if found < _LINEAR_MIN:
        return SLOWER
    return LINEAR if found <= _LINEAR_MAX else FASTER


def within(found: str, wanted: str) -> bool:
    """Return whether a cost grows no faster than it should."""
    return RANKS.index(found) <= RANKS.index(wanted)
