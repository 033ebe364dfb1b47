"""When the table or the server is away, the page says so, keeps its numbers, and comes back."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import ShiftedClock
from tests.browser.test_live_page import count_now, open_page
from tests.dashboard.server import RunningServer
from tests.dashboard.tally_table import TallyTable

pytestmark = pytest.mark.browser
PATIENCE_MS = 20_000


@pytest.fixture(autouse=True)
def table_back(table: TallyTable) -> Iterator[None]:
    yield
    table.away = False


def test_a_table_that_cannot_be_read_makes_the_numbers_stale_not_zero(
    live: Page, server: RunningServer, table: TallyTable, clock: ShiftedClock, poll: str
) -> None:
    count_now(table, clock, poll, {"red": 41})
    open_page(live, server, poll)
    expect(live.locator("#figure-total")).to_have_text("41")
    table.away = True
    clock.ahead_ms += 60_000
    expect(live.locator("#status")).to_contain_text("Stale 6", timeout=PATIENCE_MS)
    expect(live.locator("#figure-total")).to_have_text("41")
    expect(live.locator("#announce")).to_have_text("The numbers are stale")
    expect(live.locator("#notice")).to_contain_text("last good numbers")
    table.away = False
    count_now(table, clock, poll, {"red": 1})
    expect(live.locator("#status")).to_have_text("Live", timeout=PATIENCE_MS)
    expect(live.locator("#figure-total")).to_have_text("42")


def test_a_server_that_restarts_is_found_again(
    live: Page,
    server: RunningServer,
    table: TallyTable,
    clock: ShiftedClock,
    poll: str,
    complaints: list[str],
) -> None:
    count_now(table, clock, poll, {"red": 41})
    open_page(live, server, poll)
    expect(live.locator("#figure-total")).to_have_text("41")
    server.stop()
    expect(live.locator("#status")).to_contain_text("Reconnecting", timeout=PATIENCE_MS)
    expect(live.locator("#figure-total")).to_have_text("41")
    count_now(table, clock, poll, {"red": 1})
    server.start()
    expect(live.locator("#figure-total")).to_have_text("42", timeout=PATIENCE_MS)
    expect(live.locator("#status")).to_have_text("Live", timeout=PATIENCE_MS)
    refused = [text for text in complaints if "ERR_CONNECTION" in text or "ERR_INC" in text]
    assert refused == complaints
    complaints.clear()


def test_without_a_stream_the_page_asks_instead(
    live: Page,
    server: RunningServer,
    table: TallyTable,
    clock: ShiftedClock,
    poll: str,
    complaints: list[str],
) -> None:
    def refuse(route: Route) -> None:
        route.fulfill(status=503)

    live.route("**/api/stream*", refuse)
    count_now(table, clock, poll, {"red": 41})
    open_page(live, server, poll)
    expect(live.locator("#figure-total")).to_have_text("41")
    expect(live.locator("#status")).to_have_text("Live, polling")
    count_now(table, clock, poll, {"red": 1})
    expect(live.locator("#figure-total")).to_have_text("42")
    complaints.clear()


def test_before_the_first_numbers_there_are_skeletons_and_no_zeros(
    live: Page, server: RunningServer, poll: str
) -> None:
    live.route("**/api/**", lambda route: None)
    open_page(live, server, poll)
    expect(live.locator("#live")).to_have_attribute("data-state", "loading")
    expect(live.locator(".skeleton")).to_have_count(4)
    expect(live.locator("#figure-total")).to_have_text("–")
