"""Whatever keeps the History page from its rows, it says so and what to do; and it can stop."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.history_steps import last_asked, open_history, rows_are
from tests.dashboard.fake_warehouse import FakeWarehouse
from tests.dashboard.server import RunningServer
from tests.dashboard.wait import until

pytestmark = pytest.mark.browser


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
