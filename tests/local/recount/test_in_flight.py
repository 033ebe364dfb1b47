"""Votes flow, calls fail and others count again meanwhile: what is in flight is no difference."""

import json
from collections.abc import Callable

import pytest

from core import keys
from core.errors import ContendedTooLong
from local.aws_error import AwsError
from local.recount.cell import Cell
from processors.rollup import Rollup
from tests.local.desk import TABLE
from tests.local.recount.desk import MINUTE, RecountDesk, found

POLL = "poll#cube"
LEDGER = "ledger#cube"


def spoil_minutes(desk: RecountDesk) -> dict[Cell, int]:
    """Lose a chunk in each of three minutes; return the cells as they were."""
    chunks = []
    for _ in range(3):
        votes = desk.votes("red", "blue")
        chunks.append((votes, desk.clock.now_ms()))
        desk.send(votes)
        desk.pass_minutes(1)
    desk.settle()
    sound = desk.cells()
    for votes, arrived_ms in chunks:
        desk.spoil_votes(votes, -1, arrived_ms=arrived_ms)
    return sound


def once(desk: RecountDesk, act: Callable[[], None]) -> Callable[[], None]:
    """Return a hook that acts the first time, and takes itself away."""

    def hook() -> None:
        desk.table.before = desk.table.after = desk.table.on_query = lambda: None
        act()

    return hook


def lose_the_answer() -> None:
    raise TimeoutError("read timed out")


def test_killed_between_minutes_it_is_finished_by_the_next(desk: RecountDesk) -> None:
    sound = spoil_minutes(desk)
    recount = desk.recount()
    comparison = recount.compare("cube", from_ms=0)
    assert len(comparison.repairs) == 3
    next(recount.apply(comparison))
    left = desk.repair()
    assert len(left.repairs) == 2
    assert desk.cells() == sound
    assert len(desk.marks()) == 3


def test_an_answer_that_got_lost_adds_nothing_twice(desk: RecountDesk) -> None:
    sound = spoil_minutes(desk)
    recount = desk.recount()
    comparison = recount.compare("cube", from_ms=0)
    desk.table.after = once(desk, lose_the_answer)
    with pytest.raises(TimeoutError):
        list(recount.apply(comparison))
    assert [state for _, state in recount.apply(comparison)] == ["added"] * 3
    assert desk.cells() == sound
    assert desk.repair().differences == []


def test_of_two_at_once_each_minute_is_repaired_by_one(desk: RecountDesk) -> None:
    sound = spoil_minutes(desk)
    one, other = desk.recount(), desk.recount()
    mine, theirs = one.compare("cube", from_ms=0), other.compare("cube", from_ms=0)
    assert mine.recount_id != theirs.recount_id
    next(one.apply(mine))
    assert [state for _, state in other.apply(theirs)] == ["overtaken", "added", "added"]
    assert [state for _, state in one.apply(mine)] == ["added", "overtaken", "overtaken"]
    assert desk.cells() == sound


def test_a_repair_of_long_ago_does_not_come_late(desk: RecountDesk) -> None:
    """A call of a re-count that died is committed after another one has repaired its minute."""
    sound = spoil_minutes(desk)
    dead = desk.recount()
    comparison = dead.compare("cube", from_ms=0)
    desk.repair()
    assert {state for _, state in dead.apply(comparison)} == {"overtaken"}
    desk.spoil(LEDGER, keys.ledger_sk(comparison.repairs[0].minute, 0), counted=-1)
    assert found(desk.repair()) == [("arrived", "counted", 1)]
    assert desk.cells() == sound


def test_votes_that_flow_while_the_tallies_are_read_are_no_difference(desk: RecountDesk) -> None:
    spoil_minutes(desk)
    sent = 0

    def flow() -> None:
        nonlocal sent
        sent += 1
        if sent % 3 == 0:
            desk.clock.advance(1)
            late = desk.votes("green", age_ms=4 * MINUTE)  # into a second that is compared
            desk.send([*late, *desk.votes("red")], lane=sent % 2)
            desk.count()

    recount = desk.recount()
    desk.table.on_query = flow
    comparison = recount.compare("cube", from_ms=0)
    assert comparison.open == []
    assert sorted(found(comparison)) == sorted(
        [
            *[("arrived", "counted", 2)] * 3,
            *[("cast", "red", 1), ("cast", "blue", 1)] * 3,
            ("total", "red", 3),
            ("total", "blue", 3),
        ]
    )
    assert sent > 30


def test_votes_that_flow_while_it_repairs_are_kept(desk: RecountDesk) -> None:
    sound = spoil_minutes(desk)
    recount = desk.recount()
    comparison = recount.compare("cube", from_ms=0)
    for _ in recount.apply(comparison):
        desk.send(desk.votes("green", age_ms=4 * MINUTE))
        desk.count()
    desk.settle()
    assert desk.compare().differences == []
    now = desk.cells()
    assert {cell: count for cell, count in now.items() if cell.name == "blue"} == {
        cell: count for cell, count in sound.items() if cell.name == "blue"
    }


def test_numbers_that_never_rest_are_said_to_be_open_and_left_alone(desk: RecountDesk) -> None:
    spoil_minutes(desk)
    desk.put_votes(*desk.votes("yellow"))  # unstamped: applied, as far as anybody knows, or not
    recount = desk.recount()

    def flow() -> None:
        desk.put_votes(*desk.votes("yellow"))
        desk.count()

    desk.table.on_query = flow
    comparison = recount.compare("cube", from_ms=0)
    assert "total yellow" in comparison.open
    assert comparison.repairs == []


def test_a_batch_on_its_way_is_waiting_and_not_added(desk: RecountDesk) -> None:
    desk.send(desk.votes("red"))
    desk.settle()
    desk.send(desk.votes("red", "blue"), lane=1)
    skipped = desk.skip_count()  # it went where failed records go
    desk.send(desk.votes("white"), lane=2)
    desk.settle()
    comparison = desk.repair()
    assert (comparison.differences, comparison.waiting) == ([], 2)
    ((shard, records),) = skipped.items()
    desk.processor().run(json.loads(desk.event(shard, records))["Records"])
    comparison = desk.repair()
    assert (comparison.differences, comparison.waiting) == ([], 0)


def test_an_unstamped_record_that_was_never_applied_is_not_added(desk: RecountDesk) -> None:
    lost = desk.votes("blue")
    desk.put_votes(*desk.votes("red"))
    desk.count()
    desk.put_votes(*lost)
    desk.skip_count()
    desk.settle()
    sound = desk.cells()
    comparison = desk.repair()
    assert (comparison.differences, comparison.waiting) == ([], 1)
    assert desk.cells() == sound


def test_a_producer_that_nobody_knew_is_no_difference(desk: RecountDesk) -> None:
    spoil_minutes(desk)

    def arrive() -> None:
        desk.send(desk.votes("white", age_ms=4 * MINUTE), producer="new")
        desk.count()

    recount = desk.recount()
    calls = 0

    def hook() -> None:
        nonlocal calls
        calls += 1
        if calls == 5:
            arrive()

    desk.table.on_query = hook
    comparison = recount.compare("cube", from_ms=0)
    assert comparison.open == []
    assert "white" not in {each.name for each in comparison.differences}


def test_minutes_that_are_not_delivered_are_not_compared(desk: RecountDesk) -> None:
    desk.send(desk.votes("red"))
    desk.settle()
    desk.send(desk.votes("red"))
    desk.count()
    desk.spoil(LEDGER, keys.ledger_sk(desk.clock.now_ms() // MINUTE, 0), counted=-1)
    desk.pass_minutes(3)
    assert desk.compare().differences == []
    assert found(desk.compare()) == [("arrived", "counted", 1)]  # delivered meanwhile


def test_a_rollup_between_reading_and_repair_loses_nothing(desk: RecountDesk) -> None:
    sound = spoil_minutes(desk)
    recount = desk.recount()
    comparison = recount.compare("cube", from_ms=0)
    desk.clock.advance(25 * 3_600_000)
    rollup = Rollup(desk.table, table=TABLE)
    rollup.run(["cube"], now_ms=desk.clock.now_ms())
    assert {state for _, state in recount.apply(comparison)} == {"added"}
    rollup.run(["cube"], now_ms=desk.clock.now_ms())
    assert sum(desk.cells().values()) == sum(sound.values())
    assert desk.compare().differences == []


def test_a_rollup_while_the_tallies_are_read_is_no_difference(desk: RecountDesk) -> None:
    spoil_minutes(desk)
    desk.repair()
    from_ms = desk.clock.now_ms() - 10 * MINUTE
    desk.clock.advance(25 * 3_600_000)
    calls = 0

    def roll_up() -> None:
        nonlocal calls
        calls += 1
        if calls == 6:  # minutes have been read, seconds not yet
            Rollup(desk.dynamodb, table=TABLE).run(["cube"], now_ms=desk.clock.now_ms())

    recount = desk.recount()
    desk.table.on_query = roll_up
    assert recount.compare("cube", from_ms=from_ms).differences == []
    assert calls > 6


def test_an_unstamped_vote_counted_after_the_tallies_were_read_is_no_difference(
    desk: RecountDesk,
) -> None:
    spoil_minutes(desk)
    desk.repair()
    desk.put_votes(*desk.votes("white"))
    desk.deliver()
    comparison = desk.compare()
    assert (comparison.differences, comparison.open, comparison.waiting) == ([], [], 1)
    recount = desk.recount()
    wait = recount.wait_until

    def count_and_wait(condition: Callable[[], bool], timeout_s: float) -> bool:
        desk.count()
        return wait(condition, timeout_s)

    recount.wait_until = count_and_wait
    comparison = recount.compare("cube", from_ms=0)
    assert (comparison.differences, comparison.open, comparison.waiting) == ([], [], 0)


def test_a_conflict_with_votes_is_tried_again(desk: RecountDesk) -> None:
    sound = spoil_minutes(desk)
    conflict = AwsError(
        "TransactionCanceledException",
        "conflict",
        extra={"CancellationReasons": [{"Code": "None"}, {"Code": "TransactionConflict"}]},
    )

    def refuse() -> None:
        raise conflict

    recount = desk.recount()
    comparison = recount.compare("cube", from_ms=0)
    desk.table.before = refuse
    with pytest.raises(ContendedTooLong, match="votes were always in the way"):
        list(recount.apply(comparison))
    desk.table.before = once(desk, refuse)
    assert {state for _, state in recount.apply(comparison)} == {"added"}
    assert desk.cells() == sound
