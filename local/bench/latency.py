"""Press to screen: from the generator's clock to the total that a viewer receives."""

import time
from typing import Final

from core.clock import SystemClock
from core.errors import InvariantBroken, ServiceRefused
from local.bench.cpu_times import CpuTimes
from local.bench.figure import Measurement
from local.bench.live import check, send
from local.bench.options import BenchOptions
from local.bench.system import running
from local.bench.viewer import Viewer, exact_quantile, latency_histogram
from local.cli.clients import environment

RATE: Final = 10_000
SECONDS: Final = 30
SHARDS: Final = 4
WARM_S: Final = 3  # of the run: functions start, caches fill
RECEIVE_S_MAX: Final = 30


def measure(options: BenchOptions) -> list[Measurement]:
    """Return quantiles over votes, those of the first seconds left out."""
    shards = options.shards or SHARDS
    offered: list[tuple[int, int]] = []
    with running(environment(), shards=shards, dashboard=True) as system:
        if system.dashboard is None:
            raise ServiceRefused("measuring latency: no dashboard runs")
        viewer = Viewer(system.dashboard, clock=SystemClock())
        cpu = CpuTimes(system)

        def on_offered(now_ms: int, votes: int) -> None:
            offered.append((now_ms, votes))
            cpu.offered(now_ms, votes)

        report = send(
            system,
            options,
            rate=RATE,
            seconds=SECONDS,
            shards=shards,
            on_offered=on_offered,
        )
        deadline = time.perf_counter() + RECEIVE_S_MAX
        while not viewer.has(report.accepted):
            if time.perf_counter() > deadline:
                raise InvariantBroken("measuring latency: the viewer never got the whole total")
            time.sleep(0.02)  # noqa: TID251 - waits for another process, with a deadline
        measurements = cpu.measurements("latency", report.accepted)
        viewer.close()
        check(system, report)
    late = next(votes for now_ms, votes in offered if now_ms >= offered[0][0] + WARM_S * 1000)
    warm = [(now_ms, votes) for now_ms, votes in offered if votes >= late]
    votes = latency_histogram([(now_ms, count) for now_ms, count in warm], viewer.received)
    return [
        Measurement("latency.rate", report.rate, "votes/s"),
        Measurement("latency.press_to_screen_p50", exact_quantile(votes, 0.5), "ms"),
        Measurement("latency.press_to_screen_p99", exact_quantile(votes, 0.99), "ms"),
        Measurement("latency.press_to_screen_max", exact_quantile(votes, 1.0), "ms"),
        *measurements,
    ]
