"""A shard's trend: what it holds is what arrived, each record once, against a naive model."""

from collections import Counter
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from core import limits
from core.sketch import Sketch
from core.trend import TrendState, from_trend_item, to_trend_item
from processors.trend_fold import fold
from processors.trend_votes import Glance, Heard

START_S = 1_790_000_000
COLOURS = ("red", "blue", "green")
names = st.sampled_from([f"d{number}" for number in range(12)])
glances = st.builds(Glance, st.just("cube"), names, st.sampled_from(COLOURS))
# Seconds since the record before: a shard's arrivals may step back a little.
steps = st.integers(-2, 90)
shards = st.lists(st.tuples(steps, st.lists(glances, min_size=1, max_size=6)), min_size=1)


def heard_of(records: Sequence[tuple[int, list[Glance]]]) -> list[Heard]:
    second, heard = START_S, []
    for sequence, (step, votes) in enumerate(records, 1):
        second += step
        heard.append(Heard(sequence, second, votes))
    return heard


def votes_at(heard: Sequence[Heard], colour: str) -> Counter[int]:
    counts: Counter[int] = Counter()
    for each in heard:
        counts[each.second] += sum(vote.colour == colour for vote in each.votes)
    return counts


def series(state: TrendState, colour: str) -> Counter[int]:
    counts = state.seconds.get(colour, [])
    first = state.second - len(counts) + 1
    return +Counter({first + place: count for place, count in enumerate(counts)})


def folded(heard: Sequence[Heard], state: TrendState | None = None) -> TrendState:
    after = fold(state, heard)
    assert after is not None
    return after


@given(shards)
def test_the_last_minute_is_what_arrived_in_it(
    records: list[tuple[int, list[Glance]]],
) -> None:
    heard = heard_of(records)
    state = folded(heard)
    newest = max(each.second for each in heard)
    assert (state.second, state.through) == (newest, len(heard))
    for colour in COLOURS:
        expected = {
            second: count
            for second, count in votes_at(heard, colour).items()
            if count and second > newest - limits.TREND_SECONDS
        }
        assert series(state, colour) == expected


@given(shards, st.data())
def test_however_a_batch_is_cut_and_comes_again_each_record_is_in_it_once(
    records: list[tuple[int, list[Glance]]], data: st.DataObject
) -> None:
    """B16, B23: a retry brings the same records again, a bisection cuts them elsewhere."""
    heard = heard_of(records)
    whole = folded(heard)
    state: TrendState | None = None
    done = 0
    while done < len(heard):
        start = data.draw(st.integers(0, done))  # from before: redelivered
        stop = data.draw(st.integers(done + 1, len(heard)))
        state = folded(heard[start:stop], state)
        assert fold(state, heard[start:stop]) is None, "again, it adds nothing"
        done = stop
    assert state is not None
    assert (state.seconds, state.slots) == (whole.seconds, whole.slots)
    assert (state.second, state.began, state.through) == (
        whole.second,
        whole.began,
        whole.through,
    )
    assert abs(state.devices.recent.total - whole.devices.recent.total) < 1e-6


@given(shards)
def test_an_item_brings_its_state_back(records: list[tuple[int, list[Glance]]]) -> None:
    state = folded(heard_of(records))
    state.through = 49590338271490256608559692540925702759324208523137515618
    assert from_trend_item(to_trend_item("cube", "shardId-000000000000", state)) == state


def test_a_state_is_never_changed_in_place() -> None:
    state = folded(heard_of([(0, [Glance("cube", "d", "red")])]))
    before = state.copy()
    folded([Heard(2, START_S + 1, [Glance("cube", "e", "red")])], state)
    assert state == before


def test_a_new_stream_of_the_old_name_begins_anew() -> None:
    """Its numbers may be lower than those of the stream that was deleted."""
    state = folded([Heard(900, START_S, [Glance("cube", "d", "red")])])
    later_s = START_S + limits.TREND_RESTART_S + 1
    again = folded([Heard(5, later_s, [Glance("cube", "d", "blue")])], state)
    assert (again.through, again.began, set(again.seconds)) == (5, later_s, {"blue"})
    assert fold(state, [Heard(5, START_S + 1, [Glance("cube", "d", "blue")])]) is None


def test_after_an_hour_of_silence_nothing_of_before_is_left() -> None:
    state = folded([Heard(1, START_S, [Glance("cube", "d", "red")])])
    later_s = START_S + limits.TREND_KEPT_S + 1
    after = folded([Heard(2, later_s, [Glance("cube", "e", "blue")])], state)
    assert after.began == later_s
    assert set(after.devices.usual.counts) == {"e"}


def test_colours_nobody_could_read_are_left_out_and_only_the_busiest_are_kept() -> None:
    many = [
        Glance("cube", "d", f"shade {number}")
        for number in range(limits.TREND_COLOURS_MAX + 9)
        for _ in range(number + 1)
    ]
    state = folded(
        [Heard(1, START_S, [*many, Glance("cube", "d", "\x07"), Glance("cube", "d", "")])]
    )
    assert len(state.seconds) == limits.TREND_COLOURS_MAX
    assert "shade 0" not in state.seconds
    assert state.seconds.keys() == state.slots.keys()


counts = st.dictionaries(st.integers(0, 40).map(str), st.integers(1, 50), max_size=40)


@given(st.lists(st.tuples(counts, st.sampled_from([1.0, 0.5, 0.9])), max_size=12))
def test_a_sketch_is_never_too_high_and_short_by_no_more_than_it_says(
    batches: list[tuple[dict[str, int], float]],
) -> None:
    size = 5
    sketch = Sketch()
    true: Counter[str] = Counter()
    for batch, factor in batches:
        sketch.decay(factor)
        true = Counter({name: weight * factor for name, weight in true.items()})
        sketch.add(batch, size=size)
        true.update(batch)
    assert len(sketch.counts) <= size
    total = sum(true.values())
    assert abs(sketch.total - total) <= 1e-6 * max(1, total)
    assert sketch.short <= total / (size + 1) + 1e-6
    for name, weight in true.items():
        assert sketch.at_least(name) <= weight + 1e-6
        assert weight <= sketch.at_most(name) + 1e-6


@given(counts, counts)
def test_merged_sketches_keep_their_bounds(left: dict[str, int], right: dict[str, int]) -> None:
    first, second = Sketch(), Sketch()
    first.add(left, size=5)
    second.add(right, size=5)
    first.merge(second)
    for name in left.keys() | right.keys():
        weight = left.get(name, 0) + right.get(name, 0)
        assert first.at_least(name) <= weight <= first.at_most(name) + 1e-9
    assert first.total == sum(left.values()) + sum(right.values())
