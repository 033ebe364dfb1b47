"""Latency histograms, increments, back-off, items, settings: small arithmetic that all rely on."""

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.backoff import full_jitter_ms
from core.clock import ManualClock, SystemClock
from core.errors import CubeError, Misconfigured
from core.item import from_item, to_attribute, to_item
from core.keys import slot_of_hash, slot_of_lane
from core.lane import explicit_hash_key
from core.latency import BUCKETS, bucket_of, bucket_upper_ms, quantile_ms
from core.limits import CAST_LATENCY_MS_MAX
from core.settings import Settings
from core.tally import Increments, add_latencies, add_votes, colours_of


@given(st.integers(0, 600_000_000))
def test_a_bucket_holds_its_value_to_within_nineteen_percent(latency_ms: int) -> None:
    bucket = bucket_of(latency_ms)
    assert 0 <= bucket < BUCKETS
    assert latency_ms < bucket_upper_ms(bucket) or latency_ms == 0
    if bucket > 1:
        assert bucket_upper_ms(bucket - 1) <= latency_ms


def test_clock_skew_counts_as_zero() -> None:
    assert bucket_of(-5) == bucket_of(0) == 0


def test_quantiles_of_a_histogram() -> None:
    histogram = Counter({bucket_of(10): 99, bucket_of(1_000): 1})
    assert quantile_ms(histogram, 0.5) == bucket_upper_ms(bucket_of(10))
    assert quantile_ms(histogram, 0.99) == bucket_upper_ms(bucket_of(10))
    assert quantile_ms(histogram, 1.0) == bucket_upper_ms(bucket_of(1_000))
    assert quantile_ms({}, 0.5) is None


@given(st.lists(st.lists(st.integers(0, 10**6), min_size=1), min_size=2, max_size=4))
def test_histograms_merge_by_addition(parts: list[list[int]]) -> None:
    merged: Counter[int] = Counter()
    for part in parts:
        merged += Counter(map(bucket_of, part))
    assert merged == Counter(bucket_of(value) for part in parts for value in part)


def test_votes_add_to_totals_seconds_and_counted_seconds() -> None:
    into = Increments()
    add_votes(into, 3, {("cube", "red", 100): 2, ("cube", "blue", 101): 1}, counted_ms=105_500)
    assert into.items["poll#cube", "total#03"] == {"c#red": 2, "c#blue": 1}
    assert into.items["poll#cube", "second#0000000100#03"] == {"c#red": 2, "n": 2}
    assert into.items["poll#cube", "counted#0000000105#03"] == {"c#red": 2, "c#blue": 1}
    assert colours_of(into.items.values()) == {"red": 6, "blue": 3}


def test_backlog_is_not_latency() -> None:
    into = Increments()
    counted_ms = 10_000_000
    cast = {counted_ms - 50: 3, counted_ms - CAST_LATENCY_MS_MAX: 4, counted_ms + 9: 1}
    add_latencies(into, 0, "cube", cast, arrival_ms=counted_ms - 10, counted_ms=counted_ms)
    (counts,) = into.items.values()
    assert counts == {f"a#{bucket_of(10)}": 8, f"l#{bucket_of(50)}": 3, "l#0": 1}


def test_increments_know_whether_they_fit() -> None:
    one, two = Increments(), Increments()
    one.add(("a", "b"), "x", 1)
    two.add(("a", "b"), "x", 2)
    two.add(("a", "c"), "y", 1)
    one.merge(two)
    assert one.items == {("a", "b"): {"x": 3}, ("a", "c"): {"y": 1}}
    assert one.fits(2)
    assert not one.fits(1)


def test_a_lane_and_its_hash_key_share_a_writer_slot() -> None:
    for lane in range(32):
        assert slot_of_lane(lane, 32) == slot_of_hash(int(explicit_hash_key(lane, 32)))


def test_back_off_is_full_jitter_under_a_cap() -> None:
    rng = random.Random(1)
    waits = [full_jitter_ms(rng, attempt=3, base_ms=10, cap_ms=500) for _ in range(500)]
    assert (min(waits) < 10, max(waits) <= 80) == (True, True)
    capped = [full_jitter_ms(rng, attempt=99, base_ms=10, cap_ms=500) for _ in range(500)]
    assert 400 < max(capped) <= 500


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.dictionaries(st.text(), VALUES))
def test_values_come_back_from_their_item(values: dict[str, object]) -> None:
    assert from_item(to_item(values)) == values


def test_floats_are_not_stored() -> None:
    with pytest.raises(TypeError, match="float"):
        to_attribute(1.5)


def test_settings_come_from_the_environment_and_go_back_to_it() -> None:
    settings = Settings.from_env({"CUBE_STREAM": "other", "CUBE_POLL": "", "HOME": "x"})
    assert (settings.stream, settings.poll) == ("other", "cube")
    assert Settings.from_env(settings.to_env()) == settings


def test_the_clock_that_stands_still_moves_when_it_is_told() -> None:
    clock = ManualClock(5)
    clock.advance(7)
    assert (clock.now_ms(), clock.monotonic_ms()) == (12, 7)
    system = SystemClock()
    assert system.monotonic_ms() <= system.monotonic_ms()
    assert system.now_ms() > 1_700_000_000_000


def test_every_error_has_a_code_of_its_own() -> None:
    def leaves(error: type[CubeError]) -> list[type[CubeError]]:
        return [error, *(leaf for child in error.__subclasses__() for leaf in leaves(child))]

    codes = [error.code for error in leaves(CubeError)]
    assert len(codes) == len(set(codes))
    assert Misconfigured.exit_code == 3
