"""The views that any client may ask, over a history that is known by heart."""

import pytest

from tests.sql.desk import Desk, files, plain


def rows(desk: Desk, sql: str) -> list[tuple[object, ...]]:
    return plain(desk.client.query(sql))


@pytest.mark.parametrize("name", [path.stem for path in files("views")])
def test_a_file_makes_the_view_of_its_name(history: Desk, name: str) -> None:
    result = history.client.query(f"SELECT * FROM {name}")
    assert "poll" in result.columns
    assert {row[result.columns.index("poll")] for row in result.rows} == {"cube", "lunch"}


def test_a_view_may_be_made_again(desk: Desk) -> None:
    for path in files("views"):
        desk.write(path.read_text())
    assert rows(desk, "SELECT SUM(votes) FROM votes_by_day") == [(11.0,)]


@pytest.mark.parametrize("unit", ["minute", "hour", "day"])
def test_votes_by_a_unit_add_up_to_the_votes(history: Desk, unit: str) -> None:
    found = rows(
        history,
        f"SELECT poll, colour, SUM(votes), MIN({unit}) FROM votes_by_{unit} "
        "WHERE colour IN ('red', 'soup') GROUP BY 1, 2 ORDER BY 1, 2",
    )
    first = {"minute": "10:00", "hour": "10:00", "day": "00:00"}[unit]
    assert found == [
        ("cube", "red", 4.0, f"2026-11-01T{first}:00"),
        ("lunch", "soup", 1.0, f"2026-11-01T{first}:00"),
    ]


def test_turnout_by_region_counts_votes_and_devices(history: Desk) -> None:
    sql = "SELECT votes, devices FROM turnout_by_region WHERE poll = 'cube' AND region = 'south'"
    assert rows(history, sql) == [(3, 1)]


def test_latency_by_hour_has_the_middle_and_the_tail(history: Desk) -> None:
    sql = "SELECT votes, p50_ms, p99_ms FROM latency_by_hour WHERE poll = 'cube' ORDER BY hour"
    assert rows(history, sql)[0] == (3, 200.0, pytest.approx(396.0))
