"""The live path whole: votes at a rate into a system of its own, drained and checked at the end."""

import json
import random
import threading
import time
from collections import Counter
from typing import Any, Final

from core.clock import SystemClock
from core.errors import InvariantBroken
from core.keys import CAST_LATENCY_PREFIX, poll_pk
from core.latency import quantile_ms
from core.poll import DEFAULT_POLL
from local import garbage
from local.bench.cpu_times import CpuTimes
from local.bench.figure import Measurement
from local.bench.options import BenchOptions
from local.bench.system import System, running
from local.cli.clients import client_at, environment
from local.cli.put_client import put_client_at
from local.load import OnOffered, run_load
from local.load_plan import LoadPlan, LoadReport
from local.table_reader import read_items

RATE: Final = 50_000
SECONDS: Final = 60
SHARDS: Final = 16
DRAIN_S: Final = 120


def measure(options: BenchOptions) -> list[Measurement]:
    """Return what was reached; raise InvariantBroken when a vote was lost or counted twice."""
    shards = options.shards or SHARDS
    with running(environment(), shards=shards, dashboard=False) as system:
        cpu = CpuTimes(system)
        started = time.perf_counter()
        report = send(
            system,
            options,
            rate=RATE,
            seconds=SECONDS,
            shards=shards,
            on_offered=cpu.offered,
        )
        check(system, report)
        drained_s = time.perf_counter() - started
        return [
            Measurement("live.rate", report.rate, "votes/s"),
            Measurement("live.drained_rate", report.accepted / drained_s, "votes/s"),
            *latencies(system),
            Measurement("live.put_p50", report.put_ms_p50 or 0, "ms"),
            Measurement("live.put_p99", report.put_ms_p99 or 0, "ms"),
            Measurement("live.behind", report.behind_ms, "ms"),
            *cpu.measurements("live", report.accepted),
        ]


def send(
    system: System,
    options: BenchOptions,
    *,
    rate: float,
    seconds: float,
    shards: int,
    on_offered: OnOffered | None = None,
) -> LoadReport:
    """Send votes from this process, as `cube load` does."""
    garbage.settle()
    plan = LoadPlan(
        rate=options.rate or rate,
        seconds=options.seconds or seconds,
        outbox=system.data / "outbox" / "bench",
        stream="votes",
        pattern=options.pattern,
        devices=options.devices,
        lanes=max(32, 2 * shards),
        drain_s=DRAIN_S,
    )
    return run_load(
        plan,
        client=put_client_at(system.endpoint),
        clock=SystemClock(),
        rng=random.Random(1),
        on_progress=lambda progress: None,
        stop=threading.Event(),
        on_offered=on_offered,
    )


def check(system: System, report: LoadReport) -> None:
    """Wait until all is counted, and believe no figure of a run that lost or doubled a vote."""
    tally = _tally(system)
    deadline = time.perf_counter() + DRAIN_S
    while tally["total"] < report.accepted and time.perf_counter() < deadline:
        time.sleep(0.2)  # noqa: TID251 - waits for another process, with a deadline
        tally = _tally(system)
    if report.left or tally["total"] != report.accepted:
        raise InvariantBroken(
            f"measuring: {report.accepted} accepted, {report.left} left, {tally['total']} counted"
        )
    checked = system.cube("check", "--json", "--minutes", "1", "--wait", "30")
    if checked.returncode:
        raise InvariantBroken(f"measuring: `cube check` says {checked.stdout} {checked.stderr}")


def _tally(system: System) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(system.cube("tally", "--json").stdout)
    return answer


def latencies(system: System) -> list[Measurement]:
    """Return quantiles of press to counted, from the tallies' own histogram."""
    histogram: Counter[int] = Counter()
    dynamodb = client_at("dynamodb", system.endpoint)
    for item in read_items(dynamodb, "tallies", poll_pk(DEFAULT_POLL), prefix="counted#"):
        for name, votes in item.items():
            if name.startswith(CAST_LATENCY_PREFIX):
                histogram[int(name.removeprefix(CAST_LATENCY_PREFIX))] += votes
    return [
        Measurement(f"live.press_to_counted_{name}", quantile_ms(histogram, q) or 0, "ms")
        for name, q in (("p50", 0.5), ("p99", 0.99))
    ]
