"""Seeds of the simulation: every accepted vote is counted once, whatever strikes."""

from dataclasses import fields
from pathlib import Path

import pytest

from local.simulation.options import FaultRates
from local.simulation.world import Simulation

KEPT = [int(line) for line in (Path(__file__).parent / "seeds.txt").read_text().split()]


@pytest.mark.parametrize("seed", [*range(50), *KEPT])
def test_every_accepted_vote_is_counted_once(seed: int, tmp_path: Path) -> None:
    report = Simulation(seed, tmp_path).run()
    assert not report.broken, f"replay: cube sim --seed {seed}"
    assert not report.stuck, f"replay: cube sim --seed {seed}"


def test_the_same_seed_gives_the_same_run(tmp_path: Path) -> None:
    first = Simulation(3, tmp_path / "a", steps=60).run()
    assert Simulation(3, tmp_path / "b", steps=60).run() == first
    assert first.votes > 0


def test_the_seeds_reach_every_kind_of_fault(tmp_path: Path) -> None:
    struck: set[str] = set()
    for seed in range(100, 130):
        struck |= set(Simulation(seed, tmp_path / str(seed), steps=80).run().struck)
    assert struck == {rate.name for rate in fields(FaultRates)}
