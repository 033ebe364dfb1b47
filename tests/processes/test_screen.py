"""The whole way, from a vote to a screen: the Live page shows what `cube tally` says."""

import json

import pytest
from playwright.sync_api import Page, expect

from tests.processes.desk import Desk

pytestmark = [pytest.mark.processes, pytest.mark.browser]


def test_the_screen_follows_the_votes_within_a_second(desk: Desk, page: Page) -> None:
    desk.up(dashboard=True)
    page.goto(f"http://127.0.0.1:{desk.dashboard_port}/")
    load = desk.run("load", "--rate", "5000", "--votes", "15000", "--json")
    assert json.loads(load.stdout.splitlines()[-1])["accepted"] == 15_000
    desk.check()
    total = desk.tally()["total"]
    assert total == 15_000
    expect(page.locator("#figure-total")).to_have_text(f"{total:,}", timeout=1_000)
    vote = desk.run("vote", "--colour", "blue", "--device", "me")
    assert vote.returncode == 0, vote.stderr
    expect(page.locator("#figure-total")).to_have_text(f"{total + 1:,}", timeout=1_000)
