"""The Pipeline page says in ten seconds whether every vote is accounted for, and what to do."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.agreement import LineDifference
from core.lane import LaneState
from dashboard.pipeline.limits import GAP_MS_MAX
from tests.browser.conftest import ShiftedClock
from tests.browser.pipeline.ledger_steps import line, open_page, state_is
from tests.dashboard.fake_warehouse import FakeWarehouse
from tests.dashboard.ledger_scene import Scene
from tests.dashboard.server import RunningServer

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[1] / "axe.min.js"


def test_when_all_lines_agree_every_vote_is_accounted_for(
    live: Page, server: RunningServer, scene: Scene
) -> None:
    open_page(live, server)
    state_is(live, "ok")
    expect(live.locator("#verdict")).to_have_text("Every vote is accounted for")
    expect(live.locator("#status")).to_have_text("Balanced")
    expect(live.locator("#announce")).to_have_text("Every vote is accounted for")
    states = live.locator(".ledger > tbody .cell-state .state")
    expect(states).to_have_text(["✓OK"] * 11)
    expect(live.locator('[data-total="parked"] dd')).to_have_text("1,520")
    expect(live.locator('[data-total="missing_batches"] dd')).to_have_text("0")
    expect(live.locator("#sum-bar")).to_have_attribute(
        "aria-label", re.compile("lines accepted: .* 1,520 parked, 342 duplicate; 0 batches")
    )
    expect(live.locator(".minute[data-state=ok]")).to_have_count(38)
    expect(live.locator("#parked-rows")).to_contain_text("too old")
    expect(live.get_by_role("link", name="Pipeline")).to_have_attribute("aria-current", "page")
    assert live.title() == "Pipeline – Colour Cube"


def test_every_stage_of_the_flow_has_its_numbers_and_a_state_in_words(
    live: Page, server: RunningServer, scene: Scene
) -> None:
    open_page(live, server)
    state_is(live, "ok")
    expect(live.locator(".node-name")).to_have_text(
        [
            "producers",
            "[votes]",
            "processors",
            "[tallies]",
            "dashboard",
            "firehose_transforms",
            "[lake]",
            "sql",
        ]
    )
    processors = live.locator('[data-stage="processors"]')
    expect(processors.locator(".state")).to_have_text("–Quiet")
    expect(processors).to_contain_text("Nothing to count")
    scene.cast("cube", {"red": 3}, minutes_ago=0)
    expect(live.locator('[data-stage="producers"] .state')).to_have_text("✓OK")
    expect(live.locator('[data-stage="lake"]')).to_contain_text("objects")


def test_a_planted_difference_is_red_words_with_the_command_to_run(
    live: Page, server: RunningServer, scene: Scene, warehouse: FakeWarehouse
) -> None:
    key = ("counted", "cube", scene.minute - 20)
    warehouse.ledger.tables[key] -= 120
    warehouse.ledger.loads[key] -= 120
    open_page(live, server)
    state_is(live, "differs")
    expect(live.locator("#verdict")).to_have_text(re.compile("lines? differs?$"))
    expect(live.locator("#status")).to_have_text("Differs")
    row = line(live, "live_equals_warehouse")
    expect(row.locator(".cell-state")).to_have_text("≠Differs")
    expect(row.locator(".cell-difference")).to_have_text("+120")
    expect(row.locator(".cell-difference")).to_have_css("color", "rgb(179, 32, 44)")
    expect(row.locator(".commands code").first).to_have_text("cube check --wait 60")
    expect(row.locator(".commands")).to_contain_text("cube recover put --kind history --all")
    expect(row.locator(".details tbody tr").first).to_contain_text("cube, counted")
    expect(live.locator(".minute[data-state=differs]")).to_have_count(1)
    live.context.grant_permissions(["clipboard-read", "clipboard-write"])
    row.get_by_role("button", name="Copy: cube check --wait 60").click()
    expect(row.locator(".copy-button").first).to_have_text("Copied")
    assert live.evaluate("navigator.clipboard.readText()") == "cube check --wait 60"


def test_lines_that_history_has_more_of_are_to_be_counted_again(
    live: Page, server: RunningServer, scene: Scene
) -> None:
    off = LineDifference(poll="cube", minute=29_833_333, outcome="counted", live=800, history=860)
    scene.compared(off, lines=800)
    open_page(live, server)
    state_is(live, "differs")
    row = line(live, "comparison_agrees")
    expect(row.locator(".commands")).to_contain_text(
        "cube recount --poll cube --from 2026-09-21T14:13Z --to 2026-09-21T14:14Z --apply"
    )
    expect(row.locator(".cell-source")).to_contain_text("schedule, ")


def test_a_lane_with_a_gap_is_on_its_way_then_missing(
    live: Page, server: RunningServer, scene: Scene, clock: ShiftedClock
) -> None:
    scene.lane("p1", 3, LaneState(high=9, gaps=((4, 5),)))
    open_page(live, server)
    state_is(live, "on_its_way")
    expect(live.locator("#missing-rows tr")).to_contain_text(["p132"])
    clock.ahead_ms += GAP_MS_MAX
    state_is(live, "differs")
    row = line(live, "no_batch_missing")
    expect(row.locator(".commands")).to_contain_text("cube recover put --kind live --all")
    expect(live.locator('[data-total="missing_batches"] dd')).to_have_text("2")


def test_a_line_opens_to_its_minutes_by_mouse_and_by_keyboard(
    live: Page, server: RunningServer, scene: Scene
) -> None:
    open_page(live, server)
    state_is(live, "ok")
    button = live.get_by_role("button", name="Live = warehouse", exact=True)
    expect(button).to_have_attribute("aria-expanded", "false")
    button.focus()
    live.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-expanded", "true")
    details = live.locator("#line-live_equals_warehouse")
    expect(details.locator("tbody tr")).to_have_count(38)
    button.click()
    expect(details).to_be_hidden()


def test_a_phone_needs_no_sideways_scroll(
    live: Page, server: RunningServer, scene: Scene, warehouse: FakeWarehouse
) -> None:
    warehouse.ledger.tables["counted", "cube", scene.minute - 20] -= 120
    live.set_viewport_size({"width": 390, "height": 844})
    open_page(live, server)
    state_is(live, "differs")
    assert live.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(
    live: Page, server: RunningServer, scene: Scene, warehouse: FakeWarehouse, scheme: str
) -> None:
    live.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    open_page(live, server)
    state_is(live, "ok")
    live.get_by_role("button", name="Live = warehouse", exact=True).click()
    live.evaluate(AXE.read_text())
    axe_is_content(live)
    warehouse.ledger.tables["counted", "cube", scene.minute - 20] -= 120
    state_is(live, "differs")
    axe_is_content(live)


def axe_is_content(page: Page) -> None:
    found = page.evaluate("axe.run().then((result) => result.violations)")
    told = [
        (one["id"], [(node["target"], node["html"][:160]) for node in one["nodes"]])
        for one in found
    ]
    assert told == []
