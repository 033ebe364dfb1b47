"""Many viewers in, what they cost the dashboard out."""

import threading
import time
from typing import Final

from core.clock import SystemClock
from core.errors import ServiceRefused
from local.bench.figure import Measurement
from local.bench.live import send
from local.bench.options import BenchOptions
from local.bench.system import cpu_s, resident_mb, running
from local.bench.viewer import Viewer
from local.cli.clients import environment

RATE: Final = 1_000
SECONDS: Final = 15
WARM_S: Final = 3


def measure(options: BenchOptions) -> list[Measurement]:
    """Return the dashboard's processor share, its memory and the updates each viewer got."""
    seconds = options.seconds or SECONDS
    with running(environment(), shards=options.shards, dashboard=True) as system:
        if system.dashboard is None:
            raise ServiceRefused("measuring viewers: no dashboard runs")
        address = system.dashboard
        pid = system.pids()["dashboard"]
        clock = SystemClock()
        load = threading.Thread(
            target=lambda: send(
                system, options, rate=RATE, seconds=seconds + WARM_S, shards=options.shards or 4
            )
        )
        load.start()
        viewers = [Viewer(address, clock=clock) for _ in range(options.viewers)]
        time.sleep(WARM_S)  # noqa: TID251 - lets the viewers' opening burst pass
        before_s, updates = cpu_s(pid), sum(len(viewer.received) for viewer in viewers)
        time.sleep(seconds)  # noqa: TID251 - the length of the measurement
        used_s = cpu_s(pid) - before_s
        updates = sum(len(viewer.received) for viewer in viewers) - updates
        memory_mb = resident_mb(pid)
        for viewer in viewers:
            viewer.close()
        load.join()
    return [
        Measurement("sse.viewers", options.viewers, "viewers"),
        Measurement("sse.dashboard_cpu", used_s / seconds * 100, "% of a core"),
        Measurement("sse.updates", updates / seconds / options.viewers, "1/s a viewer"),
        Measurement("sse.dashboard_memory", memory_mb, "MB"),
    ]
