"""Whatever was sent, repeated, delayed and spoilt: a re-count finds the damage and nothing else."""

import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from core import keys
from tests.local.recount.desk import MINUTE, RecountDesk

COLOURS = st.sampled_from(["red", "blue", "white", "no-colour"])
AGES_MS = st.sampled_from([0, 900, 61_000, 3 * MINUTE, 7 * 86_400_000])
STEPS = st.one_of(
    st.tuples(st.just("batch"), st.lists(COLOURS, min_size=1, max_size=4), AGES_MS),
    st.tuples(st.just("loose"), st.lists(COLOURS, min_size=1, max_size=2), AGES_MS),
    st.tuples(st.sampled_from(["again", "batch again", "bad", "count", "deliver", "twice"])),
    st.tuples(st.just("wait"), st.sampled_from([1, 700, 40_000, 2 * MINUTE])),
)
DAMAGE = st.tuples(
    st.sampled_from(["total", "cast", "arrived"]),
    st.integers(0, 5),  # minutes since the first vote
    st.sampled_from(["red", "blue"]),
    st.integers(-3, 3).filter(bool),
)


class Story:
    """Takes steps on a desk; all unstamped records have one shard, where their order is known."""

    def __init__(self, desk: RecountDesk) -> None:
        self.desk = desk
        self.batches: list[bytes] = []
        self.loose: list[bytes] = []
        self.lane = 0

    def take(self, step: tuple[object, ...]) -> None:
        desk = self.desk
        match step:
            case ("batch", list(colours), int(age_ms)):
                self.lane = (self.lane + 1) % 3
                batch = desk.send(desk.votes(*colours, age_ms=age_ms), lane=self.lane)
                self.batches.append(batch)
            case ("loose", list(colours), int(age_ms)):
                desk.put_votes(*desk.votes(*colours, age_ms=age_ms))
            case ("again",):
                desk._seq = max(0, desk._seq - 1)  # an identity is said again, or otherwise
                desk.put_votes(*desk.votes("red"))
            case ("batch again",):
                if self.batches:
                    desk.put(self.batches[-1], f"p-{self.lane}")
            case ("bad",):
                desk.put(b"this is no vote\n")
            case ("count",):
                desk.count()
            case ("deliver",):
                desk.deliver()
            case ("twice",):
                desk._delivered.clear()
                desk.deliver()
            case ("wait", int(ms)):
                desk.clock.advance(ms)
            case _:
                raise AssertionError(step)


def spoil(desk: RecountDesk, first_ms: int, damage: list[tuple[str, int, str, int]]) -> None:
    for what, minute, colour, count in damage:
        at_ms = first_ms + minute * MINUTE
        if what == "arrived":
            line = keys.ledger_sk(at_ms // MINUTE, minute)
            desk.spoil("ledger#cube", line, counted=count)
        else:
            second = keys.second_sk(at_ms // 1000, minute)
            sk = keys.total_sk(minute) if what == "total" else second
            desk.spoil("poll#cube", sk, **{f"c_{colour}": count})


def expected(first_ms: int, damage: list[tuple[str, int, str, int]]) -> Counter[object]:
    lacks: Counter[object] = Counter()
    for what, minute, colour, count in damage:
        at = None if what == "total" else first_ms // MINUTE + minute
        lacks[what, at, "counted" if what == "arrived" else colour] -= count
    return Counter({key: count for key, count in lacks.items() if count})


@settings(max_examples=40, deadline=None)
@given(
    before=st.lists(STEPS, max_size=12),
    damage=st.lists(DAMAGE, max_size=4),
    after=st.lists(STEPS, max_size=8),
)
def test_a_recount_finds_what_was_spoilt_and_nothing_else(
    before: list[tuple[object, ...]],
    damage: list[tuple[str, int, str, int]],
    after: list[tuple[object, ...]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        desk = RecountDesk(Path(folder))
        story = Story(desk)
        first_ms = desk.clock.now_ms()
        for step in before:
            story.take(step)
        desk.count()
        desk.pass_minutes(7)
        spoil(desk, first_ms, damage)
        for step in after:
            story.take(step)
        desk.count()
        desk.clock.advance(5_000)  # unstamped lines are done for certain
        lacks: Counter[object] = Counter()
        for comparison in (desk.repair(), desk.repair()):  # not all was delivered at first
            assert comparison.open == []
            for each in comparison.differences:
                lacks[each.what, each.minute, each.name] += each.lacks
        assert {key: count for key, count in lacks.items() if count} == expected(first_ms, damage)
        assert desk.repair().differences == []
        desk.close()
