"""The generator: pure, exact in number, in order for each device, and never the same vote twice."""

import random
from collections import Counter, defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.lane import lane_of
from core.poll import DEFAULT_PALETTE
from core.record import read_lines, read_payload
from core.verdict import Reason
from core.vote import Vote
from producers.crowd import Crowd
from producers.generate import PIECE_VOTES_MAX, SEQ_PER_MS, Chunk, Generator, read_chunk
from producers.offline import PERIOD_MS
from producers.preference import Preference

START_MS = 1_790_000_000_000
TICK_MS = 20


def run(crowd: Crowd, *, ticks: int, votes: int, start_ms: int = START_MS) -> list[list[Chunk]]:
    generator = Generator(crowd, start_ms=start_ms)
    chunks = [generator.tick(start_ms + tick * TICK_MS, votes) for tick in range(ticks)]
    return [*chunks, generator.finish(start_ms + ticks * TICK_MS)]


def votes_of(chunks: list[list[Chunk]]) -> list[Vote]:
    return [vote for tick in chunks for chunk in tick for vote in read_chunk(chunk)]


def test_the_same_seed_and_times_give_the_same_bytes() -> None:
    crowd = Crowd(seed=7, devices=300, pattern="flaky", late_share=0.05, malformed_share=0.05)
    assert run(crowd, ticks=20, votes=50) == run(crowd, ticks=20, votes=50)


def test_another_seed_gives_other_votes() -> None:
    one, other = (votes_of(run(Crowd(seed=seed), ticks=3, votes=50)) for seed in (1, 2))
    assert [vote.colour for vote in one] != [vote.colour for vote in other]


@settings(deadline=None, max_examples=50)
@given(
    counts=st.lists(st.integers(0, 3 * PIECE_VOTES_MAX), min_size=1, max_size=5),
    devices=st.sampled_from([1, 2, 31, 500]),
    pattern=st.sampled_from(["steady", "flaky"]),
    late=st.sampled_from([0.0, 0.3]),
    malformed=st.sampled_from([0.0, 0.3]),
)
def test_every_tick_casts_exactly_as_many_votes_as_asked(
    counts: list[int], devices: int, pattern: str, late: float, malformed: float
) -> None:
    crowd = Crowd(
        seed=1, devices=devices, pattern=pattern, late_share=late, malformed_share=malformed
    )
    generator = Generator(crowd, start_ms=START_MS)
    sent = 0
    for tick, count in enumerate(counts):
        chunks = generator.tick(START_MS + tick * TICK_MS, count)
        sent += sum(chunk.votes for chunk in chunks)
        assert all(chunk.lines.count(b"\n") == chunk.votes for chunk in chunks)
        assert sent + generator.held_votes == sum(counts[: tick + 1])
    sent += sum(chunk.votes for chunk in generator.finish(START_MS + 10_000))
    assert sent == sum(counts)
    assert generator.held_votes == 0


def test_a_vote_travels_in_the_lane_of_its_device() -> None:
    crowd = Crowd(seed=1, devices=100, late_share=0.1)
    for tick in run(crowd, ticks=5, votes=200):
        for chunk in tick:
            assert {lane_of(vote.device_id, 32) for vote in read_chunk(chunk)} == {chunk.lane}


@pytest.mark.parametrize("pattern", ["steady", "flaky"])
def test_seq_rises_for_each_device_in_the_order_of_sending(pattern: str) -> None:
    ticks = PERIOD_MS[1] // TICK_MS  # every flaky group goes off and comes back
    last_seq: dict[str, int] = defaultdict(int)
    for vote in votes_of(run(Crowd(seed=3, devices=80, pattern=pattern), ticks=ticks, votes=12)):
        assert vote.seq > last_seq[vote.device_id]
        last_seq[vote.device_id] = vote.seq
    assert len(last_seq) > 70


def test_no_identity_comes_twice_within_a_run_nor_in_a_later_one() -> None:
    crowd = Crowd(seed=1, devices=5, late_share=0.1)
    first = votes_of(run(crowd, ticks=10, votes=SEQ_PER_MS))
    second = votes_of(run(crowd, ticks=10, votes=SEQ_PER_MS, start_ms=START_MS + 10 * TICK_MS))
    identities = [vote.identity for vote in first + second]
    assert len(identities) == 20 * SEQ_PER_MS
    assert len(set(identities)) == len(identities)


def test_two_outboxes_have_devices_of_their_own() -> None:
    one = votes_of(run(Crowd(seed=1, namespace="cube-aaaaaa"), ticks=2, votes=500))
    two = votes_of(run(Crowd(seed=1, namespace="cube-bbbbbb"), ticks=2, votes=500))
    assert not {vote.device_id for vote in one} & {vote.device_id for vote in two}


def test_votes_carry_the_time_of_their_tick_and_a_colour_of_the_palette() -> None:
    generator = Generator(Crowd(seed=1), start_ms=START_MS)
    for now_ms in (START_MS, START_MS + 999):
        chunks = [generator.tick(now_ms, 1000)]
        assert {vote.voted_at for vote in votes_of(chunks)} == {now_ms}
        assert {vote.colour for vote in votes_of(chunks)} == set(DEFAULT_PALETTE)


def test_colours_are_escaped() -> None:
    palette = ('sea "blue"', "50%", "brön\\ze")
    crowd = Crowd(seed=1, palette=palette, devices=50)
    votes = votes_of(run(crowd, ticks=1, votes=300))
    assert {vote.colour for vote in votes} == set(palette)
    assert len(votes) == 300


def test_flaky_devices_come_back_with_their_backlog_and_its_times() -> None:
    crowd = Crowd(seed=5, devices=200, pattern="flaky")
    generator = Generator(crowd, start_ms=START_MS)
    backlog_ages: list[int] = []
    most_held = 0
    for tick in range(PERIOD_MS[1] // TICK_MS):
        now_ms = START_MS + tick * TICK_MS
        for vote in votes_of([generator.tick(now_ms, 20)]):
            backlog_ages.append(now_ms - vote.voted_at)
        most_held = max(most_held, generator.held_votes)
    assert most_held > 200
    assert max(backlog_ages) > 1_000
    assert Counter(age > 0 for age in backlog_ages)[True] > 1_000


def test_late_votes_are_as_many_as_asked_and_still_count() -> None:
    crowd = Crowd(seed=1, late_share=0.1)
    generator = Generator(crowd, start_ms=START_MS)
    votes = votes_of([generator.tick(START_MS, 1_000)])
    late = [vote for vote in votes if vote.voted_at < START_MS]
    assert len(late) == generator.late_votes == 100
    assert all(60_000 <= START_MS - vote.voted_at <= 3_600_000 for vote in late)


def test_malformed_lines_are_as_many_as_asked_and_break_nothing_around_them() -> None:
    generator = Generator(Crowd(seed=1, malformed_share=0.1), start_ms=START_MS)
    chunks = generator.tick(START_MS, 1_000)
    reasons = Counter(
        line.reason for chunk in chunks for line in read_lines(chunk.lines, 1) if line.reason
    )
    assert sum(reasons.values()) == generator.malformed_lines == 100
    assert set(reasons) == {
        Reason.NOT_JSON,
        Reason.MISSING_FIELD,
        Reason.BAD_VALUE,
        Reason.BAD_VERSION,
    }
    assert all(read_payload(chunk.lines, 0).broken is None for chunk in chunks)
    assert len(votes_of([chunks])) == 900


def test_preferences_drift_so_that_the_leader_changes() -> None:
    preference = Preference(random.Random(1), 6, start_ms=START_MS)
    leaders = set()
    for second in range(120):
        weights = preference.weights(START_MS + second * 1000)
        assert all(0.3 < weight < 3 for weight in weights)
        leaders.add(weights.index(max(weights)))
    assert len(leaders) >= 3
