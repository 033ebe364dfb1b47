"""The Live page shows what the table holds, says when it cannot, and can be read by everybody."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from core.poll import DEFAULT_PALETTE
from tests.browser.conftest import ShiftedClock, new_poll
from tests.dashboard.server import RunningServer
from tests.dashboard.tally_table import TallyTable

pytestmark = pytest.mark.browser

AXE = Path(__file__).with_name("axe.min.js")
VOTES = dict(zip(DEFAULT_PALETTE, (600, 500, 400, 300, 200, 100), strict=True))


def open_page(page: Page, server: RunningServer, poll: str) -> None:
    page.goto(f"{server.url}/?poll={poll}")


def count_now(
    table: TallyTable, clock: ShiftedClock, poll: str, votes: dict[str, int], *, ago_s: int = 2
) -> None:
    second = clock.now_ms() // 1000 - ago_s
    table.count(poll, votes, second=second, latency_ms=150)


def test_the_total_shown_is_the_total_counted_and_grows_with_it(
    live: Page, server: RunningServer, table: TallyTable, clock: ShiftedClock, poll: str
) -> None:
    count_now(table, clock, poll, VOTES)
    open_page(live, server, poll)
    expect(live.locator("#figure-total")).to_have_text("2,100")
    expect(live.locator("#status")).to_have_text("Live")
    count_now(table, clock, poll, {"white": 9_000})
    expect(live.locator("#figure-total")).to_have_text("11,100")
    expect(live.locator("#leader")).to_have_text("White leads with 82.0%")
    expect(live.locator("#figure-latency")).to_have_text("152 / 152 ms")


def test_the_cube_has_27_stickers_in_proportion_each_with_its_letter(
    live: Page, server: RunningServer, table: TallyTable, clock: ShiftedClock, poll: str
) -> None:
    count_now(table, clock, poll, {"red": 18, "blue": 9})
    open_page(live, server, poll)
    stickers = live.locator(".sticker")
    expect(stickers).to_have_count(27)
    expect(live.locator(".sticker", has_text="R")).to_have_count(18)
    expect(live.locator(".sticker", has_text="B")).to_have_count(9)
    expect(live.locator("#cube-scene")).to_have_attribute(
        "aria-label",
        "The cube, shares of the vote: Red 66.7%, Blue 33.3%, Orange 0.0%, "
        "Yellow 0.0%, Green 0.0%, White 0.0%",
    )


def test_the_race_is_ordered_and_the_chart_has_a_line_and_a_label_a_colour(
    live: Page, server: RunningServer, table: TallyTable, clock: ShiftedClock, poll: str
) -> None:
    for ago_s in range(2, 30):
        count_now(table, clock, poll, VOTES, ago_s=ago_s)
    open_page(live, server, poll)
    names = live.locator(".race-name")
    expect(names).to_have_text(["Red", "Orange", "Yellow", "Green", "Blue", "White"])
    count_now(table, clock, poll, {"white": 90_000})
    expect(names).to_have_text(["White", "Red", "Orange", "Yellow", "Green", "Blue"])
    expect(live.locator("#rates .scatterlayer .trace")).to_have_count(6)
    expect(live.locator("#rates .annotation")).to_have_count(6)
    expect(live.locator("#rates .xtick").first).to_contain_text(":")


def test_an_empty_poll_says_what_to_do(live: Page, server: RunningServer, poll: str) -> None:
    open_page(live, server, poll)
    expect(live.locator("#notice")).to_have_text(
        f"No votes yet. Send some: cube load --rate 1000 --poll {poll}"
    )
    expect(live.locator("#figure-total")).to_have_text("0")
    expect(live.locator("#figure-latency")).to_have_text("–")


def test_an_unknown_poll_is_said_to_be_unknown(
    live: Page, server: RunningServer, complaints: list[str]
) -> None:
    open_page(live, server, "no-such-poll")
    expect(live.locator("#notice")).to_contain_text("No poll has that name.")
    expect(live.locator("#status")).to_have_text("No poll")
    expect(live.get_by_role("link", name="Show the default poll")).to_have_attribute("href", "/")
    complaints.clear()


def test_pause_holds_the_numbers_and_going_on_catches_up(
    live: Page, server: RunningServer, table: TallyTable, clock: ShiftedClock, poll: str
) -> None:
    count_now(table, clock, poll, {"red": 1})
    open_page(live, server, poll)
    expect(live.locator("#figure-total")).to_have_text("1")
    live.get_by_role("button", name="Pause").click()
    expect(live.locator("#status")).to_have_text("Paused")
    with live.expect_response(lambda reply: "/api/snapshot" in reply.url):
        count_now(table, clock, poll, {"red": 4})
        live.evaluate("fetch('/api/snapshot')")
    expect(live.locator("#figure-total")).to_have_text("1")
    live.get_by_role("button", name="Pause").click()
    expect(live.locator("#figure-total")).to_have_text("5")


def test_the_table_shows_every_colour_of_a_large_palette(
    live: Page, server: RunningServer, table: TallyTable, clock: ShiftedClock
) -> None:
    palette = [f"shade {number}" for number in range(153)]
    poll = new_poll(server, table, clock, *palette)
    count_now(table, clock, poll, {name: place + 1 for place, name in enumerate(palette)})
    open_page(live, server, poll)
    expect(live.locator(".race-row")).to_have_count(12)
    live.get_by_role("button", name="141 more in the table").click()
    expect(live.locator("#table-body tr")).to_have_count(153)
    expect(live.locator("#table-body tr").first).to_contain_text("Shade 152")
    expect(live.locator("#table-body tr").first).to_contain_text("153")
    live.get_by_role("button", name="Table view").click()
    expect(live.locator("#charts")).to_be_visible()


def test_choosing_a_poll_changes_the_numbers_and_the_address(
    live: Page, server: RunningServer, table: TallyTable, clock: ShiftedClock, poll: str
) -> None:
    other = new_poll(server, table, clock, "green", "black")
    count_now(table, clock, poll, {"red": 1})
    count_now(table, clock, other, {"black": 77})
    open_page(live, server, poll)
    expect(live.locator("#figure-total")).to_have_text("1")
    live.get_by_label("Poll").select_option(other)
    expect(live.locator("#figure-total")).to_have_text("77")
    expect(live.locator(".race-name")).to_have_text(["Black", "Green"])
    assert live.url.endswith(f"?poll={other}")


def test_a_colour_can_be_picked_out(
    live: Page, server: RunningServer, table: TallyTable, clock: ShiftedClock, poll: str
) -> None:
    count_now(table, clock, poll, VOTES)
    open_page(live, server, poll)
    row = live.get_by_role("button", name="Orange")
    row.click()
    expect(row).to_have_attribute("aria-pressed", "true")
    expect(live.locator(".race-row.dimmed")).to_have_count(5)
    row.click()
    expect(live.locator(".race-row.dimmed")).to_have_count(0)


def test_a_phone_needs_no_sideways_scroll(
    live: Page, server: RunningServer, table: TallyTable, clock: ShiftedClock, poll: str
) -> None:
    count_now(table, clock, poll, {"red": 123_456_789_012})
    live.set_viewport_size({"width": 390, "height": 844})
    open_page(live, server, poll)
    expect(live.locator("#figure-total")).to_have_text("123,456,789,012")
    assert live.evaluate("document.documentElement.scrollWidth") == 390


def test_the_scheme_can_be_switched_and_is_remembered(
    live: Page, server: RunningServer, poll: str
) -> None:
    live.emulate_media(color_scheme="light")
    open_page(live, server, poll)
    live.get_by_role("button", name="Light or dark").click()
    expect(live.locator("html")).to_have_attribute("data-scheme", "dark")
    live.reload()
    expect(live.locator("html")).to_have_attribute("data-scheme", "dark")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(
    live: Page,
    server: RunningServer,
    table: TallyTable,
    clock: ShiftedClock,
    poll: str,
    scheme: str,
) -> None:
    live.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    count_now(table, clock, poll, VOTES)
    open_page(live, server, poll)
    expect(live.locator(".race-row")).to_have_count(6)
    expect(live.locator("#rates .annotation")).to_have_count(6)
    live.evaluate(AXE.read_text())
    for _ in range(2):  # the charts, then the table
        found = live.evaluate("axe.run().then((result) => result.violations)")
        told = [(one["id"], [node["target"] for node in one["nodes"]]) for one in found]
        assert told == []
        live.get_by_role("button", name="Table view").click()


def test_the_keyboard_reaches_the_content_first(
    live: Page, server: RunningServer, poll: str
) -> None:
    open_page(live, server, poll)
    expect(live.locator("#figure-total")).to_have_text("0")
    live.keyboard.press("Tab")
    expect(live.locator(".skip")).to_be_focused()
    live.keyboard.press("Enter")
    expect(live.locator("#page")).to_be_focused()


def test_who_wants_no_motion_gets_none(browser: Browser, server: RunningServer, poll: str) -> None:
    page = browser.new_page(reduced_motion="reduce")
    open_page(page, server, poll)
    expect(page.locator("#figure-total")).to_have_text("0")
    moving = "getComputedStyle(document.getElementById('cube')).animationName"
    assert page.evaluate(moving) == "none"
    page.close()
