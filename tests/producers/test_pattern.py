"""Patterns: whole votes out of elapsed time, none forgotten, however the time is cut up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.pattern import DAY_S, PATTERNS, SPIKE_PERIOD_S, Pace


def votes_in(pattern: str, rate: float, seconds: float, *, step_ms: float = 10) -> list[int]:
    """Return the votes cast in each second."""
    pace = Pace(pattern, rate)
    steps = round(1000 / step_ms)
    return [sum(pace.advance(step_ms) for _ in range(steps)) for _ in range(round(seconds))]


@given(
    steps_ms=st.lists(st.integers(0, 250), min_size=1, max_size=50),
    rate=st.sampled_from([0.5, 7.0, 10_000.0]),
)
def test_a_steady_pace_is_exact_however_time_is_cut_up(steps_ms: list[int], rate: float) -> None:
    pace = Pace("steady", rate)
    votes = sum(pace.advance(step_ms) for step_ms in steps_ms)
    assert votes == pytest.approx(rate * sum(steps_ms) / 1000, abs=1)


@pytest.mark.parametrize(
    ("pattern", "period_s"),
    [("steady", 1), ("flaky", 1), ("spiky", SPIKE_PERIOD_S), ("diurnal", DAY_S)],
)
def test_a_pattern_keeps_the_rate_on_average(pattern: str, period_s: float) -> None:
    votes = votes_in(pattern, 1_000, period_s)
    assert sum(votes) == pytest.approx(1_000 * period_s, rel=0.01)


def test_a_ramp_rises_to_the_rate_and_stays_there() -> None:
    votes = votes_in("ramp", 1_000, 90)
    assert votes[0] < 150
    assert votes[:60] == sorted(votes[:60])
    assert all(count == pytest.approx(1_000, abs=1) for count in votes[61:])


def test_spikes_stand_out_and_come_again() -> None:
    votes = votes_in("spiky", 1_000, 2 * SPIKE_PERIOD_S)
    spikes = [second for second, count in enumerate(votes) if count > 5_000]
    assert spikes == [9, 19]


def test_a_day_has_a_night() -> None:
    votes = votes_in("diurnal", 1_000, DAY_S)
    assert max(votes) > 1_750
    assert min(votes) < 250


@pytest.mark.parametrize("pattern", PATTERNS)
def test_no_pattern_ever_stands_still(pattern: str) -> None:
    assert min(votes_in(pattern, 1_000, 30)) > 0
