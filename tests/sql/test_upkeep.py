"""What is run now and then: retention, VACUUM, and how the tables are."""

import pytest

from core.clock import ManualClock
from core.errors import QueryFailed
from core.question import SQL_FOLDER, read_question
from core.sql_text import statements_of
from tests.sql.desk import Desk, bound, files, plain, served

NOW_MS = 1_794_787_200_000  # 2026-11-16 00:00:00 UTC: eight days earlier, some votes have arrived
TABLES = ("votes", "parked_votes", "duplicate_votes", "load_lines")


def run(desk: Desk, file: str, **given: str) -> None:
    question = read_question(SQL_FOLDER / file)
    for statement in statements_of(question.sql):
        desk.client.query(statement, bound(question, dict(given)), write=True)


def counts(desk: Desk) -> list[object]:
    return [desk.rows(f"SELECT COUNT(*) FROM {table}")[0][0] for table in TABLES]


def test_retention_forgets_what_arrived_before_a_moment_and_the_checks_still_hold() -> None:
    with served(ManualClock(NOW_MS)) as desk:
        assert counts(desk) == [11, 4, 4, 17]
        run(desk, "upkeep/retention.sql", before="2026-11-01T11:00:30")
        # By whole minutes: the vote that arrived at 11:00:00.300 stays.
        assert counts(desk) == [6, 1, 0, 7]
        for path in files("checks"):
            assert plain(desk.ask(f"checks/{path.name}")) == [], path.stem


def test_retention_keeps_the_last_eight_days_whatever_is_asked() -> None:
    with served(ManualClock(NOW_MS)) as desk:
        run(desk, "upkeep/retention.sql", before="2030-01-01")
        assert desk.rows("SELECT COUNT(*), MIN(seq) FROM votes") == [(0, None)]
    with served(ManualClock(NOW_MS - 10 * 86_400_000)) as desk:
        run(desk, "upkeep/retention.sql", before="2030-01-01")
        assert counts(desk) == [11, 4, 4, 17]


def test_retention_is_one_transaction(desk: Desk) -> None:
    question = read_question(SQL_FOLDER / "upkeep/retention.sql")
    statements = statements_of(question.sql)
    assert statements[0] == "BEGIN"
    assert statements[-1] == "COMMIT"
    given = bound(question, {"before": "2026-11-01T11:00:30"})
    for statement in statements[:2]:
        desk.client.query(statement, given, write=True)
    with pytest.raises(QueryFailed, match="nothing_such"):
        desk.write("DELETE FROM nothing_such")
    assert counts(desk) == [11, 4, 4, 17]


def test_a_forgotten_device_is_nowhere_and_every_count_stays(desk: Desk) -> None:
    desk.write("UPDATE parked_votes SET raw = 'eyJk'")
    question = read_question(SQL_FOLDER / "upkeep/forget_device.sql")
    lines = ["301/0/1", "nothing/such"]
    given = question.bind({"device": "d1", "pseudonym": "gone-1", "lines": lines}, now_ms=NOW_MS)
    for statement in statements_of(question.sql):
        desk.client.query(statement, given, write=True)
    assert counts(desk) == [11, 4, 4, 17]
    for table, rows in (("votes", 5), ("duplicate_votes", 3), ("parked_votes", 1)):
        by_name = f"SELECT device_id, COUNT(*) FROM {table} WHERE device_id IN ('d1', 'gone-1')"
        assert desk.rows(f"{by_name} GROUP BY device_id") == [("gone-1", rows)]
    kept = desk.rows("SELECT line_id FROM parked_votes WHERE raw IS NOT NULL ORDER BY line_id")
    assert kept == [("301/0/2",), ("302/0/1",)]
    for path in files("checks"):
        assert plain(desk.ask(f"checks/{path.name}")) == [], path.stem


def test_a_device_can_be_forgotten_in_one_poll(desk: Desk) -> None:
    run(desk, "upkeep/forget_device.sql", device="d1", pseudonym="gone-1", poll="lunch")
    polls = "SELECT poll, device_id, COUNT(*) FROM votes WHERE device_id IN ('d1', 'gone-1')"
    assert sorted(desk.rows(f"{polls} GROUP BY 1, 2")) == [
        ("cube", "d1", 3),
        ("lunch", "gone-1", 2),
    ]


def test_vacuum_and_analyze_run_outside_of_a_transaction(desk: Desk) -> None:
    """E8: Redshift does both by itself; by hand they are for after a large deletion."""
    run(desk, "upkeep/vacuum.sql")
    assert counts(desk) == [11, 4, 4, 17]


def test_table_health_names_every_table(history: Desk) -> None:
    names = {row[0] for row in history.ask("upkeep/table_health.sql").rows}
    assert {path.stem for path in files("ddl")} <= names


def test_streaming_ingestion_is_refused_by_name_on_the_local_warehouse(desk: Desk) -> None:
    """E11: it needs Kinesis inside Redshift, which the local warehouse does not have."""
    statements = statements_of((SQL_FOLDER / "streaming/kinesis.sql").read_text())
    assert len(statements) == 3
    with pytest.raises(QueryFailed, match=r"(?i)external schema"):
        desk.write(statements[0])


def test_a_rollup_has_the_votes_of_its_last_refresh(desk: Desk) -> None:
    run(desk, "rollups/votes_hourly.sql")
    by_hour = "SELECT hour, colour, SUM(votes) FROM votes_hourly WHERE poll = 'cube' GROUP BY 1, 2"
    base = "SELECT hour, colour, SUM(votes) FROM votes_by_hour WHERE poll = 'cube' GROUP BY 1, 2"
    assert sorted(desk.rows(by_hour)) == sorted(desk.rows(base))
    desk.write("DELETE FROM votes WHERE device_id = 'd4'")
    assert sorted(desk.rows(by_hour)) != sorted(desk.rows(base))
    run(desk, "upkeep/refresh.sql")
    assert sorted(desk.rows(by_hour)) == sorted(desk.rows(base))
