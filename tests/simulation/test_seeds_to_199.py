"""Seeds of the simulation, second half: every accepted vote is counted once, whatever strikes."""

import random

import pytest

from local.simulation.options import Options
from tests.simulation.chosen import report_of

SEEDS = range(100, 200)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_accepted_vote_is_counted_once(seed: int) -> None:
    report = report_of(seed)
    assert not report.broken, f"replay: cube sim --seed {seed}"
    assert not report.stuck, f"replay: cube sim --seed {seed}"


def test_some_of_the_seeds_run_the_sql_that_ships() -> None:
    assert any(Options.draw(random.Random(seed)).sql_warehouse for seed in SEEDS)
