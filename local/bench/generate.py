"""The generator alone: votes as JSON lines, by lane, a tick at a time."""

import time
from typing import Final

from local.bench.figure import Measurement
from local.bench.options import BenchOptions
from local.load import TICK_MS
from producers.crowd import Crowd
from producers.generate import Generator

RATE: Final = 100_000
TICKS: Final = 250
START_MS: Final = 1_790_000_000_000


def measure(options: BenchOptions) -> list[Measurement]:
    """Return the cost of a vote; a tick casts what the rate asks for."""
    crowd = Crowd(seed=1, devices=options.devices, pattern=options.pattern)
    generator = Generator(crowd, start_ms=START_MS)
    votes = int((options.rate or RATE) * TICK_MS / 1000)
    size_bytes = 0
    started = time.process_time()
    for tick in range(TICKS):
        for chunk in generator.tick(START_MS + tick * TICK_MS, votes):
            size_bytes += len(chunk.lines)
    took_s = time.process_time() - started
    total = votes * TICKS
    return [
        Measurement("generate.cost", took_s / total * 1e6, "us/vote"),
        Measurement("generate.rate", total / took_s, "votes/s"),
        Measurement("generate.size", size_bytes / total, "bytes/vote"),
    ]
