"""What the shards say together: momentum, leaders and suspects, against a naive model."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import limits
from dashboard.limits import (
    MOMENTUM_VOTES_MIN,
    TREND_SETTLE_S,
    TREND_STALE_S,
    USUAL_SEEN_S,
)
from dashboard.trend import Trend, leader_changes, momentum, read_trend
from dashboard.trend_entry import trend_entry
from tests.dashboard.shard_trend import shard_trend, steadily, watch

NOW_S = 1_790_000_000
UNTIL_S = NOW_S - TREND_SETTLE_S
COLOURS = ("red", "blue")
LONG_AGO_S = NOW_S - 600


def trend_of(*states: object, counted_s: int | None = NOW_S - 1, now_s: int = NOW_S) -> Trend:
    found = read_trend(states, now_s=now_s, counted_s=counted_s, known=COLOURS)  # type: ignore[arg-type] # states only
    assert found is not None
    return found


def test_a_colour_that_doubles_its_rate_rises_and_one_that_stops_falls() -> None:
    before, lately = range(UNTIL_S - 59, UNTIL_S - 9), range(UNTIL_S - 9, UNTIL_S + 1)
    state = shard_trend(
        {
            "red": steadily(10, before) | steadily(20, lately),
            "blue": steadily(10, before),
            "green": steadily(99, before),
        },
        began=LONG_AGO_S,
    )
    red, blue = trend_of(state).momentum
    assert (red.colour, red.short_rate, red.direction) == ("red", 20, "rising")
    assert red.long_rate == pytest.approx(700 / 60)
    assert red.ratio == pytest.approx(20 * 60 / 700)
    assert (blue.direction, blue.ratio, blue.short_rate) == ("falling", 0, 0)
    assert red.spark == [50] * 10 + [100, 100]


def test_seconds_that_may_still_fill_are_in_no_window() -> None:
    flood = steadily(1_000, range(UNTIL_S + 1, NOW_S + 1))
    state = shard_trend({"red": steadily(2, range(UNTIL_S - 59, UNTIL_S + 1)) | flood}, began=1)
    (red,) = trend_of(state).momentum
    assert (red.short_rate, red.long_rate, red.direction) == (2, 2, "steady")


@given(
    st.lists(
        st.dictionaries(st.integers(0, 90), st.integers(1, 50), min_size=1), min_size=1, max_size=4
    )
)
def test_shards_add_up_wherever_each_of_them_stopped(shards: list[dict[int, int]]) -> None:
    # A shard keeps so many seconds before its own newest.
    newest = [min(shard) for shard in shards]
    kept = Counter[int]()
    for shard, first in zip(shards, newest, strict=True):
        kept.update({a: n for a, n in shard.items() if a - first < limits.TREND_SECONDS})
    states = [
        shard_trend({"red": {NOW_S - age: n for age, n in shard.items()}}, began=LONG_AGO_S)
        for shard in shards
    ]
    votes = sum(n for age, n in kept.items() if TREND_SETTLE_S <= age < TREND_SETTLE_S + 60)
    found = trend_of(*states, counted_s=None).momentum
    assert sum(each.long_rate for each in found) == pytest.approx(votes / 60)


def test_few_votes_and_short_memories_say_nothing_of_direction() -> None:
    few = {"red": {UNTIL_S - 1: MOMENTUM_VOTES_MIN - 1}}
    (red,) = trend_of(shard_trend(few, began=LONG_AGO_S)).momentum
    assert (red.ratio, red.direction) == (None, "unknown")
    (red,) = trend_of(shard_trend({"red": steadily(100, range(NOW_S - 15, NOW_S))})).momentum
    assert (red.ratio, red.direction) == (None, "unknown")
    assert (red.short_rate, red.long_rate) == (100, 100), "divided by what was seen"


def test_a_colour_without_votes_is_not_listed_and_no_state_is_no_trend() -> None:
    state = shard_trend({"red": {UNTIL_S: 5}, "blue": {NOW_S - 90: 5}}, began=LONG_AGO_S)
    assert [each.colour for each in trend_of(state).momentum] == ["red"]
    assert read_trend([], now_s=NOW_S, counted_s=None, known=COLOURS) is None
    assert momentum({"red": {1: 1}}, until=5, began=9) == ()
    assert trend_entry(None, as_of=7) == {"as_of": 7, "heard": None}


def test_trends_behind_the_tallies_stand_still_and_say_so() -> None:
    """Without the processor rates would sink to nothing while votes are counted."""
    heard = NOW_S - 40
    state = shard_trend({"red": steadily(10, range(heard - 70, heard + 1))}, began=LONG_AGO_S)
    stopped = trend_of(state, counted_s=heard + TREND_STALE_S)
    assert (stopped.stale, stopped.behind_s, stopped.until) == (True, TREND_STALE_S, heard)
    assert stopped.momentum[0].short_rate == 10
    quiet = trend_of(state, counted_s=heard + TREND_STALE_S - 1)
    assert (quiet.stale, quiet.until) == (False, UNTIL_S)
    assert quiet.momentum[0].short_rate == 0
    assert not trend_of(state, counted_s=None).stale, "nobody votes: there is nothing to miss"


def test_the_leader_of_a_minute_changes_when_another_has_more() -> None:
    unit_s = limits.TREND_SLOT_S
    slots = {"red": Counter({100 + n: 10 for n in range(12)}), "blue": Counter({110: 50, 111: 50})}
    changes = leader_changes(slots, last=120)
    assert [(c.second // unit_s - 1, c.leader, c.before) for c in changes] == [
        (111, "blue", "red"),
        (100, "red", None),
    ]
    assert leader_changes(slots, last=110)[0].leader == "red", "60 each: who led still leads"
    assert leader_changes({}, last=120) == ()
    assert leader_changes({"red": Counter()}, last=120) == ()


leads = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=66, max_size=66)


@given(leads)
def test_changes_are_those_of_a_naive_look_at_each_minute(votes: list[tuple[int, int]]) -> None:
    slots = {
        colour: Counter({n: votes[n][place] for n in range(66)})
        for place, colour in enumerate(COLOURS)
    }
    leader: str | None = None
    expected: list[tuple[int, str]] = []
    for last in range(6, 66):
        red, blue = (sum(votes[n][p] for n in range(last - 5, last + 1)) for p in (0, 1))
        best = leader if red == blue and (leader or not red) else "red" if red >= blue else "blue"
        if best is not None and best != leader:
            expected.append((last, best))
            leader = best
    found = leader_changes(slots, last=65)
    unit_s = limits.TREND_SLOT_S
    assert [(each.second // unit_s - 1, each.leader) for each in reversed(found)] == expected


def others(count: int, votes: float) -> dict[str, float]:
    return {f"d{number}": votes for number in range(count)}


def suspects_of(recent: dict[str, float], usual: dict[str, float], *, kind: str = "device") -> list:  # type: ignore[type-arg] # of tuples
    mine, plain = watch(recent, usual), watch({"x": 1000.0}, {"x": 1000.0})
    state = shard_trend(
        {"red": {NOW_S - 1: 1}},
        began=LONG_AGO_S,
        devices=mine if kind == "device" else plain,
        regions=mine if kind == "region" else plain,
    )
    found = trend_of(state).suspects
    assert found is not None
    return [(each.kind, each.name) for each in found]


def test_a_device_far_above_its_usual_share_is_suspected_and_a_busy_one_is_not() -> None:
    crowd = others(500, 2.0)
    usual = others(500, 20.0)
    assert suspects_of(crowd | {"robot": 100.0}, usual) == [("device", "robot")]
    assert suspects_of(crowd | {"robot": 100.0}, usual | {"robot": 1000.0}) == []
    assert suspects_of(crowd | {"robot": 15.0}, usual) == [], "a share too small to matter"
    assert suspects_of({"a": 30.0, "robot": 60.0}, {"a": 300.0}) == [], "too few votes to say"


def test_a_region_is_suspected_by_the_same_rule_from_a_fifth_on() -> None:
    usual = {"north": 900.0, "south": 900.0, "east": 60.0}
    calm = {"north": 450.0, "south": 450.0}
    assert suspects_of(calm | {"east": 400.0}, usual, kind="region") == [("region", "east")]
    assert suspects_of(calm | {"east": 150.0}, usual, kind="region") == []


def test_what_the_sketch_does_not_know_accuses_nobody() -> None:
    """A name that is in no sketch may have had all that the sketch is short of."""
    who = watch(others(99, 1.0) | {"robot": 20.0}, others(99, 10.0))
    who.usual.short = who.usual.total * 0.1
    state = shard_trend({"red": {NOW_S - 1: 1}}, began=LONG_AGO_S, devices=who, regions=who)
    assert trend_of(state).suspects == ()
    who.usual.short = 0
    found = trend_of(state).suspects
    assert found
    assert found[0].name == "robot"


def test_until_the_usual_is_known_nobody_is_judged() -> None:
    who = watch({"robot": 500.0}, {"a": 500.0})
    young = shard_trend(
        {"red": {NOW_S - 1: 1}}, began=NOW_S - USUAL_SEEN_S, devices=who, regions=who
    )
    found = trend_of(young)
    assert found.suspects is None
    assert trend_entry(found, as_of=1)["suspects"] is None


def test_a_shard_that_was_heard_earlier_weighs_less() -> None:
    half_life_s = limits.TREND_RECENT_HALF_LIFE_S
    early = shard_trend(
        {"red": {NOW_S - 1 - half_life_s: 1}},
        began=LONG_AGO_S,
        devices=watch({"robot": 400.0}, {"a": 9000.0}),
        regions=watch({"x": 400.0}, {"x": 9000.0}),
    )
    late = shard_trend(
        {"red": {NOW_S - 1: 1}},
        began=LONG_AGO_S,
        devices=watch({"a": 800.0}, {"a": 900.0}),
        regions=watch({"x": 800.0}, {"x": 900.0}),
    )
    found = trend_of(early, late).suspects
    assert found is not None
    assert [(each.name, round(each.share, 3)) for each in found] == [("robot", 0.2)]
