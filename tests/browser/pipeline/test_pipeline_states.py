"""Whatever keeps the Pipeline page from its numbers, it says so, and unknown is never 0."""

import re

import pytest
from playwright.sync_api import Page, expect

from core.lane import LaneState
from tests.browser.conftest import ShiftedClock
from tests.browser.pipeline.ledger_steps import line, open_page, state_is
from tests.dashboard.fake_warehouse import FakeWarehouse
from tests.dashboard.ledger_scene import Scene
from tests.dashboard.server import RunningServer
from tests.dashboard.tally_table import TallyTable

pytestmark = pytest.mark.browser


def test_unknown_is_never_zero(
    live: Page, server: RunningServer, scene: Scene, warehouse: FakeWarehouse
) -> None:
    warehouse.away = True
    open_page(live, server)
    state_is(live, "unknown")
    row = line(live, "live_equals_warehouse")
    expect(row.locator(".cell-state")).to_have_text("?Unknown")
    expect(row.locator(".side")).to_have_text(["–", "–"])
    expect(row.locator(".line-why")).to_contain_text("Connection refused")
    expect(live.locator('[data-total="missing_batches"] dd')).to_have_text("–")
    expect(live.locator('[data-stage="sql"] .node-figure')).to_have_text("–")
    expect(live.locator("#parked-note")).to_contain_text("Unknown")
    expect(live.locator("#verdict")).to_have_text(re.compile("of 11 lines agree"))
    warehouse.away = False
    state_is(live, "ok")


def test_lines_that_need_the_desk_say_so_until_somebody_checked(
    live: Page,
    server: RunningServer,
    table: TallyTable,
    warehouse: FakeWarehouse,
    clock: ShiftedClock,
) -> None:
    scene = Scene(table, warehouse, clock)
    scene.cast("cube", {"red": 9})
    scene.lane("p1", 0, LaneState(high=4))
    scene.compared()
    open_page(live, server)
    expect(live.locator("#verdict")).to_have_text("The 6 lines compared here agree")
    row = line(live, "stream_equals_ledger")
    expect(row).to_contain_text("cube check has not been run here")
    expect(live.locator('[data-source="cube check"]')).to_contain_text("never")
    scene.checked("stream_equals_ledger")
    expect(row.locator(".cell-state")).to_have_text("≠Differs")
    expect(row.locator(".cell-source")).to_contain_text("cube check, ")


def test_before_anything_is_read_rows_are_there_and_numbers_are_not(
    live: Page, server: RunningServer
) -> None:
    live.route("**/api/ledger", lambda route: None)
    open_page(live, server)
    state_is(live, "loading")
    expect(live.locator("#status")).to_have_text("Loading")
    expect(live.locator(".line-button")).to_have_count(11)
    expect(live.locator(".side").first).to_have_text("–")
    expect(live.locator(".node-figure").first).to_have_class(re.compile("skeleton-text"))


def test_no_votes_yet_names_the_command_that_sends_some(live: Page, server: RunningServer) -> None:
    open_page(live, server)
    state_is(live, "empty")
    expect(live.locator("#pipeline-notice code")).to_have_text("cube load --rate 1000")
    expect(live.locator("#status")).to_have_text("No votes yet")


@pytest.mark.slow
def test_a_table_that_is_away_makes_the_page_stale_and_keeps_its_numbers(
    live: Page, server: RunningServer, scene: Scene, table: TallyTable, clock: ShiftedClock
) -> None:
    open_page(live, server)
    state_is(live, "ok")
    counted = live.locator('[data-total="counted"] dd').text_content() or ""
    assert len(counted) > 4
    table.away = True
    clock.ahead_ms += 30_000
    state_is(live, "stale")
    expect(live.locator("#status")).to_contain_text("Stale 3")
    expect(live.locator("#pipeline-notice")).to_contain_text("cube status")
    expect(live.locator('[data-total="counted"] dd')).to_have_text(counted)
    expect(live.locator('[data-stage="processors"] .state')).to_have_text("?Unknown")
    table.away = False
    state_is(live, "ok")


@pytest.mark.slow
def test_a_server_that_is_away_is_said_to_be_and_comes_back(
    live: Page, server: RunningServer, scene: Scene, complaints: list[str]
) -> None:
    open_page(live, server)
    state_is(live, "ok")
    live.route("**/api/ledger", lambda route: route.abort())
    state_is(live, "lost")
    expect(live.locator("#status")).to_contain_text("Reconnecting")
    expect(live.locator("#pipeline-notice")).to_contain_text("last good numbers")
    live.unroute("**/api/ledger")
    state_is(live, "ok")
    complaints.clear()


@pytest.mark.slow
def test_pause_holds_the_numbers(live: Page, server: RunningServer, scene: Scene) -> None:
    open_page(live, server)
    state_is(live, "ok")
    counted = live.locator('[data-total="counted"] dd')
    before = counted.text_content() or ""
    live.get_by_role("button", name="Pause").click()
    expect(live.locator("#status")).to_have_text("Paused")
    with live.expect_response("**/api/ledger"):
        scene.cast("cube", {"red": 1_000})
    with live.expect_response("**/api/ledger"):
        pass
    expect(counted).to_have_text(before)
    live.get_by_role("button", name="Pause").click()
    expect(counted).not_to_have_text(before)


def test_nothing_shifts_when_the_numbers_come(
    live: Page, server: RunningServer, scene: Scene
) -> None:
    live.add_init_script(
        "window.shifted = 0; new PerformanceObserver((list) => list.getEntries().forEach("
        "(one) => { if (!one.hadRecentInput) window.shifted += one.value; }))"
        ".observe({type: 'layout-shift', buffered: true});"
    )
    open_page(live, server)
    state_is(live, "ok")
    scene.cast("cube", {"red": 3}, minutes_ago=0)
    expect(live.locator('[data-stage="producers"] .state')).to_have_text("✓OK")
    assert live.evaluate("window.shifted") < 0.1  # what browsers' makers call good
