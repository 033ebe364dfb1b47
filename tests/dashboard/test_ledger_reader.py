"""The ledger is read whole at times and what is recent of it each time, and always adds up."""

import pytest

from core.clock import ManualClock
from core.keys import UNKNOWN_POLL, ledger_pk, ledger_sk
from core.lane import LaneState
from core.ledger import COUNTED, PARKED
from dashboard.pipeline.limits import PRESENCE_PERIOD_MS, TABLE_PERIOD_MS, WINDOW_MINUTES
from dashboard.pipeline.table_reader import LedgerReader
from tests.dashboard.fake_warehouse import FakeWarehouse
from tests.dashboard.ledger_scene import Scene
from tests.dashboard.tally_table import TABLE, TallyTable


@pytest.fixture
def scene(table: TallyTable, warehouse: FakeWarehouse, clock: ManualClock) -> Scene:
    table.add_poll("cube")
    return Scene(table, warehouse, clock)


@pytest.fixture
def reader(table: TallyTable, clock: ManualClock) -> LedgerReader:
    return LedgerReader(table, table=TABLE, clock=clock)


def test_lines_are_kept_by_minute_and_summed_with_what_is_older(
    scene: Scene, reader: LedgerReader
) -> None:
    scene.cast("cube", {"red": 5}, minutes_ago=3 * WINDOW_MINUTES)
    scene.cast("cube", {"red": 7}, minutes_ago=2, parked={"too_old": 3}, duplicate=1)
    ledger = reader.read([]).ledgers["cube"]
    assert ledger.sums == {"counted": 12, "parked": 3, "duplicate": 1}
    assert ledger.older == {"counted": 5}
    assert ledger.minutes[scene.minute - 2] == {"counted": 7, "parked": 3, "duplicate": 1}
    assert ledger.counted.agrees
    assert ledger.first_minute == scene.minute - 3 * WINDOW_MINUTES


def test_only_what_is_recent_is_read_again(
    scene: Scene, reader: LedgerReader, table: TallyTable, clock: ManualClock
) -> None:
    scene.cast("cube", {"red": 5}, minutes_ago=3 * WINDOW_MINUTES)
    scene.cast("cube", {"red": 7}, minutes_ago=2)
    reader.read([])
    clock.advance(TABLE_PERIOD_MS)
    table.requests.clear()
    scene.cast("cube", {"red": 1}, minutes_ago=1)
    assert reader.read([]).ledgers["cube"].sums[COUNTED] == 13
    asked = [
        request["ExpressionAttributeValues"].get(":first", {}).get("S")
        for request in table.requests
        if request["ExpressionAttributeValues"][":pk"]["S"] == ledger_pk("cube")
    ]
    assert asked == [ledger_sk(scene.minute - WINDOW_MINUTES, 0)]


def test_a_line_of_long_ago_is_found_at_once_because_the_totals_ask_for_it(
    scene: Scene, reader: LedgerReader, clock: ManualClock
) -> None:
    scene.cast("cube", {"red": 7}, minutes_ago=2)
    reader.read([])
    clock.advance(TABLE_PERIOD_MS)
    scene.cast("cube", {"red": 5}, minutes_ago=5 * WINDOW_MINUTES)
    ledger = reader.read([]).ledgers["cube"]
    assert ledger.sums[COUNTED] == 12
    assert ledger.counted.agrees
    assert not ledger.differs


def test_a_parked_line_of_long_ago_is_found_with_the_next_whole_reading(
    scene: Scene, reader: LedgerReader, table: TallyTable, clock: ManualClock
) -> None:
    scene.cast("cube", {"red": 7}, minutes_ago=2)
    reader.read([])
    table.ledger("cube", scene.minute - 5 * WINDOW_MINUTES, parked=2)
    clock.advance(TABLE_PERIOD_MS)
    assert reader.read([]).ledgers["cube"].sums[PARKED] == 0
    clock.advance(PRESENCE_PERIOD_MS)
    assert reader.read([]).ledgers["cube"].sums[PARKED] == 2


@pytest.mark.parametrize("planted", ["ledger", "totals"])
def test_totals_that_never_equal_the_ledger_are_said_to_differ(
    scene: Scene, reader: LedgerReader, table: TallyTable, planted: str
) -> None:
    scene.cast("cube", {"red": 7}, minutes_ago=2)
    if planted == "ledger":
        table.ledger("cube", scene.minute - 2, counted=1)
    else:
        table.count("cube", {"red": 1}, second=scene.minute * 60)
    ledger = reader.read([]).ledgers["cube"]
    assert ledger.differs
    assert not ledger.counted.agrees


def test_lines_that_name_no_poll_are_in_the_ledger_too(
    scene: Scene, reader: LedgerReader, table: TallyTable
) -> None:
    table.ledger(UNKNOWN_POLL, scene.minute, parked=4)
    ledger = reader.read([]).ledgers[UNKNOWN_POLL]
    assert ledger.sums[PARKED] == 4
    assert not ledger.differs


def test_a_rate_is_known_from_the_second_reading_on(
    scene: Scene, reader: LedgerReader, clock: ManualClock
) -> None:
    scene.cast("cube", {"red": 100}, minutes_ago=0)
    assert reader.read([]).lines_per_second is None
    clock.advance(2_000)
    scene.cast("cube", {"red": 50}, minutes_ago=0)
    assert reader.read([]).lines_per_second == 25
    clock.advance(60_000)
    assert reader.read([]).lines_per_second is None


def test_lanes_and_verdicts_are_read_as_they_were_written(
    scene: Scene, reader: LedgerReader
) -> None:
    state = LaneState(high=9, gaps=((3, 4),), partial={4: 20}, votes=80)
    scene.lane("p1", 7, state)
    scene.compared(lines=11)
    scene.checked("stream_equals_ledger")
    reading = reader.read(["p1"])
    assert reading.lanes == {("p1", 7): state}
    assert reading.agreement is not None
    assert reading.agreement.live == 11
    assert reading.check is not None
    assert reading.check.lines[0].name == "stream_equals_ledger"


def test_quiet_polls_are_read_in_turn_and_those_that_move_each_time(
    scene: Scene, reader: LedgerReader, table: TallyTable, clock: ManualClock
) -> None:
    for number in range(30):
        table.add_poll(f"poll-{number:02}")
    scene.cast("cube", {"red": 1}, minutes_ago=1)
    assert len(reader.read([]).ledgers) == 32
    for _ in range(3):
        clock.advance(TABLE_PERIOD_MS)
        table.requests.clear()
        assert len(reader.read([]).ledgers) == 32
        read = {r["ExpressionAttributeValues"][":pk"]["S"] for r in table.requests}
        ledgers = {pk for pk in read if pk.startswith("ledger#")}
        assert ledger_pk("cube") in ledgers
        assert len(ledgers) == 9
