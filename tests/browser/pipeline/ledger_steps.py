"""A page and what is to be done with the Pipeline page on it in, the page as it should be out."""

from playwright.sync_api import Locator, Page, expect

from tests.dashboard.server import RunningServer


def open_page(page: Page, server: RunningServer) -> None:
    page.goto(server.url + "/pipeline")


def state_is(page: Page, state: str) -> None:
    expect(page.locator("#pipeline")).to_have_attribute("data-state", state)


def line(page: Page, name: str) -> Locator:
    """Return the rows of a line of the ledger."""
    return page.locator(f'[data-line="{name}"]')
