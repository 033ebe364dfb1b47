"""Ordered, ordered tenfold and fan-out on the same votes: what each gives, and what it costs."""

import json
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from core.errors import InvariantBroken
from local.bench.figure import Figure, Measurement
from local.bench.live import latencies, send
from local.bench.options import BenchOptions
from local.bench.system import System, running
from local.cli.clients import environment

RATE: Final = 10_000  # steady: for the latencies
SECONDS: Final = 15
BURST_RATE: Final = 100_000  # more than two cores count: for the throughput
BURST_S: Final = 5
SHARDS: Final = 4
DRAIN_S: Final = 120
MODES: Final = {
    "ordered": ("--mode", "ordered", "--parallelization-factor", "1"),
    "ordered_x10": ("--mode", "ordered", "--parallelization-factor", "10"),
    "fanout": ("--mode", "fanout"),
}
_UNITS_PER_ITEM: Final = 2  # of 1 KB at most, in a transaction (D4)
_WORK: Final = ("tally.", "worker.")


def measure(options: BenchOptions) -> list[Measurement]:
    """Return each mode's figures; raise InvariantBroken when one lost or doubled a vote."""
    return [measurement for mode in MODES for measurement in measure_mode(mode, options)]


def measure_mode(mode: str, options: BenchOptions) -> list[Measurement]:
    """Send the same votes to a system of its own: at a steady rate, then in a burst."""
    shards = options.shards or SHARDS
    with running(environment(), shards=shards, dashboard=False, more=MODES[mode]) as system:
        steady = send(system, options, rate=RATE, seconds=SECONDS, shards=shards)
        _drain(system, steady.accepted)
        lags = latencies(system)
        started = time.perf_counter()
        burst = send(system, BenchOptions(), rate=BURST_RATE, seconds=BURST_S, shards=shards)
        accepted = steady.accepted + burst.accepted
        _drain(system, accepted)
        drained_s = time.perf_counter() - started
        checked = system.cube("check", "--json", "--minutes", "1", "--wait", "30")
        if checked.returncode or steady.left or burst.left:
            raise InvariantBroken(f"measuring {mode}: `cube check` says {checked.stdout}")
        work = work_of(read_events(system.data / "functions" / "logs"))
    million = accepted / 1e6
    return [
        Measurement(f"modes.{mode}.throughput", burst.accepted / drained_s, "votes/s"),
        *(each._replace(name=each.name.replace("live.", f"modes.{mode}.")) for each in lags),
        Measurement(f"modes.{mode}.invocations", work["calls"] / million, "/million votes"),
        Measurement(f"modes.{mode}.transactions", work["transactions"] / million, "/million votes"),
        Measurement(
            f"modes.{mode}.write_units",
            work["items"] * _UNITS_PER_ITEM / million,
            "/million votes",
        ),
        Measurement(f"modes.{mode}.retries", work["retries"] / million, "/million votes"),
        Measurement(f"modes.{mode}.batches_late", work["late"] / million, "/million votes"),
    ]


def read_events(logs: Path) -> Iterable[Mapping[str, Any]]:
    """Yield what the functions have written to their logs; other lines are none of ours."""
    for path in sorted(logs.glob("*.log*")):
        for line in path.read_text(errors="replace").splitlines():
            if line.startswith("{"):
                event: Mapping[str, Any] = json.loads(line)
                yield event


def work_of(events: Iterable[Mapping[str, Any]]) -> Counter[str]:
    """Return sums over the calls of the functions that take part in counting."""
    work: Counter[str] = Counter()
    for event in events:
        name = str(event.get("event"))
        if name.startswith((*_WORK, "dispatch.")):
            work["calls"] += 1
        if name.startswith(_WORK):
            for fact in ("transactions", "items", "retries", "late"):
                work[fact] += event[fact]
    return work


def table_of(figures: Sequence[Figure]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return columns and rows that set the modes side by side, order kept or not being the last."""
    values: dict[tuple[str, str], dict[str, float]] = {}
    for figure in figures:
        _, mode, name = figure.name.split(".")
        values.setdefault((name, figure.unit), {})[mode] = figure.value
    rows = [
        (name, unit, *(f"{by_mode[mode]:,.4g}" for mode in MODES))
        for (name, unit), by_mode in values.items()
    ]
    late = next((by_mode for (name, _), by_mode in values.items() if name == "batches_late"), {})
    rows.append(("order kept", "", *("no" if late.get(mode) else "yes" for mode in MODES)))
    return ("figure", "unit", *MODES), rows


def _drain(system: System, votes: int) -> None:
    """Wait until so many votes are counted; raise InvariantBroken for more or fewer."""
    deadline = time.perf_counter() + DRAIN_S
    while (total := json.loads(system.cube("tally", "--json").stdout)["total"]) < votes:
        if time.perf_counter() > deadline:
            break
        time.sleep(0.1)  # noqa: TID251 - waits for another process, with a deadline
    if total != votes:
        raise InvariantBroken(f"measuring: {votes} accepted, {total} counted")
