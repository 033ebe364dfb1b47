"""The whole way, from a vote to a screen: the Live page shows what `cube tally` says."""

import json
import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.processes.desk import Desk

pytestmark = [pytest.mark.processes, pytest.mark.browser]
_FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync")


@pytest.fixture
def screen() -> Iterator[Page]:
    """Return a page in a Chromium of its own: Debian's where it is, else Playwright's."""
    path = shutil.which("chromium") or os.environ.get("CHROMIUM_PATH")  # noqa: TID251 - a test
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(_FLAGS))
        yield browser.new_page()
        browser.close()


def test_the_screen_follows_the_votes_within_a_second(desk: Desk, screen: Page) -> None:
    desk.up(dashboard=True)
    screen.goto(f"http://127.0.0.1:{desk.dashboard_port}/")
    load = desk.run("load", "--rate", "5000", "--votes", "15000", "--json")
    assert json.loads(load.stdout.splitlines()[-1])["accepted"] == 15_000
    desk.check()
    total = desk.tally()["total"]
    assert total == 15_000
    expect(screen.locator("#figure-total")).to_have_text(f"{total:,}", timeout=1_000)
    vote = desk.run("vote", "--colour", "blue", "--device", "me")
    assert vote.returncode == 0, vote.stderr
    expect(screen.locator("#figure-total")).to_have_text(f"{total + 1:,}", timeout=1_000)
