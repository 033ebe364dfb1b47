"""Modes in the simulation: both, and a switch while votes flow, lose and double nothing."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.errors import ChunkUnfinished
from local.simulation import fan_out
from local.simulation.options import Options
from local.simulation.world import Report, Simulation
from processors.batch import Outcome

STEPS = 150
_draw = Options.draw


def run(seed: int, folder: Path, monkeypatch: pytest.MonkeyPatch, **chosen: Any) -> Report:
    """Run a seed with some of its options chosen: `starts_on`, `switch` (a rate)."""

    def draw(rng: Any, *, steps: int) -> Options:
        options = _draw(rng, steps=steps)
        faults = replace(options.faults, mode_switch=chosen["switch"])
        begin = replace(options.fan_out, starts_on=chosen["starts_on"])
        return replace(options, faults=faults, fan_out=begin)

    monkeypatch.setattr(Options, "draw", staticmethod(draw))
    return Simulation(seed, folder, steps=STEPS).run()


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(("starts_on", "switch"), [(False, 0.0), (True, 0.0), (True, 0.1)], ids=str)
def test_every_mode_counts_once(
    seed: int, starts_on: bool, switch: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = run(seed, tmp_path, monkeypatch, starts_on=starts_on, switch=switch)
    assert report.ok, report.broken
    assert ("mode_switch" in report.struck) == (switch > 0)


def test_events_are_given_up_and_come_back(tmp_path: Path) -> None:
    def given_up(seed: int) -> int:
        world = Simulation(seed, tmp_path / str(seed), steps=80)
        assert world.run().ok
        return world.fan_out.given_up

    assert any(given_up(seed) for seed in range(200, 230))


def lost(report: Report) -> bool:
    """Return whether votes that the stream accepted are not counted."""
    return any(line.startswith("totals equal what the stream accepted") for line in report.broken)


def swallow(outcome: Outcome) -> None:
    """What a worker would do that answers its failures, as the ordered function does."""


def test_a_worker_that_does_not_raise_loses_votes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A planted fault: nobody reads a worker's answer (B50), so votes stay missing."""
    monkeypatch.setattr(fan_out, "check_finished", swallow)
    assert any(
        lost(run(seed, tmp_path / str(seed), monkeypatch, starts_on=True, switch=0.0))
        for seed in range(8)
    )


def test_a_dispatcher_that_names_no_record_loses_votes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A planted fault: what was not handed over is taken for done (B25)."""
    monkeypatch.setattr(fan_out, "partial_reply", lambda failed, records: {"batchItemFailures": []})
    assert any(
        lost(run(seed, tmp_path / str(seed), monkeypatch, starts_on=True, switch=0.0))
        for seed in range(8)
    )


def test_what_is_given_up_and_never_recovered_is_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A planted fault: B56, a worker's failure holds nothing up; only its object tells."""
    monkeypatch.setattr(fan_out.SimulatedFanOut, "redrive", lambda self: None)

    def always_fails(outcome: Outcome) -> None:
        raise ChunkUnfinished("applying a chunk: planted")

    monkeypatch.setattr(fan_out, "check_finished", always_fails)
    monkeypatch.setattr("local.simulation.world._DRAIN_STEPS_MAX", 3_000)
    report = run(1, tmp_path, monkeypatch, starts_on=True, switch=0.0)
    assert report.stuck
