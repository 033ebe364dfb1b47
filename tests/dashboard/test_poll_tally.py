"""A tally takes over readings, and tells unknown from nothing."""

from collections import Counter

from core.latency import bucket_of, bucket_upper_ms
from dashboard.counted_second import CountedSecond, counted_seconds
from dashboard.poll_tally import PollReading, PollTally
from dashboard.snapshot import entry, opening, tick

NOW_S = 1_790_000_000
AS_OF = NOW_S * 1000 + 600


def reading(
    totals: dict[str, int], seconds: dict[int, dict[str, int]], *, as_of: int = AS_OF, back: int = 2
) -> PollReading:
    counted = {number: CountedSecond(Counter(votes)) for number, votes in seconds.items()}
    return PollReading(as_of, totals, as_of // 1000 - back, counted)


def test_before_the_first_reading_everything_is_unknown() -> None:
    tally = PollTally(("red", "blue"))
    assert entry(tally) == {
        "as_of": None,
        "total": None,
        "by_colour": None,
        "votes_per_second": None,
        "latency_ms": {"p50": None, "p99": None},
        "trend": None,
    }
    assert tick(tally, seq=1, server_now=5)["counts"] is None


def test_a_poll_without_votes_is_known_to_have_none() -> None:
    tally = PollTally(("red", "blue"))
    tally.apply(reading({}, {}))
    assert entry(tally) == {
        "as_of": AS_OF,
        "total": 0,
        "by_colour": {"red": 0, "blue": 0},
        "votes_per_second": 0,
        "latency_ms": {"p50": None, "p99": None},
        "trend": None,
    }


def test_items_of_all_slots_add_up_by_second() -> None:
    seconds = counted_seconds(
        [
            {"pk": "p", "sk": "counted#0000000007#00", "c#red": 2, "l#3": 2, "a#1": 2, "ttl": 9},
            {"pk": "p", "sk": "counted#0000000007#15", "c#red": 1, "c#blue": 4, "l#3": 5},
            {"pk": "p", "sk": "counted#0000000008#00", "c#blue": 1},
        ]
    )
    assert seconds == {
        7: CountedSecond(Counter(red=3, blue=4), Counter({3: 7})),
        8: CountedSecond(Counter(blue=1)),
    }


def test_votes_per_second_are_of_the_newest_second_that_is_settled() -> None:
    tally = PollTally(("red",))
    seconds = {NOW_S - 2: {"red": 7}, NOW_S - 1: {"red": 9}, NOW_S: {"red": 3}}
    tally.apply(reading({"red": 19}, seconds))
    assert tally.votes_per_second == 9
    tally.apply(reading({"red": 19}, seconds, as_of=NOW_S * 1000 + 499))
    assert tally.votes_per_second == 7


def test_a_reading_replaces_its_seconds_and_keeps_older_ones() -> None:
    tally = PollTally(("red",))
    tally.apply(reading({"red": 1}, {NOW_S - 100: {"red": 5}, NOW_S - 1: {"red": 1}}, back=120))
    tally.apply(reading({"red": 4}, {NOW_S - 1: {"red": 4}}))
    assert tally.counts_of(NOW_S - 100) == [5]
    assert tally.counts_of(NOW_S - 1) == [4]


def test_seconds_older_than_the_history_are_let_go() -> None:
    tally = PollTally(("red",))
    tally.apply(reading({"red": 1}, {NOW_S: {"red": 1}}))
    tally.apply(reading({"red": 1}, {}, as_of=AS_OF + 200_000))
    assert tally.seconds == {}


def test_latency_quantiles_are_of_the_last_seconds_only() -> None:
    tally = PollTally(("red",))
    seconds = {
        NOW_S - 60: CountedSecond(Counter(red=1000), Counter({bucket_of(50_000): 1000})),
        NOW_S - 1: CountedSecond(Counter(red=100), Counter({bucket_of(80): 99, bucket_of(900): 1})),
    }
    tally.apply(PollReading(AS_OF, {"red": 1100}, NOW_S - 120, seconds))
    assert tally.latency_ms(0.5) == round(bucket_upper_ms(bucket_of(80)))
    assert tally.latency_ms(0.99) == round(bucket_upper_ms(bucket_of(80)))
    assert tally.latency_ms(1.0) == round(bucket_upper_ms(bucket_of(900)))


def test_a_counted_colour_that_the_rules_do_not_name_is_still_shown() -> None:
    tally = PollTally(("red",))
    tally.apply(reading({"red": 1, "mauve": 2}, {}))
    assert entry(tally)["by_colour"] == {"red": 1, "mauve": 2}
    tally.set_palette(("red", "green"))
    assert tally.palette == ("red", "green", "mauve")
    assert entry(tally)["total"] == 3


def test_only_what_ticks_do_not_carry_starts_viewers_anew() -> None:
    tally = PollTally(("red",))
    tally.apply(reading({"red": 1}, {NOW_S: {"red": 1}}))
    epoch, revision = tally.epoch, tally.revision
    tally.apply(reading({"red": 1}, {NOW_S: {"red": 1}}))
    assert (tally.epoch, tally.revision) == (epoch, revision)
    tally.apply(reading({"red": 2}, {NOW_S: {"red": 2}}))
    assert (tally.epoch, tally.revision) == (epoch, revision + 1)
    late = {NOW_S - 8: {"red": 1}, NOW_S: {"red": 2}}
    tally.apply(reading({"red": 3}, late, back=10))
    assert tally.epoch == epoch + 1
    tally.set_palette(("red", "blue"))
    assert tally.epoch == epoch + 2


def test_an_opening_carries_two_minutes_and_a_tick_the_last_seconds() -> None:
    tally = PollTally(("red", "blue"))
    tally.apply(reading({"red": 1}, {NOW_S - 1: {"red": 1}}))
    first = opening(tally, poll="cube", polls=["z", "cube"], seq=4, server_now=AS_OF + 9)
    assert first["polls"] == ["cube", "z"]
    assert [swatch.name for swatch in first["palette"]] == ["red", "blue"]
    assert len(first["seconds"]) == 120
    assert first["seconds"][-1] == (NOW_S - 1, [1, 0])
    later = tick(tally, seq=5, server_now=AS_OF)
    assert [second for second, _ in later["seconds"]] == list(range(NOW_S - 4, NOW_S))
    assert sum(later["shares"]) == 1000
