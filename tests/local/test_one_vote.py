"""One vote: accepted, counted, and said so; kept when the stream is away."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import ServiceRefused
from core.poll import next_version
from core.vote import Vote
from local.one_vote import OneVote, cast, vote_outbox
from local.poll_change import change_poll
from producers.outbox import Outbox
from producers.publish import Publisher
from tests.local.desk import STREAM, TABLE, Desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path / "desk")
    yield desk
    desk.close()


def vote(desk: Desk, data: Path, *, counting: bool = True) -> OneVote:
    """Cast a vote of now; the tallies catch up whenever somebody waits."""

    def wait(ms: int) -> None:
        desk.clock.advance(max(1, ms))
        if counting:
            desk.count()

    outbox = Outbox.open(vote_outbox(data), clock=desk.clock, rng=random.Random(1))
    try:
        now_ms = desk.clock.now_ms()
        publisher = Publisher(outbox, desk, stream=STREAM, clock=desk.clock, rng=random.Random(1))
        press = Vote("cube", "me", now_ms, "red", now_ms)
        return cast(
            press, outbox, publisher, desk.dynamodb, table=TABLE, clock=desk.clock, wait=wait
        )
    finally:
        outbox.close()


def test_a_vote_is_counted_and_says_when(desk: Desk, tmp_path: Path) -> None:
    for number in (1, 2, 3):
        outcome = vote(desk, tmp_path)
        assert not outcome.parked
        assert outcome.accepted_ms is not None
        assert outcome.counted_ms is not None
        assert outcome.accepted_ms <= outcome.counted_ms
        assert desk.totals() == {"red": number}


def test_a_vote_that_is_not_counted_in_time_says_so(desk: Desk, tmp_path: Path) -> None:
    outcome = vote(desk, tmp_path, counting=False)
    assert outcome.accepted_ms is not None
    assert outcome.counted_ms is None


def test_a_vote_for_a_closed_poll_is_parked(desk: Desk, tmp_path: Path) -> None:
    now_ms = desk.clock.now_ms()
    change_poll(
        desk.dynamodb,
        TABLE,
        "cube",
        lambda newest: next_version(newest, poll="cube", now_ms=now_ms, closes_ms=now_ms),
    )
    desk.clock.advance(5_000)
    assert vote(desk, tmp_path).parked
    assert desk.totals() == {}


def test_a_vote_that_the_stream_does_not_take_is_kept_and_sent_with_the_next(
    desk: Desk, tmp_path: Path
) -> None:
    desk.away.set()
    with pytest.raises(ServiceRefused, match="putting vote: ServiceUnavailable; it is kept"):
        vote(desk, tmp_path)
    desk.away.clear()
    assert vote(desk, tmp_path).counted_ms is not None
    assert desk.totals() == {"red": 2}
