"""How long tallies were behind: from looks at what is cast and what is applied, nothing else."""

from core.lane import LaneState
from local.chaos.judge import Lane
from local.chaos.limits import LAG_S, SETTLED_S
from local.chaos.watch import Look, kept_up_since, lags, look_of

LANE: Lane = ("p", 7)
PERIOD_S = 0.1


def looks(done: list[int | None], *, before: int = 20) -> list[Look]:
    """Return looks at a lane that gets a batch a look; `done` says up to which all are applied."""
    kept: list[int | None] = list(range(before))
    return [
        Look(at * PERIOD_S, {LANE: at}, None if number is None else {LANE: number})
        for at, number in enumerate(kept + done)
    ]


def test_tallies_that_keep_up_were_never_behind() -> None:
    seen = looks(list(range(20, 60)))
    assert kept_up_since(seen, 2.0, LAG_S) == seen[20].at_s


def test_a_stall_is_over_with_the_first_look_that_has_all_that_is_due() -> None:
    stalled: list[int | None] = [19] * 20
    seen = looks([*stalled, *range(40, 80)])
    assert kept_up_since(seen, 2.0, LAG_S) == seen[40].at_s


def test_nobody_answering_is_being_behind() -> None:
    silent: list[int | None] = [None] * 5
    seen = looks([*silent, *range(25, 60)])
    assert kept_up_since(seen, 2.0, LAG_S) == seen[25].at_s


def test_an_effect_that_comes_late_is_not_overlooked() -> None:
    """What is struck shows only after LAG_S: until then all looks well."""
    stalled: list[int | None] = [20] * 30
    seen = looks([*stalled, *range(50, 90)])
    assert kept_up_since(seen, 2.0, LAG_S) == seen[50].at_s


def test_it_is_not_over_before_it_has_lasted() -> None:
    enough = round((LAG_S + SETTLED_S) / PERIOD_S) + 2
    assert kept_up_since(looks(list(range(20, 20 + enough - 5))), 2.0, LAG_S) is None
    assert kept_up_since(looks(list(range(20, 20 + enough))), 2.0, LAG_S) is not None


def test_one_batch_that_is_missing_is_being_behind_whatever_came_after_it() -> None:
    whole = LaneState(high=30, votes=300)
    holed = LaneState(high=30, gaps=((12, 12),), votes=290)
    assert look_of(1.0, {LANE: 30}, {LANE: whole}).done == {LANE: 30}
    assert look_of(1.0, {LANE: 30}, {LANE: holed}).done == {LANE: 11}
    assert look_of(1.0, {LANE: 30}, None).done is None


def test_a_lag_is_the_age_of_the_oldest_batch_that_is_not_applied() -> None:
    seen = looks([19, 20, 20, 23])
    assert [round(lag, 1) for lag in lags(seen, 2.0)] == [0.1, 0.1, 0.2, 0.0]
