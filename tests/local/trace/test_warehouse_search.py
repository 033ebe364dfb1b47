"""What a served warehouse says of one vote: its row, why it is parked, how often it was said."""

from collections.abc import Iterator

import pytest

from core.errors import WarehouseAway
from core.vote import Identity
from core.warehouse import WarehouseClient
from local.trace.find import LoadFind, Nowhere, Unknown, WarehouseRow
from local.trace.warehouse_search import WarehouseSearch
from tests.sql.desk import Desk, served

AT_10_00_10_MS = 1_793_527_210_000  # 2026-11-01 10:00:10 UTC


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with served() as desk:
        yield desk


@pytest.fixture
def search(desk: Desk) -> WarehouseSearch:
    return WarehouseSearch(lambda: desk.client)


def rows(search: WarehouseSearch, *wanted: object) -> list[WarehouseRow]:
    found = search.rows_of(Identity(*wanted))  # type: ignore[arg-type]  # poll, device, number
    assert not isinstance(found, Unknown)
    return list(found)


def test_a_vote_and_what_said_it_again(search: WarehouseSearch) -> None:
    vote, *again = rows(search, "cube", "d1", 1)
    assert (vote.table, vote.says, vote.cast_ms) == ("votes", "red", AT_10_00_10_MS)
    assert vote.place is not None
    assert vote.place.arrival_ms == AT_10_00_10_MS + 200
    assert (vote.place.sequence_number, vote.place.line) == ("101", 2)
    assert vote.place.batch == ("p1", 0, 1)
    assert [row.says for row in again] == ["line 201/0/1", "line 202/0/1"]


def test_an_unstamped_vote_has_no_batch(search: WarehouseSearch) -> None:
    (vote,) = rows(search, "cube", "d3", 1)
    assert vote.place is not None
    assert vote.place.batch is None


def test_a_parked_vote_has_its_reason(search: WarehouseSearch, desk: Desk) -> None:
    (parked,) = rows(search, "cube", "d9", 1)
    assert (parked.table, parked.says, parked.cast_ms) == ("parked_votes", "unknown_colour", None)
    with desk.undone():
        desk.write(
            "INSERT INTO parked_votes (line_id, parked_reason, poll, device_id, seq, arrived_at, "
            "sequence_number, subsequence, line, transform_version) VALUES ('9/0/1', "
            "'unknown_poll', '-', 'd8', 5, '2026-11-01 10:00:00', '9', 0, 1, 1)"
        )
        (unnamed,) = rows(search, "dinner", "d8", 5)
    assert unnamed.says == "unknown_poll", "a poll that never was is `-` in the table"


def test_names_end_no_text(search: WarehouseSearch) -> None:
    assert rows(search, "cube'; DROP TABLE votes; --", "d1' OR '1'='1", 1) == []
    assert isinstance(search.rows_of(Identity("cube", "d\0", 1)), Unknown)
    assert rows(search, "cube", "d1", 2), "the table is there still"


def test_an_object_has_its_load(search: WarehouseSearch) -> None:
    found = search.load_of("votes/2026/11/01/10/a.gz")
    assert isinstance(found, LoadFind)
    assert (found.load_id, found.loaded_ms) == ("load-1", AT_10_00_10_MS + 9_050_000)
    assert isinstance(search.load_of("votes/2026/11/01/10/z.gz"), Nowhere)


def test_a_warehouse_that_is_away_is_no_answer() -> None:
    def away() -> WarehouseClient:
        raise WarehouseAway("asking the warehouse: nothing answers")

    search = WarehouseSearch(away)
    assert search.rows_of(Identity("cube", "d", 1)) == Unknown(
        "asking the warehouse: nothing answers"
    )
    assert isinstance(search.load_of("votes/a"), Unknown)
