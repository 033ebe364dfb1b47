"""Each question of sql/questions, asked of a history that is known by heart."""

import itertools
from collections import Counter
from datetime import datetime, timedelta

import pytest

from core.question import SQL_FOLDER, read_questions
from tests.sql.data import ODD_REGION, VOTES
from tests.sql.desk import Desk, files, plain

QUESTIONS = read_questions()
DAY_1 = "2026-11-01T"
DAY_2 = "2026-11-02T"


def ask(desk: Desk, name: str, **given: str | list[str]) -> list[tuple[object, ...]]:
    return plain(desk.ask(f"questions/{name}.sql", **given))


def test_votes_by_minute(history: Desk) -> None:
    assert ask(history, "votes_by_minute", to=f"{DAY_2}00:00") == [
        (f"{DAY_1}10:00:00", "blue", 1),
        (f"{DAY_1}10:00:00", "red", 1),
        (f"{DAY_1}10:01:00", "red", 1),
        (f"{DAY_1}10:59:00", "green", 1),
        (f"{DAY_1}11:10:00", "red", 1),
        (f"{DAY_1}11:20:00", "blue", 1),
        (f"{DAY_1}11:30:00", "pink", 1),
    ]


def test_votes_by_hour_counts_a_vote_where_it_was_cast_and_not_where_it_arrived(
    history: Desk,
) -> None:
    assert ask(history, "votes_by_hour") == [
        (f"{DAY_1}10:00:00", "blue", 1),
        (f"{DAY_1}10:00:00", "green", 1),
        (f"{DAY_1}10:00:00", "red", 2),
        (f"{DAY_1}11:00:00", "blue", 1),
        (f"{DAY_1}11:00:00", "pink", 1),
        (f"{DAY_1}11:00:00", "red", 1),
        (f"{DAY_2}09:00:00", "blue", 1),
        (f"{DAY_2}09:00:00", "red", 1),
    ]


def test_votes_by_day_with_a_choice_of_colours_and_regions(history: Desk) -> None:
    assert ask(history, "votes_by_day") == [
        (f"{DAY_1}00:00:00", "blue", 2),
        (f"{DAY_1}00:00:00", "green", 1),
        (f"{DAY_1}00:00:00", "pink", 1),
        (f"{DAY_1}00:00:00", "red", 3),
        (f"{DAY_2}00:00:00", "blue", 1),
        (f"{DAY_2}00:00:00", "red", 1),
    ]
    assert ask(history, "votes_by_day", colours=["red", "pink"], regions=["north", ODD_REGION]) == [
        (f"{DAY_1}00:00:00", "pink", 1),
        (f"{DAY_1}00:00:00", "red", 1),
        (f"{DAY_2}00:00:00", "red", 1),
    ]


def test_votes_by_colour(history: Desk) -> None:
    assert ask(history, "votes_by_colour") == [
        ("red", 4, 44.44),
        ("blue", 3, 33.33),
        ("green", 1, 11.11),
        ("pink", 1, 11.11),
    ]
    assert ask(history, "votes_by_colour", poll="lunch") == [("salad", 1, 50.0), ("soup", 1, 50.0)]
    assert ask(history, "votes_by_colour", poll="nobody") == []


def test_turnout_by_region(history: Desk) -> None:
    assert ask(history, "turnout_by_region") == [
        ("north", 3, 1, 3.0),
        ("south", 3, 1, 3.0),
        ("unknown", 2, 1, 2.0),
        (ODD_REGION, 1, 1, 1.0),
    ]
    assert ask(history, "turnout_by_region", colours="red") == [
        ("north", 2, 1, 2.0),
        ("south", 1, 1, 1.0),
        ("unknown", 1, 1, 1.0),
    ]


def test_device_leader_board_shares_places(history: Desk) -> None:
    assert ask(history, "device_leader_board", limit="3") == [
        (1, "d1", 3, f"{DAY_1}10:00:10", f"{DAY_2}09:00:00"),
        (1, "d2", 3, f"{DAY_1}10:01:05", f"{DAY_2}09:30:00"),
        (3, "d3", 2, f"{DAY_1}11:10:00", f"{DAY_1}11:20:00"),
    ]


def test_late_votes_by_a_threshold(history: Desk) -> None:
    latest = ("2026-11-07T09:30:00", f"{DAY_2}09:30:00", 432000.0, "d2", 3, "blue", "south")
    late = (f"{DAY_1}11:22:00", f"{DAY_1}11:20:00", 120.0, "d3", 2, "blue", "unknown")
    assert ask(history, "late_votes") == [latest, late]
    assert ask(history, "late_votes", seconds="119") == [latest, late]
    assert ask(history, "late_votes", seconds="120") == [latest]
    assert ask(history, "late_votes", limit="1") == [latest]


def test_share_over_time_in_stretches_of_any_length(history: Desk) -> None:
    assert ask(history, "share_over_time", to=f"{DAY_2}00:00") == [
        (f"{DAY_1}10:00:00", "blue", 1, 25.0),
        (f"{DAY_1}10:00:00", "green", 1, 25.0),
        (f"{DAY_1}10:00:00", "red", 2, 50.0),
        (f"{DAY_1}11:00:00", "blue", 1, 33.33),
        (f"{DAY_1}11:00:00", "pink", 1, 33.33),
        (f"{DAY_1}11:00:00", "red", 1, 33.33),
    ]
    assert ask(history, "share_over_time", minutes="15", to=f"{DAY_1}11:25") == [
        (f"{DAY_1}10:00:00", "blue", 1, 33.33),
        (f"{DAY_1}10:00:00", "red", 2, 66.67),
        (f"{DAY_1}10:45:00", "green", 1, 100.0),
        (f"{DAY_1}11:00:00", "red", 1, 100.0),
        (f"{DAY_1}11:15:00", "blue", 1, 100.0),
    ]


def test_swing_between_two_moments(history: Desk) -> None:
    moments = {"first": f"{DAY_1}10:30", "second": f"{DAY_1}12:00"}
    assert ask(history, "swing", **moments) == [
        ("pink", 0, 1, 0.0, 33.33, 33.33),
        ("blue", 1, 1, 33.33, 33.33, 0.0),
        ("red", 2, 1, 66.67, 33.33, -33.33),
    ]
    # Nobody voted in the hour before the first moment: there is no share, and so no swing.
    moments = {"first": f"{DAY_1}09:00", "second": f"{DAY_1}10:01"}
    assert ask(history, "swing", **moments) == [
        ("blue", 0, 1, None, 50.0, None),
        ("red", 0, 1, None, 50.0, None),
    ]


def test_duplicates_found_counts_copies_and_shows_the_vote_that_counted(history: Desk) -> None:
    assert ask(history, "duplicates_found") == [
        ("d1", 1, 2, "red", f"{DAY_1}10:00:10.200", f"{DAY_1}10:02:00", f"{DAY_1}10:03:00"),
        ("d2", 1, 1, "red", f"{DAY_1}10:01:05.100", f"{DAY_1}10:04:00", f"{DAY_1}10:04:00"),
    ]


def test_parked_by_reason_of_all_polls_or_of_one(history: Desk) -> None:
    unknown_colour = ("unknown_colour", 1, 1, f"{DAY_1}10:07:00", f"{DAY_1}10:07:00")
    assert ask(history, "parked_by_reason") == [
        ("not_json", 2, 0, f"{DAY_1}10:06:00", f"{DAY_1}10:06:00"),
        ("closed_poll", 1, 1, f"{DAY_1}12:30:00", f"{DAY_1}12:30:00"),
        unknown_colour,
    ]
    assert ask(history, "parked_by_reason", poll="cube") == [unknown_colour]


def test_latency_by_hour(history: Desk) -> None:
    found = ask(history, "latency_by_hour", to=f"{DAY_1}12:00")
    assert found == [
        (f"{DAY_1}10:00:00", 3, 200.0, pytest.approx(396.0), 400),
        # 400, 300, 120,000 and, of a clock that is ahead, -500
        (f"{DAY_1}11:00:00", 4, 350.0, pytest.approx(116_412.0), 120_000),
    ]


MOMENTS = [
    *(f"2026-11-01 {clock}" for clock in ("10:00:10", "10:00:40", "10:59:59.900", "11:30:00")),
    "2026-11-01 11:30:00.001",
    "2026-11-02 09:30:00",
    "2026-11-07 09:30:00",
]


@pytest.mark.parametrize(("start", "end"), list(itertools.combinations(MOMENTS, 2)))
def test_a_range_of_time_begins_with_its_first_moment_and_ends_before_its_last(
    history: Desk, start: str, end: str
) -> None:
    """However late or early by its clock a vote arrived: the sort key only saves reading."""
    first, last = datetime.fromisoformat(start), datetime.fromisoformat(end)
    expected = Counter(
        (f"{datetime.fromisoformat(vote[4]):%Y-%m-%dT%H:00:00}", vote[3])
        for vote in VOTES
        if vote[0] == "cube" and first <= datetime.fromisoformat(vote[4]) < last
    )
    found = ask(history, "votes_by_hour", from_=start, to=end)
    assert {(hour, colour): votes for hour, colour, votes in found} == expected


def test_a_vote_at_the_edges_of_what_arrives_is_found_by_its_own_moment(desk: Desk) -> None:
    cast = datetime.fromisoformat("2026-11-20 12:00:00")
    columns = (
        "poll, device_id, seq, colour, voted_at, region, arrived_at, sequence_number, subsequence, "
        "line, transform_version"
    )
    for seq, arrived in enumerate((cast - timedelta(seconds=60), cast + timedelta(days=6)), 1):
        desk.write(
            f"INSERT INTO votes ({columns}) VALUES "
            f"('edge', 'd', {seq}, 'red', '{cast}', 'north', '{arrived}', '1', 0, 1, 1)"
        )
    moment = (f"{cast:%Y-%m-%dT%H:%M:%S}", f"{cast + timedelta(milliseconds=1)}")
    found = ask(desk, "votes_by_colour", poll="edge", from_=moment[0], to=moment[1])
    assert found == [("red", 2, 100.0)]


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_chart_draws_columns_that_the_answer_has(history: Desk, name: str) -> None:
    result = history.ask(f"questions/{name}.sql")
    chart = QUESTIONS[name].chart
    if chart is not None:
        assert {chart.x, chart.y, chart.series} - {None} <= set(result.columns)
    assert len(set(result.columns)) == len(result.columns)


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_needs_nothing_but_its_name(name: str) -> None:
    question = QUESTIONS[name]
    assert question.title.endswith("?")
    assert not any(parameter.required for parameter in question.parameters)


def test_every_file_of_questions_is_a_question() -> None:
    assert [path.stem for path in files("questions")] == list(QUESTIONS)
    assert len(QUESTIONS) >= 12
    assert (SQL_FOLDER / "questions").is_dir()
