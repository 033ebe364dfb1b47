"""The API's shapes, refusals and headers, over HTTP."""

import json
import random
import re
from collections.abc import Iterator

import pytest

from core.clock import ManualClock
from core.poll import DEFAULT_PALETTE
from dashboard.app import build_app
from dashboard.hub import Hub
from tests.dashboard.server import RunningServer
from tests.dashboard.tally_table import TABLE, TallyTable
from tests.dashboard.wait import fetch, opened, until

NOW_S = 1_790_000_000


@pytest.fixture
def server(table: TallyTable, clock: ManualClock) -> Iterator[RunningServer]:
    table.add_poll("cube")
    table.add_poll("tea", ("green", "black"))
    table.count("cube", {"red": 3, "blue": 2}, second=NOW_S - 1, latency_ms=90)
    hub = Hub(viewers_max=1)
    rng = random.Random(1)
    made = RunningServer(lambda: build_app(table, table=TABLE, clock=clock, rng=rng, hub=hub))
    with made:
        until(lambda: fetch(made.url + "/readyz").status == 200)
        yield made


def test_a_snapshot_has_every_poll(server: RunningServer) -> None:
    reply = fetch(server.url + "/api/snapshot")
    assert reply.headers["Cache-Control"] == "no-store"
    body = reply.json()
    assert set(body) == {"server_now", "as_of", "polls"}
    cube = body["polls"]["cube"]
    assert cube["total"] == 5
    assert cube["by_colour"] == dict.fromkeys(DEFAULT_PALETTE, 0) | {"red": 3, "blue": 2}
    assert cube["votes_per_second"] == 5
    assert set(cube["latency_ms"]) == {"p50", "p99"}
    assert body["polls"]["tea"]["latency_ms"] == {"p50": None, "p99": None}


def test_a_snapshot_of_one_poll_can_bring_what_the_page_needs(server: RunningServer) -> None:
    body = fetch(server.url + "/api/snapshot?poll=cube&history=true").json()
    assert set(body["polls"]) == {"cube"}
    assert body["view"]["total"] == 5
    assert body["view"]["polls"] == ["cube", "tea"]
    assert len(body["view"]["seconds"]) == 120


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [("coffee", 404, "poll_unknown"), ("No%20Poll", 400, "poll_name")],
)
@pytest.mark.parametrize("path", ["/api/snapshot", "/api/stream"])
def test_a_poll_that_cannot_be_shown_is_refused_by_name(
    server: RunningServer, path: str, query: str, status: int, code: str
) -> None:
    reply = fetch(f"{server.url}{path}?poll={query}")
    assert (reply.status, reply.json()["error"]) == (status, code)


def test_a_stream_opens_with_init_and_one_viewer_too_many_is_sent_away(
    server: RunningServer,
) -> None:
    with opened(server.url + "/api/stream?poll=cube") as stream:
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        assert stream.headers["X-Accel-Buffering"] == "no"
        lines = [stream.readline().decode().rstrip("\n") for _ in range(5)]
        assert lines[0].startswith("retry: ")
        assert lines[2] == "event: init"
        assert lines[3].startswith("id: ")
        assert json.loads(lines[4].removeprefix("data: "))["counts"] == [3, 0, 0, 0, 2, 0]
        refused = fetch(server.url + "/api/stream?poll=cube")
        assert refused.status == 503
        assert refused.json()["error"] == "hub_full"
    until(lambda: server.app.state.hub.viewers == 0)


def test_health_and_readiness_are_two_things(
    server: RunningServer, table: TallyTable, clock: ManualClock
) -> None:
    table.away = True
    clock.advance(5_000)
    assert fetch(server.url + "/healthz").status == 200
    assert fetch(server.url + "/readyz").status == 503
    table.away = False
    until(lambda: fetch(server.url + "/readyz").status == 200)


def test_an_unknown_path_is_not_the_page(server: RunningServer) -> None:
    assert fetch(server.url + "/").status == 200
    assert fetch(server.url + "/nowhere").status == 404


def test_the_document_names_its_language_and_nothing_outside(server: RunningServer) -> None:
    document = fetch(server.url + "/").body.decode()
    assert '<html lang="en">' in document
    assert re.findall(r"""(?:src|href)=["'](?:https?:)?//[^"']+""", document) == []
    config = re.search(r'id="_dash-config"[^>]*>(.*?)</script>', document)
    assert config
    assert "websocket" not in config[1]


def test_before_the_first_reading_nothing_is_ready_and_nothing_is_zero(
    table: TallyTable, clock: ManualClock
) -> None:
    table.away = True
    rng = random.Random(1)
    with RunningServer(lambda: build_app(table, table=TABLE, clock=clock, rng=rng)) as server:
        assert fetch(server.url + "/readyz").status == 503
        body = fetch(server.url + "/api/snapshot?poll=cube&history=true").json()
        assert body["as_of"] is None
        assert body["polls"] == {}
        assert body["view"] is None
