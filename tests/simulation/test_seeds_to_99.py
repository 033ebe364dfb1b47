"""Seeds of the simulation, first half: every accepted vote is counted once, whatever strikes."""

from dataclasses import fields

import pytest

from local.simulation.faults import FaultRates
from tests.simulation.chosen import KEPT, report_of, run

SEEDS = range(100)


@pytest.mark.parametrize("seed", sorted({*SEEDS, *KEPT}))
def test_every_accepted_vote_is_counted_once(seed: int) -> None:
    report = report_of(seed)
    assert not report.broken, f"replay: cube sim --seed {seed}"
    assert not report.stuck, f"replay: cube sim --seed {seed}"


def test_the_same_seed_gives_the_same_run() -> None:
    first = run(3, steps=60)
    assert run(3, steps=60) == first
    assert first.votes > 0


@pytest.mark.timeout(600)  # it may come first, and then runs the seeds itself
def test_the_seeds_reach_every_kind_of_fault() -> None:
    missing = {rate.name for rate in fields(FaultRates)}
    for seed in SEEDS:
        missing -= report_of(seed).struck.keys()
        if not missing:
            return
    raise AssertionError(f"faults that never struck: {missing}")
