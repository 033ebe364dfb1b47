"""Damage of every kind is planted in the tallies; a re-count finds exactly it, and repairs it."""

import pytest

from core import keys
from core.limits import MINUTES_KEPT_S, SECONDS_KEPT_S
from core.vote import Vote
from local.recount.cell import Cell
from local.recount.repair import plan_repairs
from processors.rollup import Rollup
from tests.local.desk import TABLE
from tests.local.recount.desk import MINUTE, RecountDesk, found

POLL = "poll#cube"
LEDGER = "ledger#cube"
NO_VOTE = b"this is no vote\n"


def vote_for_a_while(desk: RecountDesk) -> int:
    """Send stamped and unstamped votes over three minutes; return the first arrival."""
    first_ms = desk.clock.now_ms()
    for step in range(6):
        desk.send(desk.votes("red", "blue", "red", age_ms=step * 1_000), lane=step % 3)
        desk.put_votes(*desk.votes("green"))
        desk.put(NO_VOTE)
        desk.clock.advance(MINUTE // 2)
    desk.settle()
    return first_ms


def test_sound_tallies_have_no_difference(desk: RecountDesk) -> None:
    vote_for_a_while(desk)
    comparison = desk.compare()
    assert (comparison.differences, comparison.open, comparison.waiting) == ([], [], 0)
    assert comparison.lines == 6 * 4
    assert desk.compare("-").lines == 6
    assert desk.compare("-").differences == []


@pytest.mark.parametrize("count", [-2, 1])
def test_a_spoilt_total_is_repaired_alone(desk: RecountDesk, count: int) -> None:
    vote_for_a_while(desk)
    sound = desk.cells()
    desk.spoil(POLL, keys.total_sk(3), c_red=count)
    comparison = desk.repair()
    assert found(comparison) == [("total", "red", -count)]
    assert comparison.has_less == (count > 0)
    assert desk.cells() == sound


def test_a_spoilt_second_is_repaired_alone(desk: RecountDesk) -> None:
    first_ms = vote_for_a_while(desk)
    sound = desk.cells()
    desk.spoil(POLL, keys.second_sk(first_ms // 1000, 0), c_blue=-1)
    assert found(desk.repair()) == [("cast", "blue", 1)]
    assert desk.cells() == sound


def test_a_spoilt_ledger_line_is_repaired_alone(desk: RecountDesk) -> None:
    first_ms = vote_for_a_while(desk)
    sound = desk.cells()
    desk.spoil(LEDGER, keys.ledger_sk(first_ms // MINUTE, 0), counted=-3)
    assert found(desk.repair()) == [("arrived", "counted", 3)]
    assert desk.cells() == sound


def test_a_lost_chunk_is_added_once(desk: RecountDesk) -> None:
    votes = [*desk.votes("red", "red", "blue"), *desk.votes("white", age_ms=90_000)]
    arrived_ms = desk.clock.now_ms()
    desk.send(votes)
    vote_for_a_while(desk)
    sound = desk.cells()
    desk.spoil_votes(votes, -1, arrived_ms=arrived_ms)
    comparison = desk.repair()
    assert found(comparison) == [
        ("arrived", "counted", 4),
        ("cast", "white", 1),
        ("cast", "blue", 1),
        ("cast", "red", 2),
        ("total", "blue", 1),
        ("total", "red", 2),
        ("total", "white", 1),
    ]
    assert not comparison.has_less
    assert desk.cells() == sound
    assert desk.repair().differences == []
    assert desk.cells() == sound


def test_a_doubled_batch_is_taken_out(desk: RecountDesk) -> None:
    arrived_ms = desk.clock.now_ms()
    votes = desk.votes("red", "blue")
    desk.send(votes)
    vote_for_a_while(desk)
    sound = desk.cells()
    desk.spoil_votes(votes, 1, arrived_ms=arrived_ms)
    comparison = desk.repair()
    assert comparison.has_less
    assert ("arrived", "counted", -2) in found(comparison)
    assert desk.cells() == sound


def test_a_wrong_colour_is_a_plus_and_a_minus(desk: RecountDesk) -> None:
    first_ms = vote_for_a_while(desk)
    sound = desk.cells()
    for sk in (keys.total_sk(0), keys.second_sk(first_ms // 1000, 0)):
        desk.spoil(POLL, sk, c_red=-1, c_blue=1)
    comparison = desk.repair()
    assert comparison.has_less
    assert found(comparison) == [
        ("cast", "blue", -1),
        ("cast", "red", 1),
        ("total", "blue", -1),
        ("total", "red", 1),
    ]
    assert desk.cells() == sound


def test_a_vote_in_the_wrong_second_does_not_become_two(desk: RecountDesk) -> None:
    first_ms = vote_for_a_while(desk)
    sound = desk.cells()
    desk.spoil(POLL, keys.second_sk(first_ms // 1000, 0), c_red=-1)
    desk.spoil(POLL, keys.second_sk(first_ms // 1000 + 1, 0), c_red=1)
    comparison = desk.repair()
    assert found(comparison) == [("cast", "red", 1), ("cast", "red", -1)]
    assert comparison.has_less
    assert desk.cells() == sound


def test_lines_said_or_sent_again_are_told_apart(desk: RecountDesk) -> None:
    vote = desk.votes("red")[0]
    batch = desk.send(desk.votes("blue"))
    desk.put_votes(vote)
    desk.put_votes(vote)
    desk.put(batch, "p-0")
    desk.count()
    desk.deliver()
    desk.rewind_count()
    desk._delivered.clear()
    desk.settle()
    sound = desk.cells()
    assert desk.compare().differences == []
    minute = vote.voted_at // MINUTE
    desk.spoil(LEDGER, keys.ledger_sk(minute, 0), counted=-2, duplicate=-1)
    assert found(desk.repair()) == [("arrived", "counted", 2), ("arrived", "duplicate", 1)]
    assert desk.cells() == sound


def test_an_identity_that_says_something_else_is_parked(desk: RecountDesk) -> None:
    (vote,) = desk.votes("red")
    desk.put_votes(vote)
    desk.put_votes(Vote(vote.poll, vote.device_id, vote.seq, "blue", vote.voted_at))
    desk.settle()
    assert desk.compare().differences == []
    desk.spoil(LEDGER, keys.ledger_sk(vote.voted_at // MINUTE, 0), parked=-1)
    assert found(desk.repair()) == [("arrived", "parked", 1)]


def test_what_arrived_before_the_lake_is_read_stays_in_the_totals(desk: RecountDesk) -> None:
    vote_for_a_while(desk)
    desk.clock.advance(10 * 86_400_000)
    from_ms = desk.clock.now_ms()
    desk.send(desk.votes("red", "blue"))
    desk.settle()
    assert desk.compare(from_ms=from_ms).differences == []
    desk.spoil(POLL, keys.total_sk(0), c_red=-1)
    assert found(desk.compare(from_ms=from_ms)) == [("total", "red", 1)]


def test_a_total_that_is_right_is_not_touched_for_a_second_that_is_not() -> None:
    (repair,) = plan_repairs("cube", {Cell("second", 60, "red"): 2}, {})
    assert list(repair.increments.items) == [(POLL, keys.second_sk(60, 0))]
    minute, rest = plan_repairs("cube", {Cell("second", 60, "red"): 2}, {"red": 3})
    assert minute.increments.items[POLL, keys.total_sk(0)] == {"c#red": 2}
    assert (rest.minute, rest.increments.items) == (0, {(POLL, keys.total_sk(0)): {"c#red": 1}})


def test_rules_are_those_in_effect_at_arrival(desk: RecountDesk) -> None:
    desk.send(desk.votes("red", poll="late"))
    desk.clock.advance(1_000)
    desk.create_poll("late")
    desk.send(desk.votes("red", "no-colour", poll="late"))
    desk.settle()
    assert desk.compare("late").differences == []
    assert desk.compare("late").lines == 2
    minute = desk.clock.now_ms() // MINUTE - 2
    desk.spoil("ledger#late", keys.ledger_sk(minute, 0), counted=-1, parked=-1)
    assert found(desk.repair("late")) == [("arrived", "counted", 1), ("arrived", "parked", 1)]


def test_what_is_rolled_up_is_repaired_by_the_minute(desk: RecountDesk) -> None:
    first_ms = vote_for_a_while(desk)
    sound = desk.cells()
    desk.clock.advance((SECONDS_KEPT_S + 600) * 1000)
    rollup = Rollup(desk.table, table=TABLE)
    assert rollup.run(["cube"], now_ms=desk.clock.now_ms()) > 0
    rolled = desk.cells()
    assert rolled != sound
    desk.spoil(POLL, keys.minute_sk(first_ms // MINUTE, 0), c_red=-1)
    assert found(desk.repair()) == [("cast", "red", 1)]
    assert desk.cells() == rolled


def test_what_is_a_month_old_is_not_compared(desk: RecountDesk) -> None:
    vote_for_a_while(desk)
    desk.clock.advance((MINUTES_KEPT_S + 600) * 1000)
    rollup = Rollup(desk.table, table=TABLE)
    while rollup.run(["cube"], now_ms=desk.clock.now_ms()):
        pass
    desk.send(desk.votes("red"))
    desk.settle()
    sound = desk.cells()
    comparison = desk.compare()
    assert (comparison.differences, comparison.open, comparison.lines) == ([], [], 1)
    desk.spoil(POLL, keys.total_sk(0), c_red=-1)
    assert found(desk.repair()) == [("total", "red", 1)]
    assert desk.cells() == sound


def test_a_range_leaves_other_minutes_alone(desk: RecountDesk) -> None:
    first_ms = vote_for_a_while(desk)
    for minute in (0, 1, 2):
        desk.spoil(LEDGER, keys.ledger_sk(first_ms // MINUTE + minute, 0), counted=-1)
        desk.spoil(POLL, keys.second_sk(first_ms // 1000 + minute * 60, 0), c_red=-1)
    from_ms = (first_ms // MINUTE + 1) * MINUTE
    comparison = desk.compare(from_ms=from_ms, to_ms=from_ms + MINUTE)
    assert [each.minute for each in comparison.differences if each.what != "total"] == [
        from_ms // MINUTE
    ] * 2
