"""Everybody can read the History page: small screens, both schemes, keyboards, other clocks."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.history_steps import open_history, rows_are
from tests.dashboard.fake_warehouse import FakeWarehouse
from tests.dashboard.server import RunningServer

pytestmark = pytest.mark.browser

AXE = Path(__file__).with_name("axe.min.js")


def test_times_are_utc_and_local_for_whoever_hovers(
    browser: Browser, server: RunningServer, known: str
) -> None:
    page = browser.new_page(timezone_id="Asia/Tokyo")
    open_history(page, server, known)
    rows_are(page, "150 ")
    title = page.locator("#history-facts time").first.get_attribute("title")
    assert title is not None
    assert "GMT+9, your time" in title
    cell = page.locator(".ag-row .ag-cell").first
    expect(cell).to_contain_text(":00")
    cell.hover()
    expect(page.locator(".ag-tooltip")).to_contain_text("GMT+9, your time")
    page.locator("#history-plot .nsewdrag").hover()
    expect(page.locator("#history-plot .hoverlayer")).to_contain_text("UTC")
    expect(page.locator("#history-plot .hoverlayer")).to_contain_text("GMT+9, your time")
    page.close()


@pytest.mark.parametrize("question", ["votes_by_hour", "share_over_time", "swing", "late_votes"])
def test_a_phone_needs_no_sideways_scroll(
    live: Page, server: RunningServer, known: str, question: str
) -> None:
    live.set_viewport_size({"width": 390, "height": 844})
    open_history(live, server, known, f"&question={question}")
    expect(live.locator("#history")).to_have_attribute("data-state", "ready")
    assert live.evaluate("document.documentElement.scrollWidth") == 390
    expect(live.get_by_text("Regions: all")).to_be_hidden()
    live.get_by_role("button", name="More filters").click()
    live.get_by_text("Regions: all").click()
    assert live.evaluate("document.documentElement.scrollWidth") == 390
    live.keyboard.press("Escape")
    live.locator("#history-question-select").select_option("turnout_by_region")
    rows_are(live, "4 ")
    expect(live.locator("#history-questions")).to_be_hidden()
    live.goto(live.url + "&regions=north")
    expect(live.get_by_text("Regions: north")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(
    live: Page,
    server: RunningServer,
    warehouse: FakeWarehouse,
    known: str,
    complaints: list[str],
    scheme: str,
) -> None:
    live.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    open_history(live, server, known)
    rows_are(live, "150 ")
    expect(live.locator(".ag-row").first).to_be_visible()
    live.evaluate(AXE.read_text())
    axe_is_content(live)
    live.get_by_text("Colours: all").click()
    axe_is_content(live)
    live.keyboard.press("Escape")
    live.get_by_role("link", name="Swing").click()
    rows_are(live, "6 ")
    axe_is_content(live)
    warehouse.away = True
    live.get_by_label("Minutes").fill("7")
    live.get_by_label("Minutes").blur()
    expect(live.locator("#history")).to_have_attribute("data-state", "away")
    axe_is_content(live)
    complaints.clear()


def axe_is_content(page: Page) -> None:
    # What is greyed out while it settles has no contrast of its own to be judged by.
    page.evaluate("Promise.all(document.getAnimations().map((one) => one.finished))")
    found = page.evaluate("axe.run().then((result) => result.violations)")
    told = [
        (one["id"], [(node["target"], node["html"][:160]) for node in one["nodes"]])
        for one in found
    ]
    assert told == []


def test_the_scheme_reaches_the_chart_and_the_grid(
    live: Page, server: RunningServer, known: str
) -> None:
    live.emulate_media(color_scheme="light")
    open_history(live, server, known)
    rows_are(live, "150 ")
    colour = "document.querySelector('#history-plot').data.find(one => one.name == 'White')"
    assert live.evaluate(colour + ".line.color") != "#f8f9fa"
    live.get_by_role("button", name="Light or dark").click()
    expect(live.locator("body")).to_have_attribute("data-ag-theme-mode", "dark")
    live.wait_for_function(colour + ".line.color == '#f8f9fa'")
    row = live.locator(".ag-row").first
    expect(row).to_have_css("color", "rgb(236, 238, 242)")


def test_the_keyboard_does_all_of_it(live: Page, server: RunningServer, known: str) -> None:
    open_history(live, server, known)
    rows_are(live, "150 ")
    live.locator("#history-colours summary").focus()
    live.keyboard.press("Enter")
    live.keyboard.press("Tab")
    live.keyboard.press("Tab")
    live.keyboard.press("Space")
    rows_are(live, "25 ")
    expect(live.locator("#history-colours .picked")).to_have_text("Red")
    live.keyboard.press("Escape")
    expect(live.locator("#history-colours summary")).to_be_focused()
    expect(live.locator("#history-colours")).not_to_have_attribute("open", "")
    live.get_by_role("link", name="Swing").focus()
    live.keyboard.press("Enter")
    rows_are(live, "6 ")
    live.locator(".ag-header-cell").first.focus()
    live.keyboard.press("ArrowDown")
    expect(live.locator(".ag-cell-focus")).to_have_count(1)


def test_who_wants_no_motion_gets_none(browser: Browser, server: RunningServer, poll: str) -> None:
    page = browser.new_page(reduced_motion="reduce")
    page.route("**/api/**", lambda route: None)
    open_history(page, server, poll)
    expect(page.locator(".skeleton-bar").first).to_be_visible()
    moving = "getComputedStyle(document.querySelector('.skeleton-bar')).animationName"
    assert page.evaluate(moving) == "none"
    page.close()


def test_the_live_page_loads_nothing_of_the_history_page(
    live: Page, server: RunningServer, poll: str
) -> None:
    loaded: list[str] = []
    live.on("request", lambda request: loaded.append(request.url))
    live.goto(f"{server.url}/?poll={poll}")
    expect(live.locator("#figure-total")).to_have_text("0")
    assert [url for url in loaded if "ag_grid" in url or "/history" in url] == []
    live.get_by_role("link", name="History").click()
    expect(live.locator("#history-title")).not_to_have_text("")
    assert [url for url in loaded if "ag_grid" in url]
    expect(live.get_by_role("link", name="History")).to_have_attribute("aria-current", "page")
    live.get_by_role("link", name="Live").click()
    expect(live.locator("#live")).to_be_visible()
