"""A long run in, what the engine and its functions hold at its beginning and its end out."""

import threading
from typing import Final

from local.bench.figure import Measurement
from local.bench.live import check, send
from local.bench.options import BenchOptions
from local.bench.system import System, resident_mb, running
from local.cli.clients import environment
from local.load_plan import LoadReport

RATE: Final = 10_000
SECONDS: Final = 600
SHARDS: Final = 4
SAMPLE_S: Final = 2.0
WARM_SHARE: Final = 0.2  # of the samples: caches fill, functions start


def measure(options: BenchOptions) -> list[Measurement]:
    """Return memory after warm-up, at the end, at most, and how fast it grew between."""
    shards = options.shards or SHARDS
    with running(environment(), shards=shards, dashboard=False) as system:
        sampler = _Sampler(system)
        sampler.thread.start()
        try:
            report: LoadReport = send(system, options, rate=RATE, seconds=SECONDS, shards=shards)
        finally:
            sampler.done.set()
            sampler.thread.join()
        check(system, report)
    warm = sampler.engine_mb[int(len(sampler.engine_mb) * WARM_SHARE) :]
    minutes = max(1, len(warm) - 1) * SAMPLE_S / 60
    return [
        Measurement("memory.engine_warm", warm[0], "MB"),
        Measurement("memory.engine_end", warm[-1], "MB"),
        Measurement("memory.engine_max", max(sampler.engine_mb), "MB"),
        Measurement("memory.engine_growth", (warm[-1] - warm[0]) / minutes, "MB/min"),
        Measurement("memory.functions_max", max(sampler.functions_mb), "MB"),
    ]


class _Sampler:
    """Looks at a system's memory every few seconds until told that it is done."""

    def __init__(self, system: System) -> None:
        self._system = system
        self.engine_mb: list[float] = []
        self.functions_mb: list[float] = []
        self.done = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        while True:
            pids = self._system.pids()
            self.engine_mb.append(resident_mb(pids["engine"]))
            functions = [resident_mb(pid) for name, pid in pids.items() if name != "engine"]
            self.functions_mb.append(sum(functions))
            if self.done.wait(SAMPLE_S):
                return
