"""Measurements of several runs in, one figure each with its median and spread out."""

from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

import msgspec


class Measurement(NamedTuple):
    """One number of one run."""

    name: str
    value: float
    unit: str


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """The median of a number over the runs, and how far the runs lie apart."""

    name: str
    value: float
    unit: str
    lowest: float
    highest: float
    runs: int


def figures_of(runs: Sequence[Sequence[Measurement]]) -> list[Figure]:
    """Return a figure for each name, in the order of the first run."""
    figures: list[Figure] = []
    for first in runs[0]:
        values = [m.value for run in runs for m in run if m.name == first.name]
        figures.append(
            Figure(
                name=first.name,
                value=_rounded(median(values)),
                unit=first.unit,
                lowest=_rounded(min(values)),
                highest=_rounded(max(values)),
                runs=len(values),
            )
        )
    return figures


def _rounded(value: float) -> float:
    """Keep four significant digits: the rest is noise."""
    return float(f"{value:.4g}")
