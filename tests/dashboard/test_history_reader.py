"""The Pipeline page's statements, asked of the local warehouse: what loads say, and the tables."""

from collections import Counter
from collections.abc import Iterator

import pytest

from core.invariants.history import loads_equal_tables
from core.invariants.invariant import MINUTE_MS
from dashboard.pipeline.history_reader import (
    Parked,
    read_colours,
    read_history,
    read_producers,
)
from tests.sql.desk import NOW_MS, Desk, served

MINUTE = NOW_MS // MINUTE_MS
VOTE = (
    "INSERT INTO votes VALUES ('{poll}', 'd', {seq}, '{colour}', '2026-11-02 11:50:10', 'north', "
    "'2026-11-02 11:50:11', '{seq}', 0, 2, {producer}, 0, 1, NULL, 1)"
)
PARKED = (
    "INSERT INTO parked_votes VALUES ('line-{n}', 'too_old', 'cube', 'd', {n}, 'red', NULL, NULL, "
    "'2026-11-02 11:50:12', '{n}', 0, 1, NULL, NULL, NULL, NULL, NULL, 1)"
)


TABLES = ("votes", "parked_votes", "duplicate_votes", "load_lines", "loaded_objects")


@pytest.fixture(scope="module")
def served_once() -> Iterator[Desk]:
    with served() as made:
        yield made


@pytest.fixture
def desk(served_once: Desk) -> Desk:
    """A warehouse with three votes, two parked lines and a duplicate, of two loads."""
    made = served_once
    for table in TABLES:
        made.write(f"DELETE FROM {table}")
    for seq, (colour, producer) in enumerate([("red", "'p1'"), ("red", "'p2'"), ("blue", "NULL")]):
        made.write(VOTE.format(poll="cube", seq=seq, colour=colour, producer=producer))
    for n in range(2):
        made.write(PARKED.format(n=n))
    made.write("INSERT INTO duplicate_votes VALUES ('x', 'cube', 'd', 1, '2026-11-02 11:50:13')")
    for load, second, counted, parked, duplicate in (("a", 30, 2, 1, 0), ("b", 40, 1, 1, 1)):
        delivered = counted + parked + duplicate
        made.write(
            f"INSERT INTO load_lines VALUES ('{load}', '2026-11-02 11:59:{second}', 'cube', "
            f"'2026-11-02 11:50:00', {delivered}, {counted}, {parked}, {duplicate}, 0)"
        )
        made.write(
            f"INSERT INTO loaded_objects VALUES ('votes/{load}', '{load}', 700, "
            f"'2026-11-02 11:59:{second}')"
        )
    return made


def test_loads_and_tables_are_read_in_one_snapshot_by_poll_and_minute(desk: Desk) -> None:
    found = read_history(desk.client, from_minute=MINUTE - 60, now_ms=NOW_MS)
    expected = {
        "counted": {("cube", MINUTE - 10): 3},
        "parked": {("cube", MINUTE - 10): 2},
        "duplicate": {("cube", MINUTE - 10): 1},
    }
    assert found.tables == found.loads == expected
    assert loads_equal_tables(found.loads, found.tables).ok
    desk.write("DELETE FROM votes WHERE seq = 1")
    after = read_history(desk.client, from_minute=MINUTE - 60, now_ms=NOW_MS)
    assert not loads_equal_tables(after.loads, after.tables).ok
    none = read_history(desk.client, from_minute=MINUTE - 5, now_ms=NOW_MS)
    assert [sum(side.values()) for side in none.tables.values()] == [0, 0, 0]


def test_sums_rates_objects_and_reasons_are_read(desk: Desk) -> None:
    found = read_history(desk.client, from_minute=MINUTE - 60, now_ms=NOW_MS)
    assert found.sums == Counter(delivered=6, counted=3, parked=2, duplicate=1, redelivered=0)
    assert found.rate == 0  # three rows in ten seconds
    assert (found.objects, found.object_bytes, found.landed) == (2, 1_400, 0)
    assert found.loaded_ms == NOW_MS - 20_000
    assert found.first_minute == found.newest_minute == MINUTE - 10
    assert found.parked == (
        Parked(poll="cube", reason="too_old", lines=2, latest_ms=NOW_MS - 588_000),
    )


def test_votes_are_counted_by_colour_and_their_producers_named(desk: Desk) -> None:
    assert read_colours(desk.client, now_ms=NOW_MS) == {"cube": Counter(red=2, blue=1)}
    assert read_producers(desk.client, now_ms=NOW_MS) == ["p1", "p2"]


def test_an_empty_warehouse_knows_nothing_and_that_is_not_zero(desk: Desk) -> None:
    for table in TABLES:
        desk.write(f"DELETE FROM {table}")
    found = read_history(desk.client, from_minute=MINUTE - 60, now_ms=NOW_MS)
    assert (found.loaded_ms, found.newest_minute, found.rate) == (None, None, None)
    assert found.parked == ()
