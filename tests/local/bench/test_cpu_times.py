"""Processor time a vote: from when a run has warmed up, by kind of process."""

import os
from pathlib import Path

import pytest

from local.bench.cpu_times import WARM_MS, CpuTimes
from local.bench.system import System


class Alone(System):
    """A system that is this process, as its engine and two of its functions."""

    def pids(self) -> dict[str, int]:
        return {"engine": 1, "tally-0": 2, "trend-0": 3}


@pytest.fixture
def used(monkeypatch: pytest.MonkeyPatch) -> dict[int, float]:
    """Seconds of processor time by pid."""
    seconds = {1: 10.0, 2: 20.0, 3: 30.0, os.getpid(): 40.0}
    monkeypatch.setattr("local.bench.cpu_times.cpu_s", lambda pid: seconds.get(pid, 0.0))
    return seconds


def cpu_times() -> CpuTimes:
    nobody = "http://127.0.0.1:1"
    return CpuTimes(Alone(Path(), nobody, None, None, {}))


def test_what_was_used_before_a_run_was_warm_does_not_count(used: dict[int, float]) -> None:
    cpu = cpu_times()
    cpu.offered(1_000, 10)
    used[1] += 100
    cpu.offered(1_000 + WARM_MS, 1_000)
    used[1] += 2
    used[2] += 1
    used[3] += 3
    used[os.getpid()] += 0.5
    cpu.offered(2_000 + WARM_MS, 500_000)
    found = {one.name: one.value for one in cpu.measurements("live", 1_001_000)}
    assert found == {"live.cpu_engine": 2, "live.cpu_functions": 4, "live.cpu_load": 0.5}


def test_a_run_that_never_was_warm_counts_from_its_start(used: dict[int, float]) -> None:
    cpu = cpu_times()
    cpu.offered(1_000, 10)
    used[1] += 3
    (engine, *_) = cpu.measurements("live", 1_000_000)
    assert (engine.name, engine.value) == ("live.cpu_engine", 3)
