"""The History page answers questions, keeps every choice in its address, and stops when told to."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import ShiftedClock
from tests.dashboard.fake_warehouse import FakeWarehouse
from tests.dashboard.server import RunningServer
from tests.dashboard.wait import until

pytestmark = [
    pytest.mark.browser,
    # The browser plugin's own fixtures, which pytest 10 will want written otherwise.
    pytest.mark.filterwarnings("ignore:Session-scoped fixtures defined as instance methods"),
]

AXE = Path(__file__).with_name("axe.min.js")


@pytest.fixture(autouse=True)
def warehouse_back(warehouse: FakeWarehouse) -> Iterator[None]:
    yield
    warehouse.behave()


@pytest.fixture
def known(warehouse: FakeWarehouse, poll: str) -> str:
    """A poll that the warehouse knows as well; its answers are nobody else's."""
    warehouse.polls.append(poll)
    return poll


def open_history(page: Page, server: RunningServer, poll: str, rest: str = "") -> None:
    page.goto(f"{server.url}/history?poll={poll}{rest}")


def rows_are(page: Page, text: str) -> None:
    expect(page.locator("#history-rows")).to_contain_text(text)
    expect(page.locator("#history")).to_have_attribute("data-state", "ready")


def last_asked(warehouse: FakeWarehouse, poll: str) -> tuple[str, dict[str, tuple[str, ...]]]:
    return [asked for asked in warehouse.asked if asked[1].get("poll") == (poll,)][-1]


def test_a_question_has_a_chart_a_grid_and_its_sql(
    live: Page, server: RunningServer, known: str
) -> None:
    open_history(live, server, known)
    rows_are(live, "150 ")
    expect(live.locator("#history-title")).to_have_text(
        "How many votes did each colour get, hour by hour?"
    )
    expect(live.locator("#history-plot .scatterlayer .trace")).to_have_count(7)  # and local time
    expect(live.locator("#history-plot .annotation")).to_have_text(
        ["Red", "Green", "Blue", "White", "Yellow", "Orange"]
    )
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
    expect(live.locator("#history-plot .annotation")).to_have_text(["Red", "Blue"])
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


def test_cancel_stops_the_query_at_the_warehouse(
    live: Page,
    server: RunningServer,
    warehouse: FakeWarehouse,
    known: str,
    complaints: list[str],
) -> None:
    warehouse.slow = True
    open_history(live, server, known)
    expect(live.locator("#history-note")).to_contain_text("Running")
    until(lambda: warehouse.running == 1)
    live.get_by_role("button", name="Cancel").click()
    expect(live.locator("#history-trouble h3")).to_have_text("Cancelled")
    until(lambda: warehouse.running == 0)
    warehouse.slow = False
    live.get_by_role("button", name="Run again").click()
    rows_are(live, "150 ")
    complaints.clear()


def test_another_question_takes_the_place_of_one_that_runs(
    live: Page, server: RunningServer, warehouse: FakeWarehouse, known: str
) -> None:
    warehouse.slow = True
    open_history(live, server, known)
    expect(live.locator("#history-note")).to_contain_text("Running")
    until(lambda: warehouse.running == 1)
    warehouse.slow = False
    live.get_by_role("link", name="Votes by colour").click()
    rows_are(live, "6 ")
    until(lambda: warehouse.running == 0)
    expect(live.locator(".bar-name")).to_have_text(
        ["Red", "Green", "Blue", "White", "Yellow", "Orange"]
    )


def test_a_question_that_took_too_long_is_said_to_be_cut_off(
    live: Page,
    server: RunningServer,
    warehouse: FakeWarehouse,
    known: str,
    complaints: list[str],
) -> None:
    warehouse.cut_off = True
    open_history(live, server, known)
    expect(live.locator("#history-trouble")).to_contain_text("Cut off")
    expect(live.locator("#history-trouble")).to_contain_text("cut off after 30 s")
    expect(live.locator("#history-trouble")).to_contain_text("Ask about less time")
    complaints.clear()


def test_a_refusal_keeps_the_last_rows_says_how_old_they_are_and_can_be_retried(
    live: Page,
    server: RunningServer,
    warehouse: FakeWarehouse,
    known: str,
    complaints: list[str],
) -> None:
    open_history(live, server, known)
    rows_are(live, "150 ")
    warehouse.refusal = "division by zero"
    live.get_by_role("button", name="1 h").click()
    trouble = live.locator("#history-trouble")
    expect(trouble).to_contain_text("division by zero (22012). Below is the answer of ")
    expect(trouble).to_contain_text("query_failed")
    expect(live.locator("#history")).to_have_attribute("data-state", "failed")
    expect(live.locator("#history-rows")).to_contain_text("150 ")
    warehouse.refusal = ""
    live.get_by_role("button", name="Try again").click()
    rows_are(live, "150 ")
    expect(trouble).to_be_hidden()
    complaints.clear()


def test_a_warehouse_that_is_away_is_said_to_be_and_comes_back(
    live: Page,
    server: RunningServer,
    warehouse: FakeWarehouse,
    known: str,
    complaints: list[str],
) -> None:
    warehouse.away = True
    open_history(live, server, known)
    expect(live.locator("#history-trouble h3")).to_have_text("The warehouse does not answer")
    expect(live.locator("#history-trouble")).to_contain_text("cube status")
    expect(live.locator("#status")).to_have_text("Warehouse away")
    expect(live.locator("#history-facts")).to_have_text("")
    expect(live.locator("#history-sql")).to_contain_text("SELECT")
    warehouse.away = False
    live.get_by_role("button", name="Try again").click()
    rows_are(live, "150 ")
    expect(live.locator("#status")).to_contain_text("To ")
    complaints.clear()


def test_a_server_that_is_away_is_told_from_a_warehouse(
    live: Page, server: RunningServer, known: str, complaints: list[str]
) -> None:
    open_history(live, server, known)
    rows_are(live, "150 ")
    live.route("**/api/**", lambda route: route.abort())
    live.get_by_role("button", name="Run", exact=True).click()
    expect(live.locator("#history-trouble h3")).to_have_text(
        "The dashboard's server does not answer"
    )
    expect(live.locator("#status")).to_have_text("No server")
    complaints.clear()


@pytest.mark.parametrize(
    ("rest", "title", "text"),
    [
        ("&question=nope", "There is no such question", "No question is named nope."),
        ("&from=banana", "A filter cannot be read", "'banana' is none such as"),
        ("&question=late_votes&limit=1;DROP", "A filter cannot be read", ":limit"),
    ],
)
def test_an_address_that_makes_no_sense_is_said_to_and_can_be_reset(
    live: Page,
    server: RunningServer,
    known: str,
    complaints: list[str],
    rest: str,
    title: str,
    text: str,
) -> None:
    open_history(live, server, known, rest)
    expect(live.locator("#history-trouble h3")).to_have_text(title)
    expect(live.locator("#history-trouble")).to_contain_text(text)
    expect(live.locator("body")).not_to_contain_text("Traceback")
    live.get_by_role("button", name="Reset the filters").click()
    rows_are(live, "150 ")
    assert live.url == f"{server.url}/history?question=votes_by_hour" or live.url.endswith(
        "/history"
    )
    complaints.clear()


def test_markup_and_sql_in_an_address_stay_words(
    live: Page, server: RunningServer, warehouse: FakeWarehouse, complaints: list[str]
) -> None:
    words = "<img src=x onerror=document.title='bad'>'; DROP TABLE votes; --"
    live.goto(f"{server.url}/history")
    rows_are(live, "150 ")
    live.evaluate(
        "words => location.assign('?poll=' + encodeURIComponent(words) +"
        " '&colours=' + encodeURIComponent(words))",
        words,
    )
    expect(live.locator("#history-trouble h3")).to_have_text("No poll has that name")
    expect(live.locator("#history-poll")).to_have_text(words)
    expect(live.locator("img")).to_have_count(0)
    assert last_asked(warehouse, words)[1]["colours"] == (words,)
    assert live.title() == "History – Colour Cube"
    complaints.clear()


def test_no_rows_is_explained_and_a_way_out_offered(
    live: Page, server: RunningServer, warehouse: FakeWarehouse, known: str
) -> None:
    warehouse.rows = []
    open_history(live, server, known, "&from=now-1h&colours=red")
    trouble = live.locator("#history-trouble")
    expect(trouble).to_contain_text("Nothing in this range and with these filters.")
    expect(trouble).to_contain_text("Votes of this poll arrived from ")
    warehouse.rows = None
    live.get_by_role("button", name="Show all, without filters").click()
    rows_are(live, "150 ")
    assert live.url.endswith("range=all")


def test_a_history_without_votes_says_how_to_send_some(
    live: Page, server: RunningServer, warehouse: FakeWarehouse, poll: str
) -> None:
    warehouse.loaded = False
    open_history(live, server, poll)
    expect(live.locator("#history-trouble h3")).to_have_text("No history yet")
    expect(live.locator("#history-trouble code")).to_have_text(
        f"cube load --rate 1000 --poll {poll}"
    )
    expect(live.locator("#status")).to_have_text("No history")
    expect(live.locator("#history-facts")).to_contain_text("– votes")


def test_a_poll_that_history_does_not_know_is_said_to_be_unknown(
    live: Page, server: RunningServer, poll: str
) -> None:
    open_history(live, server, poll)
    expect(live.locator("#history-trouble h3")).to_have_text("No poll has that name")
    live.get_by_role("button", name="Show the default poll").click()
    rows_are(live, "150 ")


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


def test_before_the_first_answer_there_are_skeletons_and_no_numbers(
    live: Page, server: RunningServer, known: str
) -> None:
    live.route("**/api/**", lambda route: None)
    open_history(live, server, known)
    expect(live.locator("#history")).to_have_attribute("data-state", "loading")
    expect(live.locator("#history-skeleton")).to_be_visible()
    expect(live.locator(".answer-grid")).to_be_hidden()
    expect(live.locator("#history-facts")).to_have_text("")
    expect(live.locator("#status")).to_have_text("Loading")


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
    live: Page, server: RunningServer, clock: ShiftedClock, poll: str
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
