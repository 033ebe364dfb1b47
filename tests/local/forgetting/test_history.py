"""The warehouse forgets a device in one transaction, by a connection and by the Data API alike."""

from base64 import b64encode
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from core.question import read_question
from core.sql_text import statements_of
from local.forgetting import history
from local.forgetting.history import DeviceHistory, by_connection, by_data_api
from local.forgetting.rewriter import Person
from tests.history.room import Room
from tests.sql.desk import Desk, served

GONE = "gone-0123456789abcdef01234567"
ODD = 'it\'s \\ a "device"'


@pytest.fixture
def desk() -> Iterator[Desk]:
    with served() as desk:
        yield desk


def of(desk: Desk, device: str = "d1", poll: str | None = None) -> DeviceHistory:
    return DeviceHistory(desk.client, by_connection(desk.client), Person(device, GONE, poll))


def test_arrivals_say_how_many_and_from_when_to_when(desk: Desk) -> None:
    found = of(desk).arrivals()
    assert {table: each.rows for table, each in found.items()} == {
        "votes": 5, "duplicate_votes": 3, "parked_votes": 1,
    }  # fmt: skip
    assert (found["votes"].first_ms, found["votes"].last_ms) == (
        1_793_527_210_200,
        1_793_610_000_200,
    )
    assert {t: e.rows for t, e in of(desk, poll="lunch").arrivals().items()} == {
        "votes": 2, "duplicate_votes": 1, "parked_votes": 1,
    }  # fmt: skip
    assert of(desk, "nobody").arrivals() == {}


def test_a_connection_forgets_and_again_finds_nothing(desk: Desk) -> None:
    of(desk).forget([])
    assert of(desk).arrivals() == {}
    assert {table: each.rows for table, each in of(desk, GONE).arrivals().items()} == {
        "votes": 5, "duplicate_votes": 3, "parked_votes": 1,
    }  # fmt: skip


def test_what_fails_half_way_changes_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    statements = statements_of(read_question(history.FILE).sql)
    broken = [*statements[:4], "UPDATE nothing_such SET a = 1"]
    monkeypatch.setattr(history, "statements_of", lambda sql: broken)
    with pytest.raises(Exception, match="nothing_such"):
        of(desk).forget([])
    assert of(desk).arrivals()["votes"].rows == 5


def test_parked_text_that_names_the_device_is_found_page_by_page(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "PARKED_PAGE_ROWS", 1)
    monkeypatch.setattr(history, "LINES_AT_ONCE", 1)
    mine = b64encode(b'{"device_id":"d1","v":9}').decode()
    other = b64encode(b'{"device_id":"d2","v":9}').decode()
    rows = "SELECT '40{n}/0/1', 'bad_version', '-', TIMESTAMP '2026-11-01', '40{n}', 0, 1, 1, '{r}'"
    for number, raw in enumerate((mine, other, mine)):
        desk.write(
            "INSERT INTO parked_votes (line_id, parked_reason, poll, arrived_at, sequence_number, "
            f"subsequence, line, transform_version, raw) {rows.format(n=number, r=raw)}"
        )
    lines = list(of(desk).unnamed_lines())
    assert lines == ["400/0/1", "402/0/1"]
    of(desk).forget(lines)
    assert list(of(desk).unnamed_lines()) == []
    assert desk.rows("SELECT line_id FROM parked_votes WHERE raw IS NOT NULL") == [("401/0/1",)]


@pytest.mark.parametrize("device", ["me", ODD])
def test_the_data_api_forgets_in_one_batch_whatever_the_name(device: str) -> None:
    """E13: a batch is one transaction, and takes no parameters."""
    room = Room()

    batches: list[Sequence[str]] = []

    class Api:
        def run(self, statements: Sequence[str], *, name: str) -> None:
            batches.append(statements)
            room.run(statements)

    try:
        columns = "poll, device_id, seq, colour, voted_at, region, arrived_at, sequence_number"
        said = device.replace("\\", "\\\\").replace("'", "''")
        for name in (said, "other"):
            room.run(
                [
                    f"INSERT INTO votes ({columns}, subsequence, line, transform_version) SELECT "
                    f"'cube', '{name}', 1, 'red', GETDATE(), 'r', GETDATE(), '1', 0, 1, 1"
                ]
            )
        api: Any = Api()
        nobody: Any = None
        DeviceHistory(nobody, by_data_api(api), Person(device, GONE)).forget([])
        assert sorted(room.votes()) == [("cube", GONE, 1), ("cube", "other", 1)]
        assert len(batches) == 1
    finally:
        room.close()
