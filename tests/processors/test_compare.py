"""Live and history are compared where both are complete, and a difference names its minute."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from core import keys
from core.agreement import DIFFERENCES_MAX, Agreement
from core.clock import ManualClock
from core.errors import StatementFailed
from core.invariants.invariant import MINUTE_MS
from core.metric import write_metrics
from processors import compare as module
from processors.compare import (
    FAR_MINUTES,
    NEAR_MINUTES,
    SETTLE_MINUTES,
    Comparer,
    history_sql,
)
from processors.load_sql import moment
from tests.history.room import Room as Warehouse
from tests.processors.room import TABLE, Room

OUTCOMES = ("counted", "parked", "duplicate")


class History:
    """The warehouse's answer: lines by outcome, poll and minute."""

    def __init__(self) -> None:
        self.lines: dict[tuple[str, str, int], int] = {}
        self.asked: list[str] = []
        self.away = False

    def rows(self, sql: str) -> list[list[Any]]:
        self.asked.append(sql)
        if self.away:
            raise StatementFailed("running SQL: away")
        return [[*key, count] for key, count in self.lines.items()]


class Sides:
    """A ledger and a history that hold the same lines of an hour, a comparer over them."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.history = History()
        warehouse: Any = self.history
        self.comparer = Comparer(room.table, TABLE, warehouse, room.clock)
        self.minute = room.clock.now_ms() // MINUTE_MS
        for minute in range(self.minute - 60, self.minute + 1):
            self.add_live("cube", minute, "counted", 3)
            self.add_live("cube", minute, "counted", 2, slot=7)
            self.add_live("-", minute, "parked", 1)
            self.history.lines["counted", "cube", minute] = 5
            self.history.lines["parked", "-", minute] = 1

    def add_live(self, poll: str, minute: int, outcome: str, count: int, *, slot: int = 0) -> None:
        self.room.table.service.update_item(
            TableName=TABLE,
            Key={"pk": {"S": keys.ledger_pk(poll)}, "sk": {"S": keys.ledger_sk(minute, slot)}},
            UpdateExpression="ADD #o :n",
            ExpressionAttributeNames={"#o": outcome},
            ExpressionAttributeValues={":n": {"N": str(count)}},
        )

    def verdict(self) -> Agreement:
        (item,) = self.room.table.service.query(
            TableName=TABLE,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": keys.COMPARE_PK}},
        )["Items"]
        return Agreement.from_item(item)


@pytest.fixture
def sides(room: Room) -> Sides:
    return Sides(room)


def minutes(agreement: Agreement) -> list[int]:
    return [each.minute for each in agreement.differences]


def test_equal_sides_agree_up_to_what_both_have_completely(sides: Sides) -> None:
    found = sides.comparer.run()
    assert found.agrees
    assert (found.live, found.history) == (6 * (60 - SETTLE_MINUTES),) * 2
    assert found.until_minute == sides.minute - SETTLE_MINUTES
    assert found.behind_minutes == 0
    assert sides.verdict() == found


@pytest.mark.parametrize(
    ("poll", "outcome"), [("cube", "counted"), ("cube", "duplicate"), ("-", "parked")]
)
@pytest.mark.parametrize("count", [-1, 1])
def test_a_difference_names_poll_minute_and_outcome(
    sides: Sides, poll: str, outcome: str, count: int
) -> None:
    at = sides.minute - 20
    sides.add_live(poll, at, outcome, count)
    found = sides.comparer.run()
    assert found.minutes_different == 1
    (difference,) = found.differences
    assert (difference.poll, difference.minute, difference.outcome) == (poll, at, outcome)
    assert difference.live - difference.history == count
    assert sides.verdict() == found


def test_a_minute_that_only_history_has_is_a_difference(sides: Sides) -> None:
    sides.history.lines["counted", "other", sides.minute - 9] = 4
    assert minutes(sides.comparer.run()) == [sides.minute - 9]


@pytest.mark.parametrize("side", ["live", "history"])
def test_a_side_that_is_behind_is_not_compared_beyond_it(sides: Sides, side: str) -> None:
    behind = sides.minute - 30
    if side == "history":
        for key in [key for key in sides.history.lines if key[2] > behind]:
            del sides.history.lines[key]
    else:
        for minute in range(sides.minute + 1, sides.minute + 30):
            sides.history.lines["counted", "cube", minute] = 1
        sides.room.clock.advance(30 * MINUTE_MS)
        behind = sides.minute
    found = sides.comparer.run()
    assert found.agrees
    assert found.until_minute == behind - SETTLE_MINUTES
    assert found.behind_minutes == 30


def test_an_empty_side_compares_nothing(sides: Sides) -> None:
    sides.history.lines.clear()
    found = sides.comparer.run()
    assert (found.agrees, found.live, found.behind_minutes) == (True, 0, FAR_MINUTES)


def test_a_difference_stays_an_alarm_until_it_is_repaired(sides: Sides) -> None:
    at = sides.minute - 50
    sides.add_live("cube", at, "counted", 1)
    for _ in range(20):  # for hours, of which most runs look back two
        assert minutes(sides.comparer.run()) == [at]
        sides.room.clock.advance(20 * MINUTE_MS)
    sides.add_live("cube", at, "counted", -1)
    assert sides.comparer.run().agrees
    sides.room.clock.advance(MINUTE_MS)
    now = sides.room.clock.now_ms() // MINUTE_MS
    assert sides.comparer.run().from_minute == now - NEAR_MINUTES


def test_a_day_back_is_compared_once_an_hour(sides: Sides) -> None:
    looks = []
    for _ in range(12):
        looks.append(sides.room.clock.now_ms() // MINUTE_MS - sides.comparer.run().from_minute)
        sides.room.clock.advance(10 * MINUTE_MS)
    assert looks.count(FAR_MINUTES) in (2, 3)
    assert set(looks) == {FAR_MINUTES, NEAR_MINUTES}
    assert looks[0] == FAR_MINUTES


def test_a_warehouse_that_is_away_leaves_the_last_verdict(sides: Sides) -> None:
    before = sides.comparer.run()
    sides.history.away = True
    with pytest.raises(StatementFailed):
        sides.comparer.run()
    assert sides.verdict() == before


def test_many_differences_are_counted_and_the_oldest_named(sides: Sides) -> None:
    for minute in range(sides.minute - 60, sides.minute):
        for outcome in OUTCOMES:
            sides.add_live("cube", minute, outcome, 1)
    found = sides.comparer.run()
    assert found.minutes_different == 60 - SETTLE_MINUTES
    assert len(found.differences) == DIFFERENCES_MAX
    assert found.differences[0].minute == sides.minute - 60


@pytest.fixture
def warehouse() -> Iterator[Warehouse]:
    warehouse = Warehouse()
    yield warehouse
    warehouse.close()


def test_the_query_counts_the_tables_rows_by_minute(warehouse: Warehouse) -> None:
    minute = ManualClock().now_ms() // MINUTE_MS
    tail = "'7', 0, 2, 1"
    for at, seq in ((minute - 1, 1), (minute, 2), (minute, 3)):
        arrived = moment(at * MINUTE_MS + 59_999)
        warehouse.run(
            [
                "INSERT INTO votes (poll, device_id, seq, colour, voted_at, region, arrived_at, "
                "sequence_number, subsequence, line, transform_version) VALUES "
                f"('cube', 'd', {seq}, 'red', {arrived}, '', {arrived}, {tail})",
                "INSERT INTO duplicate_votes (line_id, poll, device_id, seq, arrived_at) VALUES "
                f"('l{seq}', 'cube', 'd', {seq}, {arrived})",
                "INSERT INTO parked_votes (line_id, parked_reason, poll, arrived_at, "
                "sequence_number, subsequence, line, transform_version) VALUES "
                f"('p{seq}', 'not_json', '-', {arrived}, {tail})",
            ]
        )
    assert sorted(warehouse.all(history_sql(minute))) == [
        ("counted", "cube", minute, 2),
        ("duplicate", "cube", minute, 2),
        ("parked", "-", minute, 2),
    ]


def test_the_log_line_is_a_metric_of_the_function(capsys: pytest.CaptureFixture[str]) -> None:
    write_metrics(
        "compare.difference_found",
        {"MinutesDifferent": 2},
        function_name="compare",
        now_ms=1_790_000_000_000,
        differences=["cube ..."],
    )
    line = json.loads(capsys.readouterr().out)
    assert line == {
        "event": "compare.difference_found",
        "_aws": {
            "Timestamp": 1_790_000_000_000,
            "CloudWatchMetrics": [
                {
                    "Namespace": "ColourCube",
                    "Dimensions": [["FunctionName"]],
                    "Metrics": [{"Name": "MinutesDifferent", "Unit": "Count"}],
                }
            ],
        },
        "FunctionName": "compare",
        "MinutesDifferent": 2,
        "differences": ["cube ..."],
    }


def test_what_is_written_of_a_minute_is_complete() -> None:
    assert module.SETTLE_MINUTES * 60 > 2 * 120, "a vote is a row within 120 s on AWS"
