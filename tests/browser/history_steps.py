"""A page and what is to be done with the History page on it in, the page as it should be out."""

from playwright.sync_api import Page, expect

from tests.dashboard.fake_warehouse import FakeWarehouse
from tests.dashboard.server import RunningServer


def open_history(page: Page, server: RunningServer, poll: str, rest: str = "") -> None:
    page.goto(f"{server.url}/history?poll={poll}{rest}")


def rows_are(page: Page, text: str) -> None:
    expect(page.locator("#history-rows")).to_contain_text(text)
    expect(page.locator("#history")).to_have_attribute("data-state", "ready")


def names_are(page: Page, *names: str) -> None:
    """The lines of the chart end in these names, whichever is above today."""
    ends = page.locator("#history-plot .annotation")
    expect(ends).to_have_count(len(names))
    assert set(ends.all_text_contents()) == set(names)


def last_asked(warehouse: FakeWarehouse, poll: str) -> tuple[str, dict[str, tuple[str, ...]]]:
    return [asked for asked in warehouse.asked if asked[1].get("poll") == (poll,)][-1]
