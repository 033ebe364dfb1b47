"""Each verdict on history: what it accepts, and each way to break it."""

import pytest

from core.invariants.history import (
    arrived_equals_delivered,
    colours_equal_warehouse,
    delivered_equals_loaded,
    history_caught_up,
    live_equals_warehouse,
    loads_equal_tables,
)
from core.invariants.invariant import Invariant

NOTHING: dict[int, int] = {}


def arrived(
    stream: dict[int, int],
    lake: dict[int, int],
    failed: dict[int, int] = NOTHING,
    *,
    until_minute: int | None = None,
    unreadable: dict[str, str] | None = None,
) -> Invariant:
    return arrived_equals_delivered(
        stream,
        lake,
        failed,
        from_minute=10,
        until_minute=until_minute,
        unreadable=unreadable or {},
    )


def test_what_arrived_is_delivered_or_failed() -> None:
    verdict = arrived({10: 5, 11: 7}, {10: 5, 11: 4}, {11: 3})
    assert verdict.ok
    assert (verdict.left, verdict.right) == (12, 12)
    assert "3 lines failed" in verdict.note


@pytest.mark.parametrize("lake", [{10: 4}, {10: 6}, {}, {10: 5, 11: 1}])
def test_a_line_less_or_more_in_the_lake_is_found(lake: dict[int, int]) -> None:
    assert not arrived({10: 5}, lake).ok


def test_an_object_that_cannot_be_read_is_no_agreement() -> None:
    verdict = arrived({10: 5}, {10: 5}, unreadable={"votes/x.gz": "truncated"})
    assert not verdict.ok
    assert "votes/x.gz" in verdict.note


def test_only_minutes_that_are_complete_are_compared() -> None:
    verdict = arrived({9: 1, 10: 5, 11: 7}, {10: 5, 11: 2}, until_minute=11)
    assert verdict.ok
    assert verdict.left == 5
    assert verdict.exact_until_ms == 11 * 60_000


def test_rows_of_objects_equal_what_their_loads_counted() -> None:
    rows = {"a": 3, "b": 4, "c": 5}
    load_of = {"a": "l1", "b": "l1", "c": "l2"}
    assert delivered_equals_loaded(rows, load_of, {"l1": 7, "l2": 5}, drained=True).ok
    broken = delivered_equals_loaded(rows, load_of, {"l1": 7, "l2": 4}, drained=False)
    assert not broken.ok
    assert "l2" in broken.note


def test_an_object_without_a_load_is_an_error_only_once_all_is_drained() -> None:
    one = delivered_equals_loaded({"a": 3}, {}, {}, drained=False)
    assert one.ok
    assert "wait for their load: 1" in one.note
    assert not delivered_equals_loaded({"a": 3}, {}, {}, drained=True).ok


def test_loads_equal_the_rows_in_their_tables() -> None:
    loads = {"counted": {("cube", 10): 5}, "parked": {("-", 10): 1}, "duplicate": {}}
    assert loads_equal_tables(loads, loads).ok
    fewer = {**loads, "parked": {}}
    assert not loads_equal_tables(loads, fewer).ok
    assert not loads_equal_tables(fewer, loads).ok


def live(
    ledger: dict[str, dict[tuple[str, int], int]],
    tables: dict[str, dict[tuple[str, int], int]],
    detoured: dict[int, int] = NOTHING,
    *,
    until_minute: int | None = None,
) -> Invariant:
    return live_equals_warehouse(
        ledger, tables, detoured, from_minute=10, until_minute=until_minute
    )


def test_the_ledger_equals_the_warehouse_by_outcome_poll_and_minute() -> None:
    ledger = {"counted": {("cube", 10): 5, ("tea", 10): 2}, "parked": {("-", 10): 1}}
    assert live(ledger, ledger).ok
    swapped = {"counted": {("cube", 10): 2, ("tea", 10): 5}, "parked": {("-", 10): 1}}
    assert not live(ledger, swapped).ok
    assert not live(ledger, {**ledger, "parked": {}}).ok
    assert not live({}, ledger).ok


def test_a_minute_that_is_not_complete_is_not_compared() -> None:
    ledger = {"counted": {("cube", 10): 5, ("cube", 11): 2}}
    tables = {"counted": {("cube", 10): 5}}
    assert not live(ledger, tables).ok
    assert live(ledger, tables, until_minute=11).ok


def test_lines_on_a_detour_are_accounted_for_to_the_line() -> None:
    ledger = {"counted": {("cube", 10): 5}}
    tables = {"counted": {("cube", 10): 2, ("cube", 12): 3}}
    assert live(ledger, tables, {10: 3, 12: -3}).ok
    assert not live(ledger, tables, {10: 3, 12: -2}).ok
    assert not live(ledger, tables, {10: 2, 12: -3}).ok


def test_colours_must_agree_once_all_is_drained() -> None:
    live_red, warehouse = {"red": 5, "blue": 1}, {"red": 5, "blue": 1}
    assert colours_equal_warehouse("cube", live_red, warehouse, live_red, drained=True).ok
    swapped = {"red": 1, "blue": 5}
    assert not colours_equal_warehouse("cube", live_red, swapped, live_red, drained=True).ok
    behind = colours_equal_warehouse("cube", live_red, {"red": 4}, live_red, drained=False)
    assert behind.ok
    assert "--wait" in behind.note


def test_votes_may_be_counted_while_the_warehouse_is_read() -> None:
    verdict = colours_equal_warehouse("cube", {"red": 5}, {"red": 6}, {"red": 7}, drained=True)
    assert verdict.ok


def test_being_behind_is_broken_only_when_a_wait_ran_out() -> None:
    assert history_caught_up(5_000, "2 objects", drained=False, waited=False).ok
    assert not history_caught_up(5_000, "2 objects", drained=False, waited=True).ok
    assert history_caught_up(0, "0 objects", drained=True, waited=True).ok
