"""Every stage at once: votes at a rate, counted live, delivered, loaded, and all of it checked."""

import time
from pathlib import Path
from typing import Final

from core.clock import SystemClock
from core.errors import InvariantBroken
from core.poll import DEFAULT_POLL
from local.bench.cpu_times import CpuTimes
from local.bench.figure import Measurement
from local.bench.live import send
from local.bench.options import BenchOptions
from local.bench.system import System, running
from local.cli.clients import environment

RATE: Final = 50_000
SECONDS: Final = 30
SHARDS: Final = 16
DRAIN_S: Final = 180
ROW_S_MAX: Final = 60
ROW_TRIES: Final = 3


def measure(options: BenchOptions) -> list[Measurement]:
    """Return what was reached; raise InvariantBroken when any two sources disagree."""
    shards = options.shards or SHARDS
    with running(environment(), shards=shards, dashboard=False, history=True, trend=True) as system:
        waits = sorted(_vote_to_row(system, number) for number in range(ROW_TRIES))
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
        checked = system.cube("check", "--json", "--wait", str(DRAIN_S))
        drained_s = time.perf_counter() - started
        if checked.returncode or report.left:
            raise InvariantBroken(f"measuring: {report.left} left; {checked.stdout}")
        million = report.accepted / 1e6
        return [
            Measurement("history.vote_to_row", waits[len(waits) // 2], "s"),
            Measurement("history.rate", report.rate, "votes/s"),
            Measurement("history.drained_rate", report.accepted / drained_s, "votes/s"),
            *cpu.measurements("history", report.accepted),
            *(
                Measurement(f"history.{name}", megabytes(folder) / million, "MB/million votes")
                for name, folder in folders(system.data).items()
            ),
        ]


def _vote_to_row(system: System, number: int) -> float:
    """Cast a vote and wait for its row; return the seconds from the press."""
    clock = SystemClock()
    device = f"press-{number}"
    pressed_ms = clock.now_ms()
    system.cube("vote", "--colour", "red", "--device", device)
    sql = f"SELECT COUNT(*) AS rows FROM votes WHERE device_id = '{device}'"  # noqa: S608 - our own text
    deadline_ms = pressed_ms + ROW_S_MAX * 1_000
    while '"rows":1' not in system.cube("query", sql, "--json").stdout.replace(" ", ""):
        if clock.now_ms() > deadline_ms:
            raise InvariantBroken(f"measuring: a vote of poll {DEFAULT_POLL} never became a row")
    return (clock.now_ms() - pressed_ms) / 1_000


def folders(data: Path) -> dict[str, Path]:
    """Return where history lies, by its name."""
    lake = data / "s3" / "cube-lake"
    return {
        "stream": data / "kinesis",
        "lake": lake / "votes",
        "backup": lake / "backup",
        "warehouse": data / "warehouse",
    }


def megabytes(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
