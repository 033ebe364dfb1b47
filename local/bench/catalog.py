"""A bench's name in, what measures it, and what it measured, out."""

import importlib
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from local.bench.busy import Busy, Watch, warnings_of
from local.bench.figure import Figure, Measurement, figures_of
from local.bench.options import BenchOptions


class Bench(NamedTuple):
    """`warm_up` says whether a first run is thrown away: where a run is short and in process.

    `runs` is how often it is measured unless somebody says otherwise.
    """

    module: str
    what: str
    warm_up: bool
    runs: int = 3


class Measured(NamedTuple):
    """What some runs came to, and what makes them doubtful."""

    figures: list[Figure]
    warnings: list[str]


BENCHES: Final = {
    "generate": Bench("local.bench.generate", "the generator: votes as JSON lines", True),
    "put": Bench("local.bench.put", "PutRecords: the client's cost, the stream's cost", True),
    "fold": Bench("local.bench.fold", "the fold: records in, increments of tallies out", True),
    "trend": Bench("local.bench.trend", "the trends: records in, a shard's state out", True),
    "dynamodb": Bench("local.bench.dynamodb", "the tally table: durable transactions", True),
    "live": Bench("local.bench.live", "the live path whole, drained and checked", False),
    "modes": Bench("local.bench.modes", "ordered against fan-out, on the same votes", False),
    "latency": Bench("local.bench.latency", "press to screen at 10,000 votes/s", False),
    "refine": Bench("local.bench.refine", "Firehose's part: rows, GZIP and backup", True),
    "warehouse": Bench("local.bench.warehouse", "10 million rows loaded, merged and asked", False),
    "history": Bench("local.bench.history", "every stage at once, drained and checked", False),
    "sse": Bench("local.bench.sse", "200 viewers of the dashboard", False),
    "startup": Bench("local.bench.startup", "cube up until it is ready", True),
    "memory": Bench("local.bench.memory", "what the engine holds over ten minutes", False, 1),
    "scale": Bench("local.bench.scale", "how cost grows, one dimension at a time", False, 1),
    "peers": Bench("local.bench.peers", "the same windows by Bytewax", True),
}


def run_bench(
    name: str, options: BenchOptions, *, runs: int, on_run: Callable[[int], None]
) -> Measured:
    """Measure `runs` times; raise InvariantBroken when a run lost or doubled a vote."""
    module = importlib.import_module(BENCHES[name].module)
    if BENCHES[name].warm_up:
        on_run(0)
        module.measure(options)
    measured: list[Sequence[Measurement]] = []
    busy: list[Busy | None] = []
    for number in range(1, runs + 1):
        on_run(number)
        watch = Watch()
        measured.append(module.measure(options))
        busy.append(watch.ended())
    return Measured(figures_of(measured), warnings_of(busy))
