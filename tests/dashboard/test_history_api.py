"""The History page's API over HTTP: its shapes, what it refuses, and what it stops."""

from datetime import UTC, datetime
from urllib.parse import quote

import pytest

from core.clock import ManualClock
from core.warehouse import WarehouseClient
from dashboard.history.desk import Desk
from tests.dashboard.fake_warehouse import FakeWarehouse
from tests.dashboard.history_server import build, query
from tests.dashboard.server import RunningServer
from tests.dashboard.tally_table import TallyTable
from tests.dashboard.wait import asking, fetch, until

NOW = datetime(2026, 9, 21, 14, 13, 20, 700_000, UTC)


def test_the_questions_are_listed_with_parameters_chart_and_sql(
    asked_server: RunningServer,
) -> None:
    body = fetch(asked_server.url + "/api/history/questions").json()
    assert body["warehouse"] is True
    assert body["rows_max"] < body["export_rows_max"]
    first = body["questions"][0]
    assert first["name"] == "votes_by_hour"
    assert first["chart"] == {"kind": "line", "x": "hour", "y": "votes", "series": "colour"}
    assert {"name": "poll", "kind": "text"}.items() <= first["parameters"][0].items()
    assert ":poll" in first["sql"]


def test_the_context_has_what_can_be_chosen_and_how_far_it_reaches(
    asked_server: RunningServer,
) -> None:
    body = fetch(asked_server.url + "/api/history/context?poll=tea").json()
    assert body["poll"] == "tea"
    assert body["polls"] == ["cube", "tea"]
    assert body["palette"][0]["name"] == "red"
    assert body["regions"] == ["north", "south", "east", "west"]
    assert body["counted"] == 1_204_482
    minute_ms = 60_000
    assert body["reach"] == int(NOW.timestamp() * 1000) // minute_ms * minute_ms
    assert body["first"] < body["last"] <= body["reach"] <= body["server_now"]


def test_before_anything_is_loaded_the_context_knows_nothing(
    asked_server: RunningServer, warehouse: FakeWarehouse
) -> None:
    warehouse.loaded = False
    body = fetch(asked_server.url + "/api/history/context?poll=cube").json()
    unknown = ("reach", "loaded_at", "first", "last", "counted")
    assert [body[name] for name in unknown] == [None] * 5
    assert (body["polls"], body["palette"], body["regions"]) == ([], [], [])


def test_an_answer_has_rows_the_bound_values_and_sql_that_can_be_run(
    asked_server: RunningServer, warehouse: FakeWarehouse
) -> None:
    reply = query(
        asked_server,
        ("question", "votes_by_hour"),
        ("from", "now-2h"),
        ("colours", "red"),
        ("colours", "o'range"),
    )
    assert (reply.status, reply.headers["Cache-Control"]) == (200, "no-store")
    body = reply.json()
    assert body["as_of"] == "2026-09-21T14:13:00Z"
    assert body["columns"] == [
        {"name": "hour", "kind": "time"},
        {"name": "colour", "kind": "text"},
        {"name": "votes", "kind": "number"},
    ]
    assert body["rows"][-1][:2] == ["2026-09-21T14:00:00Z", "red"]
    assert body["truncated"] is False
    bound = {one["name"]: one["texts"] for one in body["parameters"]}
    assert bound["from"] == ["2026-09-21 12:13:20.700000"]
    assert bound["colours"] == ["red", "o'range"]
    assert bound["regions"] == []
    assert "colour IN ('red', 'o''range')" in body["sql"]
    assert warehouse.asked[-1][1]["colours"] == ("red", "o'range")


@pytest.mark.parametrize(
    ("pairs", "status", "code"),
    [
        ([], 404, "question_unknown"),
        ([("question", "nope")], 404, "question_unknown"),
        ([("question", "../ddl/votes")], 404, "question_unknown"),
        ([("question", "swing"), ("question", "swing")], 404, "question_unknown"),
        ([("question", "votes_by_hour"), ("from", "banana")], 400, "parameter_refused"),
        ([("question", "votes_by_hour"), ("from", "now"), ("from", "now")], 400, None),
        ([("question", "votes_by_hour"), ("nonsense", "1")], 400, "parameter_refused"),
        ([("question", "votes_by_hour"), ("poll", "a\0b")], 400, "parameter_refused"),
        ([("question", "late_votes"), ("limit", "1; DROP TABLE votes")], 400, None),
        ([("question", "share_over_time"), ("minutes", "9" * 30)], 400, "parameter_refused"),
    ],
)
@pytest.mark.parametrize("path", ["history/query", "export"])
def test_words_that_make_no_question_are_refused_by_name(
    asked_server: RunningServer,
    warehouse: FakeWarehouse,
    path: str,
    pairs: list[tuple[str, str]],
    status: int,
    code: str | None,
) -> None:
    reply = query(asked_server, *pairs, path=path)
    assert (reply.status, reply.json()["error"]) == (status, code or "parameter_refused")
    assert b"Traceback" not in reply.body
    assert warehouse.asked == []


@pytest.mark.parametrize("name", ["poll", "colours", "regions"])
def test_sql_in_a_parameter_stays_a_value(
    asked_server: RunningServer, warehouse: FakeWarehouse, name: str
) -> None:
    words = "x'; DELETE FROM votes; -- \\' OR 1=1"
    reply = query(asked_server, ("question", "votes_by_hour"), (name, words))
    assert reply.status == 200
    ((_, params),) = warehouse.asked
    assert params[name] == (words,)


def test_what_the_warehouse_says_is_passed_on_with_its_code(
    asked_server: RunningServer, warehouse: FakeWarehouse
) -> None:
    warehouse.refusal = "division by zero"
    reply = query(asked_server, ("question", "votes_by_hour"))
    assert (reply.status, reply.json()["error"]) == (502, "query_failed")
    assert "division by zero (22012)" in reply.json()["message"]
    warehouse.refusal, warehouse.away = "", True
    for path in ("history/query", "export"):
        reply = query(asked_server, ("question", "votes_by_hour"), path=path)
        assert (reply.status, reply.json()["error"]) == (503, "warehouse_away")
        assert "cube status" in reply.json()["hint"]
    assert fetch(asked_server.url + "/api/history/context?poll=cube").status == 503
    assert fetch(asked_server.url + "/api/history/context?poll=No%20Poll").status == 400


def test_a_fault_of_ours_is_not_told_to_strangers(
    table: TallyTable, clock: ManualClock, warehouse: FakeWarehouse
) -> None:
    class Broken(FakeWarehouse):
        def client(self) -> WarehouseClient:  # type: ignore[override] # it never returns one
            raise RuntimeError("a secret detail")

    with RunningServer(lambda: build(table, clock, Desk(Broken(clock).client))) as server:
        reply = query(server, ("question", "votes_by_hour"))
    assert (reply.status, reply.json()["error"]) == (500, "history_failed")
    assert b"secret" not in reply.body


def test_without_a_warehouse_the_live_page_is_whole_and_history_says_so(
    table: TallyTable, clock: ManualClock
) -> None:
    table.add_poll("cube")
    with RunningServer(lambda: build(table, clock, None)) as server:
        until(lambda: fetch(server.url + "/readyz").status == 200)
        assert fetch(server.url + "/").status == 200
        assert fetch(server.url + "/history").status == 200
        assert fetch(server.url + "/api/history/questions").json()["warehouse"] is False
        reply = query(server, ("question", "votes_by_hour"))
        assert (reply.status, reply.json()["error"]) == (503, "history_off")
        assert fetch(server.url + "/api/history/cancel?run=a", "POST").status == 503


def test_the_same_question_is_asked_once_in_some_seconds(
    asked_server: RunningServer, warehouse: FakeWarehouse, clock: ManualClock
) -> None:
    asked = [("question", "votes_by_hour"), ("from", "now-1h")]
    first = query(asked_server, *asked)
    assert query(asked_server, *asked, ("run", "other")).body == first.body
    assert query(asked_server, *reversed(asked)).body == first.body
    assert len(warehouse.asked) == 1
    query(asked_server, *asked, ("colours", "red"))
    assert len(warehouse.asked) == 2
    clock.advance(5_000)
    assert query(asked_server, *asked).body != first.body
    assert len(warehouse.asked) == 3


def test_a_run_can_be_cancelled_by_its_name(
    asked_server: RunningServer, warehouse: FakeWarehouse
) -> None:
    warehouse.slow = True
    with asking(f"{asked_server.url}/api/history/query?question=swing&run=a1") as connection:
        until(lambda: warehouse.running == 1)
        assert fetch(asked_server.url + "/api/history/cancel?run=a1", "POST").status == 202
        reply = connection.getresponse()
        assert reply.status == 409
        assert b"query_stopped" in reply.read()
    until(lambda: warehouse.running == 0)
    gone = fetch(asked_server.url + "/api/history/cancel?run=a1", "POST")
    assert (gone.status, gone.json()["error"]) == (404, "run_unknown")


@pytest.mark.parametrize("path", ["history/query", "export"])
def test_whoever_hangs_up_stops_the_query_at_the_warehouse(
    asked_server: RunningServer, warehouse: FakeWarehouse, path: str
) -> None:
    warehouse.slow = True
    with asking(f"{asked_server.url}/api/{path}?question=swing"):
        until(lambda: warehouse.running == 1)
    until(lambda: warehouse.running == 0)
    assert warehouse.cancels == 1


def test_a_question_that_runs_too_long_is_cut_off(
    table: TallyTable, clock: ManualClock, warehouse: FakeWarehouse
) -> None:
    warehouse.slow = True
    desk = Desk(warehouse.client, timeout_s=0.05)
    with RunningServer(lambda: build(table, clock, desk)) as server:
        reply = query(server, ("question", "votes_by_hour"))
    assert (reply.status, reply.json()["error"]) == (504, "query_timed_out")
    assert "cut off after 0.05 s" in reply.json()["message"]


def test_one_too_many_is_told_when_to_come_back(
    table: TallyTable, clock: ManualClock, warehouse: FakeWarehouse
) -> None:
    warehouse.slow = True
    desk = Desk(warehouse.client, running_max=1, waiting_max=0)
    with (
        RunningServer(lambda: build(table, clock, desk)) as server,
        asking(f"{server.url}/api/history/query?question=swing"),
    ):
        until(lambda: warehouse.running == 1)
        reply = query(server, ("question", "votes_by_hour"))
    assert (reply.status, reply.json()["error"]) == (503, "history_busy")
    assert reply.headers["Retry-After"] == "5"


def test_a_stopping_server_does_not_wait_for_questions(
    table: TallyTable, clock: ManualClock, warehouse: FakeWarehouse
) -> None:
    warehouse.slow = True
    server = RunningServer(lambda: build(table, clock, Desk(warehouse.client)))
    server.start()
    with asking(f"{server.url}/api/history/query?question=swing"):
        until(lambda: warehouse.running == 1)
        server.stop()
    assert warehouse.running == 0


def test_only_the_history_page_loads_the_grid(asked_server: RunningServer) -> None:
    live = fetch(asked_server.url + "/").body.decode()
    history = fetch(asked_server.url + "/history?question=" + quote("swing")).body.decode()
    for name in ("/dash_ag_grid/", "/assets/history.js", "/assets/history-frame.css"):
        assert name not in live
        assert name in history
    assert "live-base.css" in history
    assert '<html lang="en">' in history


def test_the_history_page_may_be_the_first_that_is_asked_for(asked_server: RunningServer) -> None:
    assert "history.js" in fetch(asked_server.url + "/history").body.decode()
