"""The History page answers questions, keeps every choice in its address, and lets rows go home."""

import csv
import io
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.history_steps import last_asked, names_are, open_history, rows_are
from tests.dashboard.fake_warehouse import FakeWarehouse
from tests.dashboard.server import RunningServer

pytestmark = pytest.mark.browser


def test_a_question_has_a_chart_a_grid_and_its_sql(
    live: Page, server: RunningServer, known: str
) -> None:
    open_history(live, server, known)
    rows_are(live, "150 ")
    expect(live.locator("#history-title")).to_have_text(
        "How many votes did each colour get, hour by hour?"
    )
    expect(live.locator("#history-plot .scatterlayer .trace")).to_have_count(7)  # and local time
    names_are(live, "Red", "Orange", "Yellow", "Green", "Blue", "White")
    expect(live.locator(".modebar")).to_have_count(0)
    expect(live.locator("#history-note")).to_contain_text("The last step is still filling.")
    expect(live.locator("#history-plot .shapelayer path").first).to_be_attached()
    heads = live.locator(".ag-header-cell-text")
    expect(heads).to_have_text(["Hour, UTC", "Colour", "Votes"])
    expect(live.locator(".ag-row").first).to_contain_text("Blue")
    expect(live.locator("#history-sql")).to_contain_text("WHERE poll = :poll")
    expect(live.locator("#history-values")).to_contain_text(f"'{known}'")
    expect(live.locator("#history-facts")).to_contain_text("1,204,482 votes · reaches ")
    expect(live.locator("#status")).to_contain_text("UTC")
    expect(live.locator("#announce")).to_have_text(
        "How many votes did each colour get, hour by hour? 150 rows"
    )
    assert live.title() == "History – Colour Cube"


def test_filters_narrow_the_answer_and_live_in_the_address(
    live: Page, server: RunningServer, warehouse: FakeWarehouse, known: str
) -> None:
    open_history(live, server, known)
    rows_are(live, "150 ")
    live.get_by_text("Colours: all").click()
    live.get_by_label("Red").check()
    live.get_by_label("Blue").check()
    rows_are(live, "50 ")
    names_are(live, "Red", "Blue")
    expect(live.locator("#history-colours .picked")).to_have_text("2 of 6")
    live.keyboard.press("Escape")
    live.get_by_text("Regions: all").click()
    live.get_by_label("north").check()
    expect(live.locator("#history-values")).to_contain_text("'north'")
    assert live.url.endswith("&colours=red&colours=blue&regions=north")
    assert last_asked(warehouse, known)[1]["regions"] == ("north",)
    live.reload()
    rows_are(live, "50 ")
    expect(live.locator("#history-regions .picked")).to_have_text("north")
    live.get_by_role("button", name="Reset").click()
    expect(live.locator("#history-colours .picked")).to_have_text("all")
    assert "colours" not in live.url


def test_the_back_button_brings_the_last_choice_back(
    live: Page, server: RunningServer, known: str
) -> None:
    open_history(live, server, known, "&question=votes_by_colour")
    rows_are(live, "6 ")
    live.get_by_role("link", name="Turnout by region").click()
    rows_are(live, "4 ")
    live.get_by_role("button", name="7 days").click()
    expect(live.get_by_role("button", name="7 days")).to_have_attribute("aria-pressed", "true")
    live.go_back()
    expect(live.get_by_role("button", name="24 h")).to_have_attribute("aria-pressed", "true")
    live.go_back()
    rows_are(live, "6 ")
    expect(live.locator("#history-questions [aria-current]")).to_have_text("Votes by colour")
    live.go_forward()
    rows_are(live, "4 ")


def test_a_range_is_a_preset_or_two_moments_in_utc(
    live: Page, server: RunningServer, warehouse: FakeWarehouse, known: str
) -> None:
    open_history(live, server, known)
    rows_are(live, "150 ")
    live.get_by_role("button", name="All", exact=True).first.click()
    expect(live.locator("#history-values")).to_contain_text("1970-01-01 00:00 UTC")
    assert live.url.endswith("range=all")
    live.get_by_label("From, UTC").fill("2026-11-24T10:00")
    live.get_by_label("From, UTC").blur()
    live.get_by_label("To, UTC").fill("2026-11-24T11:30")
    live.get_by_label("To, UTC").blur()
    expect(live.locator("#history-values")).to_contain_text("2026-11-24 11:30 UTC")
    assert last_asked(warehouse, known)[1]["from"] == ("2026-11-24 10:00:00",)
    live.reload()
    expect(live.get_by_label("From, UTC")).to_have_value("2026-11-24T10:00")
    expect(live.locator("[data-range][aria-pressed=true]")).to_have_count(0)
    expect(live.locator("#history-values")).to_contain_text("2026-11-24 11:30 UTC")


def test_a_question_may_have_parameters_of_its_own(
    live: Page, server: RunningServer, warehouse: FakeWarehouse, known: str
) -> None:
    open_history(live, server, known, "&question=share_over_time")
    rows_are(live, "150 ")
    live.get_by_label("Minutes").fill("30")
    live.get_by_label("Minutes").blur()
    expect(live.locator("#history-values")).to_contain_text("30")
    assert live.url.endswith("minutes=30")
    assert last_asked(warehouse, known)[1]["minutes"] == ("30",)
    live.get_by_label("Draw").select_option("votes")
    expect(live.locator("#history-plot .ytick").last).to_contain_text("k")
    assert live.url.endswith("draw=votes&minutes=30")
    live.get_by_role("link", name="Swing").click()
    rows_are(live, "6 ")
    assert "minutes" not in live.url
    expect(live.locator(".bars li").first).to_contain_text("+2.41")
    expect(live.get_by_role("button", name="24 h")).to_be_disabled()


def test_rows_can_be_taken_home_as_a_file(
    live: Page,
    server: RunningServer,
    warehouse: FakeWarehouse,
    known: str,
    complaints: list[str],
) -> None:
    open_history(live, server, known, "&colours=red")
    rows_are(live, "25 ")
    with live.expect_download() as download:
        live.get_by_role("link", name="Export CSV").click()
    assert download.value.suggested_filename.startswith(f"votes_by_hour_{known}_")
    rows = list(csv.reader(io.StringIO(Path(download.value.path()).read_text())))
    assert rows[0] == ["hour", "colour", "votes"]
    assert len(rows) == 26
    assert rows[1][0].endswith(":00:00Z")
    assert rows[1][2].isdigit()
    warehouse.away = True
    live.get_by_role("link", name="Export CSV").click()
    expect(live.locator("#history-trouble h3")).to_have_text("The warehouse does not answer")
    expect(live.locator("#history-export")).to_have_text("Export CSV")
    complaints.clear()


def test_sql_can_be_copied_with_its_values(live: Page, server: RunningServer, known: str) -> None:
    live.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_history(live, server, known, "&question=votes_by_colour")
    rows_are(live, "6 ")
    live.locator("#history-copy").click()
    expect(live.locator("#history-copy")).to_have_text("Copied")
    copied = live.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("-- How many votes has each colour")
    assert f"poll = '{known}'" in copied


def test_rows_that_were_cut_off_are_said_to_be(
    live: Page, server: RunningServer, warehouse: FakeWarehouse, known: str
) -> None:
    warehouse.columns = ("device_id", "votes")
    warehouse.rows = [(f"device-{n}", n) for n in range(10_001)]
    open_history(live, server, known, "&question=device_leader_board")
    rows_are(live, "first 10,000 ")
    expect(live.locator("#history-note")).to_contain_text("Only the first 10,000 rows")
    expect(live.locator("#history-note")).to_contain_text("9,960 more are in the rows below.")
    expect(live.locator(".bars li")).to_have_count(40)


def test_a_question_without_a_chart_shows_its_rows(
    live: Page, server: RunningServer, known: str
) -> None:
    open_history(live, server, known, "&question=late_votes")
    rows_are(live, "20 ")
    expect(live.locator("#history-note")).to_have_text(
        "This question has no chart: its rows are below."
    )
    expect(live.locator("#history-chart > :visible")).to_have_count(0)
