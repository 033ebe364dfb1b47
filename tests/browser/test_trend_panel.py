"""The panel of trends says who gains, who led and who votes too much, and how old that is."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ShiftedClock
from tests.dashboard.server import RunningServer
from tests.dashboard.shard_trend import shard_trend, steadily, watch
from tests.dashboard.tally_table import TallyTable

pytestmark = pytest.mark.browser

AXE = Path(__file__).with_name("axe.min.js")
CROWD = {f"d{number}": 2.0 for number in range(500)}


def write_trend(table: TallyTable, clock: ShiftedClock, poll: str, *, ago_s: int = 0) -> None:
    """Write what a shard says of a minute in which blue overtook red, and a robot came."""
    now_s = clock.now_ms() // 1000 - ago_s
    state = shard_trend(
        {
            "red": steadily(50, range(now_s - 400, now_s - 20)),
            "blue": steadily(10, range(now_s - 400, now_s - 30))
            | steadily(400, range(now_s - 30, now_s + 1)),
            "green": {now_s - 15: 3},
        },
        devices=watch(CROWD | {"<robot>": 250.0}, CROWD),
        regions=watch({"north": 1000.0}, {"north": 1000.0}),
    )
    table.trend(poll, state)


def count_now(table: TallyTable, clock: ShiftedClock, poll: str) -> None:
    table.count(poll, {"red": 600, "blue": 500}, second=clock.now_ms() // 1000 - 1)


def test_momentum_leaders_and_suspects_are_said_in_words(
    live: Page, server: RunningServer, table: TallyTable, clock: ShiftedClock, poll: str
) -> None:
    count_now(table, clock, poll)
    write_trend(table, clock, poll, ago_s=20)  # behind: windows stay where they are meanwhile
    live.goto(f"{server.url}/?poll={poll}")
    rows = live.locator("#trends-momentum li")
    expect(rows).to_have_count(3)
    expect(rows.nth(0)).to_contain_text("Blue")
    expect(rows.nth(0).locator(".momentum-words")).to_contain_text(
        "rising ×1.9 over its last minute"
    )
    expect(rows.nth(0).locator(".momentum-rate")).to_have_text("400/s")
    expect(rows.nth(0).locator("svg polyline")).to_have_count(1)
    expect(rows.nth(1).locator(".momentum-words")).to_contain_text(
        "falling, ×0.0 of its last minute"
    )
    expect(rows.nth(2).locator(".momentum-words")).to_contain_text("too few votes to say")
    leaders = live.locator("#trends-leaders li")
    expect(leaders.first).to_have_text("Blue leads")
    expect(leaders.nth(1)).to_contain_text("Blue overtook Red")
    suspects = live.locator("#trends-suspects li")
    expect(suspects).to_have_text("Device <robot>: 20.0% of the votes lately, usually under 0.1%")


def test_trends_that_stand_still_say_how_old_they_are_while_the_rest_is_live(
    live: Page, server: RunningServer, table: TallyTable, clock: ShiftedClock, poll: str
) -> None:
    count_now(table, clock, poll)
    write_trend(table, clock, poll, ago_s=30)
    live.goto(f"{server.url}/?poll={poll}")
    expect(live.locator("#trends")).to_have_attribute("data-state", "stale")
    expect(live.locator("#trends-note")).to_contain_text(
        "Trends stand still: they know of no vote of the last"
    )
    expect(live.locator("#trends-note")).to_contain_text(" s. All votes are counted.")
    expect(live.locator("#trends-momentum li").first).to_contain_text("Blue")
    expect(live.locator("#status")).to_have_text("Live")
    write_trend(table, clock, poll)
    expect(live.locator("#trends")).to_have_attribute("data-state", "live")
    expect(live.locator("#trends-note")).to_be_hidden()


def test_no_trend_is_said_in_words_and_shows_no_numbers(
    live: Page, server: RunningServer, table: TallyTable, clock: ShiftedClock, poll: str
) -> None:
    count_now(table, clock, poll)
    live.goto(f"{server.url}/?poll={poll}")
    expect(live.locator("#trends-note")).to_have_text(
        "No trends: their processor does not run, or has not seen a vote of this poll."
    )
    expect(live.locator("#trends-body")).to_be_hidden()
    expect(live.locator("#figure-total")).to_have_text("1,100")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_panel_can_be_read_by_everybody_and_on_a_phone(
    live: Page,
    server: RunningServer,
    table: TallyTable,
    clock: ShiftedClock,
    poll: str,
    scheme: str,
) -> None:
    live.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    live.set_viewport_size({"width": 390, "height": 844})
    count_now(table, clock, poll)
    write_trend(table, clock, poll)
    live.goto(f"{server.url}/?poll={poll}")
    expect(live.locator("#trends-momentum li")).to_have_count(3)
    assert live.evaluate("document.documentElement.scrollWidth") == 390
    live.evaluate(AXE.read_text())
    found = live.evaluate("axe.run('#trends').then((result) => result.violations)")
    assert [(one["id"], [node["target"] for node in one["nodes"]]) for one in found] == []
