"""One dimension after the other in, how the cost of a vote grows along each out, and a chart.

Every point is a system of its own: the base, but for one dimension. What may not grow, or only so
fast, is judged; `DIMENSIONS` says what should be.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from local.bench import kept
from local.bench.chart import Panel, chart
from local.bench.figure import Measurement
from local.bench.growth import FLAT, LINEAR, SLOWER, exponent, growth, within
from local.bench.options import BenchOptions
from local.bench.scale_point import Cost, Point, measure_point

BASE: Final = Point()
SLOW: Final = Point(rate=5_000)  # what one shard takes is 1 MB a second (A4)
CHART: Final = "scale.svg"


class Dimension(NamedTuple):
    """Sizes to measure, how fast each cost may grow with them, and what stays the same."""

    sizes: tuple[int, ...]
    wanted: Mapping[str, str]
    base: Point = BASE


_SAME: Final = {"cpu": FLAT, "size": FLAT, "writes": FLAT, "memory": FLAT}
DIMENSIONS: Final = {
    # A shard has calls, items and a tail in memory of its own.
    "shards": Dimension(
        (1, 2, 4, 8, 16, 32), _SAME | {"cpu": SLOWER, "writes": LINEAR, "memory": SLOWER}, SLOW
    ),
    # Calls carry more votes where more come. The tail holds what came last.
    "rate": Dimension((5_000, 10_000, 20_000, 40_000), _SAME | {"memory": SLOWER}),
    # Each poll's items are its own; its producer here has lanes of its own.
    "polls": Dimension((1, 4, 16), _SAME | {"cpu": SLOWER, "writes": LINEAR}),
    # A colour is an attribute of items that are written anyway.
    "colours": Dimension((6, 36, 216), _SAME | {"cpu": SLOWER}),
    # Nothing is kept of a device whose votes come in stamped batches.
    "devices": Dimension((1_000, 10_000, 100_000, 1_000_000, 10_000_000), _SAME),
    # Each viewer is sent every update.
    "viewers": Dimension((10, 50, 200), _SAME | {"cpu": LINEAR}),
}


def measure(options: BenchOptions) -> list[Measurement]:
    """Return the costs of every point and each dimension's exponents, and draw the chart."""
    known: dict[Point, Cost] = {}
    measurements: list[Measurement] = []
    panels: list[Panel] = []
    for name, dimension in DIMENSIONS.items():
        sizes = sizes_of(dimension, quick=options.quick)
        costs = [_cost(point_of(name, size, options), known) for size in sizes]
        for size, cost in zip(sizes, costs, strict=True):
            measurements += measurements_of(f"scale.{name}.{size}", cost)
        measurements += verdicts(name, sizes, costs)
        panels.append(Panel(name, tuple(sizes), tuple(cost.cpu for cost in costs)))
    folder = kept.FOLDER
    folder.mkdir(exist_ok=True)
    (folder / CHART).write_text(chart(panels, unit="µs of CPU a vote"))
    return measurements


def sizes_of(dimension: Dimension, *, quick: bool) -> tuple[int, ...]:
    """Return the sizes to measure; quickly, only the ends."""
    return (dimension.sizes[0], dimension.sizes[-1]) if quick else dimension.sizes


def point_of(dimension: str, size: int, options: BenchOptions) -> Point:
    """Return the base, as large as asked in one dimension."""
    base = DIMENSIONS[dimension].base
    base = replace(base, rate=int(options.rate or base.rate), shards=options.shards or base.shards)
    return replace(base, **{dimension: size})


def _cost(point: Point, known: dict[Point, Cost]) -> Cost:
    """Measure a point once, however many dimensions go through it."""
    if point not in known:
        known[point] = measure_point(point)
    return known[point]


def measurements_of(prefix: str, cost: Cost) -> list[Measurement]:
    return [
        Measurement(f"{prefix}.cpu", cost.cpu, "us/vote"),
        Measurement(f"{prefix}.size", cost.size, "bytes/vote"),
        Measurement(f"{prefix}.writes", cost.writes, "items a second"),
        Measurement(f"{prefix}.memory", cost.memory, "MB"),
    ]


def verdicts(name: str, sizes: Sequence[int], costs: Sequence[Cost]) -> list[Measurement]:
    """Return the exponent of each cost; the unit says what it means, and what was wanted."""
    found: list[Measurement] = []
    for cost, wanted in DIMENSIONS[name].wanted.items():
        values = [getattr(one, cost) for one in costs]
        grows = growth(sizes, values)
        said = f"{grows}, as it should" if within(grows, wanted) else f"{grows}, wanted {wanted}"
        found.append(Measurement(f"scale.{name}.{cost}_grows", exponent(sizes, values), said))
    return found
