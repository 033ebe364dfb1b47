"""`/api/export` streams a file that spreadsheets open and do not run."""

import csv
import io
from datetime import UTC, datetime

from tests.dashboard.fake_warehouse import FakeWarehouse
from tests.dashboard.history_server import query
from tests.dashboard.server import RunningServer

NOW = datetime(2026, 9, 21, 14, 13, 20, 700_000, UTC)


def test_an_export_is_a_csv_file_with_iso_times_and_no_formulas(
    asked_server: RunningServer, warehouse: FakeWarehouse
) -> None:
    warehouse.columns = ("device_id", "votes", "first_vote")
    warehouse.rows = [
        ('=HYPERLINK("http://a.example")', 3, NOW),
        ("plain, with a comma", -2, None),
    ]
    reply = query(
        asked_server, ("question", "device_leader_board"), ("poll", "tea/../x"), path="export"
    )
    assert reply.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert reply.headers["Content-Disposition"] == (
        'attachment; filename="device_leader_board_tea-x_2026-09-21.csv"'
    )
    assert list(csv.reader(io.StringIO(reply.body.decode()))) == [
        ["device_id", "votes", "first_vote"],
        ['\'=HYPERLINK("http://a.example")', "3", "2026-09-21T14:13:20.700Z"],
        ["plain, with a comma", "-2", ""],
    ]


def test_a_file_that_was_cut_says_so_in_its_name(
    asked_server: RunningServer, warehouse: FakeWarehouse
) -> None:
    warehouse.columns, warehouse.rows = ("n",), [(n,) for n in range(100_001)]
    reply = query(asked_server, ("question", "late_votes"), path="export")
    assert (
        'late_votes_cube_2026-09-21_first-100000-rows.csv"' in reply.headers["Content-Disposition"]
    )
    assert len(reply.body.splitlines()) == 100_001
    shown = query(asked_server, ("question", "late_votes")).json()
    assert (shown["truncated"], len(shown["rows"])) == (True, 10_000)
