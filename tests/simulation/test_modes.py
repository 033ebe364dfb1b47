"""Modes in the simulation: both, and a switch while votes flow, lose and double nothing."""

from pathlib import Path

import pytest

from core.errors import ChunkUnfinished
from local.simulation import fan_out
from local.simulation.recovery import SimulatedRecovery
from local.simulation.world import Simulation
from processors.batch import Outcome
from tests.simulation.chosen import choose, run

STEPS = 60


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("starts_on", "switch"), [(False, 0.0), (True, 0.0), (True, 0.1)], ids=str)
def test_every_mode_counts_once(
    seed: int, starts_on: bool, switch: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(monkeypatch, fan_out={"starts_on": starts_on}, faults={"mode_switch": switch})
    report = run(seed, steps=STEPS)
    assert report.ok, report.broken
    assert ("mode_switch" in report.struck) == (switch > 0)


def test_events_are_given_up_and_come_back(tmp_path: Path) -> None:
    def given_up(seed: int) -> int:
        world = Simulation(seed, tmp_path / str(seed), steps=80)
        assert world.run().ok
        return world.fan_out.given_up

    assert any(given_up(seed) for seed in range(200, 230))


def test_batches_are_discarded_and_come_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """B18, B21, B30: what a mapping gives up on is in its destination, and is handed over again."""
    gives_up = {"retries_max": 0, "failure_bucket": "cube-lake"}
    choose(monkeypatch, mapping=gives_up, faults={"table_away": 0.2})

    def discarded(seed: int) -> int:
        world = Simulation(seed, tmp_path / str(seed), steps=40)
        assert world.run().ok
        return world.mapping.discarded

    assert any(discarded(seed) for seed in range(10))


def test_what_is_given_up_and_never_recovered_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A planted fault: B56, a worker's failure holds nothing up; only its object tells."""
    monkeypatch.setattr(SimulatedRecovery, "_recover", lambda self, key: None)

    def always_fails(outcome: Outcome) -> None:
        raise ChunkUnfinished("applying a chunk: planted")

    monkeypatch.setattr(fan_out, "check_finished", always_fails)
    monkeypatch.setattr("local.simulation.world._DRAIN_STEPS_MAX", 300)
    choose(monkeypatch, fan_out={"starts_on": True}, faults={"mode_switch": 0.0})
    assert run(1, steps=20).stuck
