"""A point of the scale in, a system of that size measured, its cost out."""

import random
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final, NamedTuple

from core.clock import SystemClock
from core.errors import InvariantBroken, ServiceRefused
from core.poll import DEFAULT_PALETTE, DEFAULT_POLL
from local import garbage
from local.bench.cpu_times import CpuTimes
from local.bench.history import megabytes
from local.bench.modes import read_events, work_of
from local.bench.system import System, resident_mb, running
from local.bench.viewer import Viewer
from local.cli.clients import client_at, environment
from local.cli.put_client import put_client_at
from local.load import run_load
from local.load_plan import LoadPlan, LoadReport
from local.poll_palette import ensure_palette, wait_until_effective

SECONDS: Final = 12  # of which the first CpuTimes.WARM_MS do not count
DRAIN_S: Final = 60
TABLE: Final = "tallies"


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """How large a system is, and what comes to it. `rate` is votes a second over all polls."""

    shards: int = 8
    rate: int = 20_000
    polls: int = 1
    colours: int = len(DEFAULT_PALETTE)
    devices: int = 10_000
    viewers: int = 0


class Cost(NamedTuple):
    """What a point costs. `cpu` is of engine, functions and dashboard, without the generator."""

    cpu: float  # us a vote
    size: float  # bytes a vote, in the stream's log
    writes: float  # items a second
    memory: float  # MB of the engine


def measure_point(point: Point) -> Cost:
    """Return the cost; raise InvariantBroken when a vote was lost or counted twice."""
    viewed = point.viewers > 0
    with (
        running(environment(), shards=point.shards, dashboard=viewed) as system,
        ExitStack() as end,
    ):
        plans = _plans(point, system)
        for _ in range(point.viewers):
            if system.dashboard is None:
                raise ServiceRefused("measuring viewers: no dashboard runs")
            end.callback(Viewer(system.dashboard, clock=SystemClock()).close)
        cpu = CpuTimes(system)
        reports = _send(plans, system, cpu.offered)
        votes = sum(report.accepted for report in reports)
        _check(system, reports)
        used = cpu.measurements("scale", votes)
        items = work_of(read_events(system.data / "functions" / "logs"))["items"]
        return Cost(
            cpu=sum(one.value for one in used if one.name != "scale.cpu_load"),
            size=megabytes(system.data / "kinesis") * 1e6 / votes,
            writes=items / SECONDS,
            memory=resident_mb(system.pids()["engine"]),
        )


def _plans(point: Point, system: System) -> list[LoadPlan]:
    """Return a plan for each poll, whose rules are in effect; they share the lanes and the rate."""
    clock = SystemClock()
    dynamodb = client_at("dynamodb", system.endpoint)
    names = [DEFAULT_POLL if number == 0 else f"poll-{number}" for number in range(point.polls)]
    more = [f"colour-{number}" for number in range(point.colours - len(DEFAULT_PALETTE))]
    palette = (*DEFAULT_PALETTE, *more)
    rules = [ensure_palette(dynamodb, TABLE, name, palette, clock=clock) for name in names]
    for each in rules:
        wait_until_effective(each, clock=clock, wait=threading.Event().wait)
    return [
        LoadPlan(
            rate=point.rate / point.polls,
            seconds=SECONDS,
            outbox=system.data / "outbox" / name,
            stream="votes",
            poll=name,
            palette=palette,
            devices=max(1, point.devices // point.polls),
            lanes=max(1, max(32, 2 * point.shards) // point.polls),
            drain_s=DRAIN_S,
        )
        for name in names
    ]


def _send(
    plans: list[LoadPlan], system: System, on_offered: Callable[[int, int], None]
) -> list[LoadReport]:
    """Carry all plans out side by side; the first one tells how far they are."""
    garbage.settle()
    client = put_client_at(system.endpoint)
    reports: list[LoadReport] = []

    def run(number: int, plan: LoadPlan) -> None:
        def tell(now_ms: int, votes: int) -> None:
            if number == 0:
                on_offered(now_ms, votes * len(plans))

        reports.append(
            run_load(
                plan,
                client=client,
                clock=SystemClock(),
                rng=random.Random(number),
                on_progress=lambda progress: None,
                stop=threading.Event(),
                on_offered=tell,
            )
        )

    threads = [
        threading.Thread(target=run, args=(number, plan)) for number, plan in enumerate(plans)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(reports) < len(plans):
        raise ServiceRefused("measuring scale: a producer ended with an error")
    return reports


def _check(system: System, reports: list[LoadReport]) -> None:
    left = sum(report.left for report in reports)
    checked = system.cube("check", "--json", "--minutes", "1", "--wait", str(DRAIN_S))
    if left or checked.returncode:
        raise InvariantBroken(f"measuring: {left} left; `cube check` says {checked.stdout}")
