"""`/api/ledger` over HTTP: its shape, what it costs, and what it says when a source is away."""

import asyncio
from collections.abc import Iterator

import pytest

from core.clock import ManualClock
from core.lane import LaneState
from dashboard.history.desk import Desk
from dashboard.pipeline.history_reader import BY_MINUTE_SQL
from dashboard.pipeline.limits import FRESH_MS, HISTORY_PERIOD_MS, IDLE_AFTER_MS
from dashboard.pipeline.pipeline import Pipeline
from dashboard.pipeline.table_reader import LedgerReader
from tests.dashboard.fake_warehouse import FakeWarehouse
from tests.dashboard.history_server import build
from tests.dashboard.ledger_scene import Scene
from tests.dashboard.server import RunningServer
from tests.dashboard.tally_table import TABLE, TallyTable
from tests.dashboard.wait import DEADLINE_S, fetch, until

MEMBERS = {
    "server_now": int,
    "as_of": int,
    "state": str,
    "sources": list,
    "stages": list,
    "totals": dict,
    "minutes": list,
    "lines": list,
    "missing": list,
    "parked": list,
}
LINE = {
    "name",
    "state",
    "left",
    "right",
    "left_is",
    "right_is",
    "exact_until_ms",
    "note",
    "source",
    "as_of",
    "details",
    "details_left_out",
    "commands",
    "title",
    "meaning",
    "difference",
}
STAGE = {"name", "state", "why", "votes_per_second", "lag_ms", "waiting", "total", "last_ms"}


@pytest.fixture
def scene(table: TallyTable, warehouse: FakeWarehouse, clock: ManualClock) -> Scene:
    table.add_poll("cube")
    made = Scene(table, warehouse, clock)
    made.cast("cube", {"red": 5, "blue": 2}, parked={"too_old": 3}, duplicate=1)
    made.lane("p1", 0, LaneState(high=4))
    made.compared()
    made.checked()
    return made


@pytest.fixture
def server(scene: Scene) -> Iterator[RunningServer]:
    desk = Desk(scene.warehouse.client)
    with RunningServer(lambda: build(scene.table, scene.clock, desk)) as made:
        yield made


def whole(server: RunningServer) -> dict:  # type: ignore[type-arg] # JSON
    """Return the ledger once lanes have been read, which takes two looks."""
    address = server.url + "/api/ledger"
    until(lambda: fetch(address).json()["missing"] is not None)
    body = fetch(address).json()
    assert isinstance(body, dict)
    return body


def test_the_ledger_has_every_line_stage_and_source(server: RunningServer) -> None:
    body = whole(server)
    assert {name: type(value) for name, value in body.items()} == MEMBERS
    assert body["state"] == "ok"
    assert len(body["lines"]) == 11
    assert {frozenset(line) for line in body["lines"]} == {frozenset(LINE)}
    assert {line["state"] for line in body["lines"]} == {"ok"}
    assert {frozenset(stage) for stage in body["stages"]} == {frozenset(STAGE)}
    assert [stage["name"] for stage in body["stages"]] == [
        "producers",
        "votes",
        "processors",
        "tallies",
        "dashboard",
        "firehose_transforms",
        "lake",
        "sql",
    ]
    assert {source["state"] for source in body["sources"]} == {"ok"}
    assert len(body["minutes"]) == 60
    assert body["minutes"][-11] == {
        "minute_ms": 1_790_000_000_700 // 60_000 * 60_000 - 600_000,
        "counted": 7,
        "parked": 3,
        "duplicate": 1,
        "history": 11,
    }


def test_totals_add_up_and_are_told_poll_by_poll(server: RunningServer) -> None:
    totals = whole(server)["totals"]
    assert totals == {
        "lines": 11,
        "counted": 7,
        "parked": 3,
        "duplicate": 1,
        "missing_batches": 0,
        "by_poll": [{"poll": "cube", "counted": 7, "parked": 3, "duplicate": 1}],
    }


def test_what_is_missing_or_parked_is_listed(server: RunningServer, scene: Scene) -> None:
    scene.lane("p1", 3, LaneState(high=9, gaps=((4, 5),)))
    until(lambda: bool(whole(server)["missing"]))
    body = whole(server)
    (gap,) = body["missing"]
    assert gap == gap | {"producer": "p1", "lane": 3, "batches": 2, "first": 4, "last": 5}
    assert body["parked"][0] == body["parked"][0] | {"reason": "too_old", "lines": 3}
    assert body["totals"]["missing_batches"] == 2
    assert body["state"] == "on_its_way"


def test_a_planted_difference_is_found_and_comes_with_what_to_run(
    server: RunningServer, scene: Scene
) -> None:
    scene.warehouse.ledger.tables["counted", "cube", scene.minute - 10] -= 1
    scene.warehouse.ledger.loads["counted", "cube", scene.minute - 10] -= 1
    body = whole(server)
    assert body["state"] == "differs"
    (line,) = [line for line in body["lines"] if line["name"] == "live_equals_warehouse"]
    assert (line["state"], line["difference"]) == ("differs", 1)
    assert line["details"][0]["what"] == "counted"
    assert line["commands"][0] == "cube check --wait 60"


def test_a_warehouse_that_is_away_leaves_the_live_lines_whole(
    table: TallyTable, clock: ManualClock, scene: Scene
) -> None:
    scene.warehouse.away = True
    desk = Desk(scene.warehouse.client)
    with RunningServer(lambda: build(table, clock, desk)) as server:
        address = server.url + "/api/ledger"
        until(lambda: "Connection refused" in fetch(address).json()["sources"][1]["error"])
        body = fetch(address).json()
    states = {line["name"]: line["state"] for line in body["lines"]}
    assert states["totals_equal_ledger"] == "ok"
    assert states["live_equals_warehouse"] == states["no_batch_missing"] == "unknown"
    assert body["parked"] is body["missing"] is body["totals"]["missing_batches"] is None
    assert {minute["history"] for minute in body["minutes"]} == {None}


def test_without_a_warehouse_the_ledger_says_that_none_is_set_up(
    table: TallyTable, clock: ManualClock, scene: Scene
) -> None:
    with RunningServer(lambda: build(table, clock, None)) as server:
        body = fetch(server.url + "/api/ledger").json()
        assert fetch(server.url + "/pipeline").status == 200
    assert body["sources"][1]["error"] == "no warehouse is set up"
    assert body["totals"]["lines"] == 11


def test_a_table_that_is_away_is_said_to_be_and_nothing_is_zero(
    table: TallyTable, clock: ManualClock, scene: Scene
) -> None:
    table.away = True
    desk = Desk(scene.warehouse.client)
    with RunningServer(lambda: build(table, clock, desk)) as server:
        address = server.url + "/api/ledger"
        until(lambda: "the table is away" in fetch(address).json()["sources"][0]["error"])
        body = fetch(address).json()
        assert body["as_of"] is None
        assert body["totals"]["counted"] is None
        table.away = False
        until(lambda: fetch(address).json()["totals"]["counted"] == 7)


def pipeline(scene: Scene, desk: Desk | None) -> Pipeline:
    return Pipeline(
        LedgerReader(scene.table, table=TABLE, clock=scene.clock),
        desk,
        clock=scene.clock,
        default_poll="cube",
        viewers=lambda: 0,
    )


async def test_nothing_is_read_while_nobody_looks(scene: Scene, clock: ManualClock) -> None:
    desk = Desk(scene.warehouse.client)
    made = pipeline(scene, desk)
    running = asyncio.create_task(made.run())
    try:
        await asyncio.sleep(0)
        assert scene.table.requests == []
        assert b'"counted":7' in await made.answer()
        assert scene.table.requests
        clock.advance(IDLE_AFTER_MS + 1)
        async with asyncio.timeout(DEADLINE_S):
            while made.awake:
                await asyncio.sleep(0.02)
        scene.table.requests.clear()
        clock.advance(FRESH_MS + 1)
        await made.answer()
        assert scene.table.requests
    finally:
        running.cancel()
        await desk.close()


async def test_many_who_look_share_one_reading(scene: Scene) -> None:
    desk = Desk(scene.warehouse.client)
    made = pipeline(scene, desk)
    await made.step()
    await made.ask_history()
    await made.step()  # now that producers are known
    scene.table.requests.clear()
    first = await made.answer()
    assert [await made.answer() for _ in range(50)] == [first] * 50
    assert scene.table.requests == []
    await desk.close()


async def test_the_warehouse_is_asked_again_when_it_is_time(
    scene: Scene, clock: ManualClock
) -> None:
    desk = Desk(scene.warehouse.client)
    made = pipeline(scene, desk)
    await made.step()
    for _ in range(3):
        await made.ask_history()
    assert scene.warehouse.ledger.asked[BY_MINUTE_SQL] == 1
    clock.advance(HISTORY_PERIOD_MS)
    await made.ask_history()
    assert scene.warehouse.ledger.asked[BY_MINUTE_SQL] == 2
    await desk.close()


async def test_a_fault_of_ours_is_not_told_to_strangers(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> FakeWarehouse:
        raise RuntimeError("a secret detail")

    desk = Desk(broken)  # type: ignore[arg-type] # it never returns one
    made = pipeline(scene, desk)
    await made.step()
    await made.ask_history()
    assert b"secret" not in await made.answer()
    assert "a secret detail" in caplog.text
    await desk.close()
