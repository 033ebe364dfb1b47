"""Tallies and lane states put back to an earlier instant get everything again, nothing twice."""

import sqlite3
from collections.abc import Mapping
from typing import Any

import pytest

from core.errors import UsageError
from core.item import to_item
from core.lane import LaneState
from local.cli.recover_batches import has_mark
from local.evidence import lanes_of
from local.recovery.uncounted import Report, Uncounted
from local.recovery.unmarked import Unmarked
from tests.local.desk import TABLE
from tests.local.recount.desk import RecountDesk, found
from tests.local.recovery.desk import BUCKET
from tests.local.recovery.whole_check import broken

HOUR = 3_600_000


@pytest.fixture
def desk(tmp_path: Any) -> Any:
    desk = RecountDesk(tmp_path)
    yield desk
    desk.close()


class TableCopy:
    """The whole table as it was at one instant: SQLite's own backup, as a recovery point."""

    def __init__(self, desk: RecountDesk) -> None:
        self._copy = sqlite3.connect(":memory:", check_same_thread=False)
        desk.dynamodb._connection.backup(self._copy)

    def restore(self, desk: RecountDesk) -> None:
        self._copy.backup(desk.dynamodb._connection)
        self._copy.close()


def uncounted(desk: RecountDesk, *, write: bool = True, from_ms: int | None = None) -> Report:
    def lanes(producer: str) -> Mapping[int, LaneState]:
        return lanes_of(desk.dynamodb, TABLE, producer)

    now_ms = desk.clock.now_ms()
    return Uncounted(
        s3=desk.s3,
        bucket=BUCKET,
        lanes=lanes,
        unmarked=Unmarked(
            has_mark=lambda pk: has_mark(desk.dynamodb, TABLE, pk),
            book=desk.book(),
            clock=desk.clock,
            function="tally",
        ),
        functions=desk.functions,
        function="tally",
        clock=desk.clock,
    ).run(now_ms - HOUR if from_ms is None else from_ms, now_ms + HOUR, write=write)


def history_of(desk: RecountDesk) -> None:
    """Votes of every kind: stamped and not, twice, parked; both paths do all of it."""
    for lane in (0, 3):
        desk.send(desk.votes("red", "blue"), lane=lane)
    again = desk.send(desk.votes("green"), lane=0)
    desk.put(again, "p-0")
    desk.put_votes(*desk.votes("red"))
    desk.put_votes(*[desk.vote(900, device="twice")] * 2)
    desk.send(desk.votes("no colour", "blue"), lane=3)
    desk.put(b"no vote\n")
    desk.settle()


def test_what_the_stream_still_has_comes_again_and_counts_once(desk: RecountDesk) -> None:
    history_of(desk)
    copy = TableCopy(desk)
    history_of(desk)
    wanted, lines = desk.totals(), desk.ledger()
    copy.restore(desk)
    assert desk.totals() != wanted
    desk.rewind_count()  # the mapping starts again at TRIM_HORIZON
    desk.count()
    assert (desk.totals(), desk.ledger()) == (wanted, lines)
    assert broken(desk) == {}
    desk.rewind_count()
    desk.count()
    assert (desk.totals(), desk.ledger()) == (wanted, lines)


def test_what_the_stream_has_let_go_of_comes_from_the_backup(desk: RecountDesk) -> None:
    """Batches by their lanes, others by their markers, parked lines by a re-count."""
    history_of(desk)
    copy = TableCopy(desk)
    history_of(desk)
    wanted, lines, cells = desk.totals(), desk.ledger(), desk.cells()
    copy.restore(desk)
    assert desk.repair().waiting, "a re-count never adds what no lane has applied"
    assert desk.totals() != wanted
    would = uncounted(desk, write=False)
    assert (would.batches, would.lines, would.unstamped) == (4, 7, 1)
    assert desk.totals() != wanted
    done = uncounted(desk)
    assert (done.batches, done.unplaced, done.faults, done.unreadable) == (4, 0, [], {})
    assert found(desk.compare()) == [], "each minute has its own again"
    for poll in ("cube", "-"):  # parked lines; those of no poll are counted under -
        desk.repair(poll)
    assert (desk.totals(), desk.ledger(), desk.cells()) == (wanted, lines, cells)
    assert broken(desk) == {}
    again = uncounted(desk)
    assert (again.batches, again.unstamped) == (0, 0), "again finds nothing"


def test_lane_states_of_another_instant_than_the_tallies_lose_votes(desk: RecountDesk) -> None:
    """Why both must come from one instant, and that the check sees it when they do not."""
    history_of(desk)
    copy = TableCopy(desk)
    history_of(desk)
    late = desk.items("lane#p")
    wanted = desk.totals()
    copy.restore(desk)
    for item in late:
        put = {name: item[name] for name in ("pk", "sk")} | LaneState.from_values(item).to_values()
        desk.dynamodb.put_item(TableName=TABLE, Item=to_item(put))
    desk.rewind_count()
    desk.count()
    assert desk.totals() != wanted
    assert broken(desk)


def test_a_range_that_lanes_may_have_forgotten_is_refused(desk: RecountDesk) -> None:
    with pytest.raises(UsageError, match="older than 15 days"):
        uncounted(desk, from_ms=desk.clock.now_ms() - 16 * 24 * HOUR)


def test_batches_without_rows_are_named_and_left(desk: RecountDesk) -> None:
    history_of(desk)
    for key in desk.keys("votes/"):
        desk.s3.delete_object(Bucket=BUCKET, Key=key)
    for item in desk.items("lane#p"):
        desk.dynamodb.delete_item(
            TableName=TABLE, Key={name: {"S": item[name]} for name in ("pk", "sk")}
        )
    before = desk.totals()
    done = uncounted(desk)
    assert (done.batches, done.unplaced) == (0, 4)
    assert desk.totals() == before
