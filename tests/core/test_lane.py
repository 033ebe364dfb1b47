"""Lane arithmetic: every batch is applied exactly once, in whatever order it comes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import limits
from core.errors import LaneGapsExceeded
from core.item import from_item, to_item
from core.lane import LaneState, explicit_hash_key, lane_of, partition_key


def apply(state: LaneState, number: int) -> LaneState:
    return state.advance(number, lines=1, done=True, votes=1, parked=0)


@given(st.permutations(range(1, 12)), st.lists(st.integers(1, 11), max_size=20))
def test_any_order_with_any_repeats_applies_each_batch_once(
    order: list[int], again: list[int]
) -> None:
    state = LaneState()
    applied: list[int] = []
    for number in [*order, *again]:
        if state.applied_lines(number) is not None:
            state = apply(state, number)
            applied.append(number)
    assert sorted(applied) == list(range(1, 12))
    assert (state.high, state.missing(), state.votes) == (11, 0, 11)


def test_a_jump_adds_the_gap_to_missing_and_a_late_batch_closes_it() -> None:
    state = apply(apply(LaneState(), 1), 5)
    assert state.gaps == ((2, 4),)
    assert state.missing() == 3
    state = apply(state, 3)
    assert state.gaps == ((2, 2), (4, 4))
    assert state.applied_lines(3) is None
    assert apply(apply(state, 2), 4).missing() == 0


def test_a_prefix_leaves_the_batch_missing_with_its_position() -> None:
    state = LaneState().advance(1, lines=40, done=False, votes=40, parked=0)
    assert (state.applied_lines(1), state.missing()) == (40, 1)
    ahead = apply(state, 2)
    assert ahead.applied_lines(1) == 40
    done = ahead.advance(1, lines=90, done=True, votes=49, parked=1)
    assert (done.missing(), done.partial, done.votes, done.parked) == (0, {}, 90, 1)


def test_a_batch_is_never_applied_twice() -> None:
    with pytest.raises(AssertionError, match="applied once"):
        apply(apply(LaneState(), 1), 1)


def test_holes_are_bounded() -> None:
    gaps = tuple((4 * n + 1, 4 * n + 2) for n in range(limits.LANE_GAPS_MAX))
    state = LaneState(high=10 * limits.LANE_GAPS_MAX, gaps=gaps)
    with pytest.raises(LaneGapsExceeded):
        apply(state, state.high + 5)


@given(st.lists(st.integers(1, 30), unique=True))
def test_a_state_comes_back_from_its_item(numbers: list[int]) -> None:
    state = LaneState()
    for number in numbers:
        state = state.advance(number, lines=3, done=number % 3 > 0, votes=3, parked=1)
    assert LaneState.from_values(from_item(to_item(state.to_values()))) == state


def test_lanes_spread_evenly_over_the_hash_space() -> None:
    keys = [int(explicit_hash_key(lane, 32)) for lane in range(32)]
    shards = [key * 8 // limits.HASH_KEY_END for key in keys]
    assert [shards.count(shard) for shard in range(8)] == [4] * 8
    assert len({partition_key("p", lane) for lane in range(32)}) == 32


def test_devices_spread_over_lanes_and_keep_theirs() -> None:
    lanes = [lane_of(f"device-{number}", 32) for number in range(3_200)]
    assert lanes == [lane_of(f"device-{number}", 32) for number in range(3_200)]
    assert min(lanes.count(lane) for lane in range(32)) > 60
