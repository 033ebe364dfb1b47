"""Each verdict on what was applied and saved: what it accepts, and each way to break it."""

import pytest

from core.invariants.order import (
    checkpoints_never_regress,
    device_order_kept,
    each_identity_once,
)


def test_every_identity_applied_once_is_right() -> None:
    verdict = each_identity_once({("cube", "a", 1): 1, ("cube", "a", 2): 1})
    assert verdict.ok
    assert (verdict.left, verdict.right) == (2, 2)


@pytest.mark.parametrize(("times", "note"), [(0, "never applied"), (2, "more than once")])
def test_an_identity_applied_never_or_twice_is_named(times: int, note: str) -> None:
    verdict = each_identity_once({("cube", "a", 1): 1, ("cube", "b", 7): times})
    assert not verdict.ok
    assert note in verdict.note
    assert "('cube', 'b', 7)" in verdict.note


def test_one_lost_and_one_doubled_do_not_make_up_for_each_other() -> None:
    verdict = each_identity_once({1: 0, 2: 2})
    assert not verdict.ok
    assert verdict.left == verdict.right


def test_places_that_rise_or_stay_are_in_order() -> None:
    assert device_order_kept({"a": [1, 2, 2, 9], "b": [4], "c": []}).ok


def test_a_vote_applied_before_an_earlier_one_is_out_of_order() -> None:
    verdict = device_order_kept({"a": [1, 2, 3], "b": [4, 6, 5]})
    assert not verdict.ok
    assert (verdict.left, verdict.right) == (2, 1)
    assert verdict.note == "devices out of order: b"


def test_positions_that_rise_behind_what_is_done_are_right() -> None:
    assert checkpoints_never_regress({"tally/shard-0": [(1, 1), (1, 3), (3, 3)]}).ok


@pytest.mark.parametrize(
    ("saves", "note"),
    [([(3, 3), (2, 3)], "fell: tally/shard-1"), ([(1, 1), (3, 2)], "saved before it was done")],
)
def test_a_position_that_falls_or_runs_ahead_is_named(
    saves: list[tuple[int, int]], note: str
) -> None:
    verdict = checkpoints_never_regress({"tally/shard-0": [(1, 1)], "tally/shard-1": saves})
    assert not verdict.ok
    assert note in verdict.note
