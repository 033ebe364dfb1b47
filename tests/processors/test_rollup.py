"""The rollup: seconds become minutes, minutes one old item, and no vote is lost on the way."""

import random

import pytest

from core import limits
from processors.rollup import Rollup
from tests.processors.room import TABLE, Room, stamped


def rollup(room: Room) -> int:
    moved = Rollup(room.table, table=TABLE).run(["cube"], now_ms=room.clock.now_ms())
    return moved


def vote_for_a_while(room: Room, seconds: int = 200) -> None:
    rng = random.Random(5)
    for number in range(1, seconds // 10):
        now_ms = room.clock.now_ms()
        votes = [
            room.vote(number * 100 + n, rng.choice(["red", "blue"]), voted_at=now_ms - n * 999)
            for n in range(30)
        ]
        room.run(room.record(stamped(votes, number)))
        room.clock.advance(10_000)


def test_young_tallies_stay_as_they_are(room: Room) -> None:
    vote_for_a_while(room)
    assert rollup(room) == 0


def test_a_day_old_seconds_become_minutes(room: Room) -> None:
    vote_for_a_while(room)
    before = room.table.seconds()
    room.clock.advance(limits.SECONDS_KEPT_S * 1000 + 60_000)
    assert rollup(room) > 100
    assert room.table.items("poll#cube", "second#") == []
    assert room.table.seconds() == before == room.table.totals()
    assert rollup(room) == 0


def test_a_month_old_minutes_and_ledger_lines_become_one_item(room: Room) -> None:
    vote_for_a_while(room)
    before, ledger = room.table.seconds(), room.table.ledger()
    room.clock.advance((limits.MINUTES_KEPT_S + 120) * 1000)
    while rollup(room):
        pass
    assert room.table.items("poll#cube", "minute#") == []
    assert len(room.table.items("poll#cube", "older#")) == 1
    assert room.table.seconds() == before
    assert len(room.table.items("ledger#cube")) == 1
    assert room.table.ledger() == ledger


def test_a_late_vote_in_the_middle_of_a_move_is_not_lost(room: Room) -> None:
    vote_for_a_while(room)
    cast_ms = room.clock.now_ms() - 5_000
    room.clock.advance(limits.SECONDS_KEPT_S * 1000 + 60_000)
    late = room.record(stamped([room.vote(7, "green", voted_at=cast_ms)], 99))

    def vote_late(call: int) -> None:
        room.table.before = lambda call: None
        room.run(late)

    before = len(room.table.transactions)
    room.table.before = lambda call: vote_late(call) if call > before else None
    rollup(room)
    assert room.table.seconds() == room.table.totals()
    rollup(room)
    assert room.table.items("poll#cube", "second#") == []
    assert room.table.seconds() == room.table.totals()
    assert room.table.totals()["green"] == 1


def test_an_answer_lost_after_a_move_moves_nothing_twice(room: Room) -> None:
    def lose(call: int) -> None:
        raise TimeoutError

    vote_for_a_while(room)
    room.clock.advance(limits.SECONDS_KEPT_S * 1000 + 60_000)
    room.table.after = lose
    with pytest.raises(TimeoutError):
        rollup(room)
    room.table.after = lambda call: None
    rollup(room)
    assert room.table.seconds() == room.table.totals()
