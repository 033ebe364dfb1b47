"""Results: typed fields, pages, and what is kept of them for how long."""

import random
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock import ManualClock
from local.redshift_data.limits import PAGE_BYTES_MAX, PAGE_ROWS_MAX
from local.redshift_data.parameters import bind
from local.redshift_data.result import Result, ResultTooLarge
from local.redshift_data.statement import StatementRequest
from local.redshift_data.store import StatementStore
from tests.local.redshift_data.desk import WHERE, ScriptedWarehouse, over


def test_a_value_has_the_field_of_its_type(client: Any, warehouse: ScriptedWarehouse) -> None:
    row: list[tuple[object, dict[str, Any]]] = [
        (7, {"longValue": 7}),
        (0.5, {"doubleValue": 0.5}),
        (True, {"booleanValue": True}),
        (None, {"isNull": True}),
        ("", {"stringValue": ""}),
        (b"\x00\xff", {"blobValue": b"\x00\xff"}),
        (Decimal("1E+3"), {"stringValue": "1000"}),
        (Decimal("0.50"), {"stringValue": "0.50"}),
        (date(2026, 2, 3), {"stringValue": "2026-02-03"}),
        (time(4, 5, 6), {"stringValue": "04:05:06"}),
        (datetime(2026, 2, 3, 4, 5, 6), {"stringValue": "2026-02-03 04:05:06"}),  # noqa: DTZ001 - as the driver gives a TIMESTAMP
        (datetime(2026, 2, 3, 4, 5, 6, 120_000, UTC), {"stringValue": "2026-02-03 04:05:06.12+00"}),
    ]
    warehouse.answers = {"select": [[value for value, _ in row]]}
    warehouse.columns = [(f"c{n}", 20) for n in range(len(row))]
    statement_id = client.execute_statement(Sql="select", **WHERE)["Id"]
    over(client, statement_id)
    assert client.get_statement_result(Id=statement_id)["Records"] == [[field for _, field in row]]


def test_columns_say_their_names_and_types(client: Any, warehouse: ScriptedWarehouse) -> None:
    warehouse.answers = {"select": []}
    warehouse.columns = [("votes", 20), ("Colour", 1043), ("odd", 99)]
    statement_id = client.execute_statement(Sql="select", **WHERE)["Id"]
    assert over(client, statement_id)["HasResultSet"] is True
    result = client.get_statement_result(Id=statement_id)
    assert (result["Records"], result["TotalNumRows"]) == ([], 0)
    described = [
        (each["name"], each["typeName"], each["isSigned"], each["isCaseSensitive"])
        for each in result["ColumnMetadata"]
    ]
    assert described == [
        ("votes", "int8", True, False),
        ("Colour", "varchar", False, True),
        ("odd", "unknown", False, True),
    ]


def test_a_long_result_comes_in_pages(client: Any, warehouse: ScriptedWarehouse) -> None:
    rows = [[n] for n in range(2 * PAGE_ROWS_MAX + 1)]
    warehouse.answers = {"select": rows}
    statement_id = client.execute_statement(Sql="select", **WHERE)["Id"]
    described = over(client, statement_id)
    assert described["ResultRows"] == len(rows)
    assert described["ResultSize"] == sum(len(str(n)) for (n,) in rows)
    pages = list(client.get_paginator("get_statement_result").paginate(Id=statement_id))
    assert [len(page["Records"]) for page in pages] == [PAGE_ROWS_MAX, PAGE_ROWS_MAX, 1]
    assert {page["TotalNumRows"] for page in pages} == {len(rows)}
    assert [[field["longValue"] for field in row] for page in pages for row in page["Records"]] == (
        rows
    )
    for token in ("page-0", "page-3", "page-x", "1", "page-"):
        with pytest.raises(client.exceptions.ValidationException, match="NextToken"):
            client.get_statement_result(Id=statement_id, NextToken=token)


def test_wide_rows_make_short_pages() -> None:
    result = Result(lambda count: None)
    for _ in range(5):
        result.add(["x" * (PAGE_BYTES_MAX // 2)], PAGE_BYTES_MAX // 2)
    result.end()
    assert [len(result.page(number)) for number in range(result.page_count)] == [2, 2, 1]


def test_a_result_that_is_too_large_fails_its_statement(
    client: Any, warehouse: ScriptedWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """E13: 100 MB, here less. Nothing of it is kept."""
    monkeypatch.setattr("local.redshift_data.result.PAGE_BYTES_MAX", 100)
    monkeypatch.setattr(
        "local.redshift_data.result.Result.__init__.__kwdefaults__", {"bytes_max": 1_000}
    )
    warehouse.answers = {"select": [["x" * 90]] * 12}
    statement_id = client.batch_execute_statement(Sqls=["select"], **WHERE)["Id"]
    described = over(client, statement_id)
    assert described["Status"] == "FAILED"
    assert "the result is larger than 1000 bytes" in described["Error"]
    assert described["HasResultSet"] is False
    assert "rollback" not in warehouse.said, "the line is out of step: only its end rolls back"


def test_a_result_is_there_for_a_day(
    client: Any, warehouse: ScriptedWarehouse, clock: ManualClock
) -> None:
    """E13"""
    warehouse.answers = {"select": [[1]]}
    statement_id = client.execute_statement(Sql="select", **WHERE)["Id"]
    over(client, statement_id)
    clock.advance(24 * 3_600_000 - 1)
    assert client.get_statement_result(Id=statement_id)["TotalNumRows"] == 1
    clock.advance(1)
    for call in (client.get_statement_result, client.describe_statement, client.cancel_statement):
        with pytest.raises(client.exceptions.ResourceNotFoundException) as refused:
            call(Id=statement_id)
        assert refused.value.response["ResourceId"] == statement_id


def request(sql: str) -> StatementRequest:
    return StatementRequest(sqls=(sql,), is_batch=False, workgroup="cube", database="votes")


def test_the_oldest_statements_make_room_for_new_results() -> None:
    store = StatementStore(ManualClock(), random.Random(1), kept_bytes_max=1_000)
    ids = []
    for number in range(3):
        asked = request(f"select {number}")
        statement = store.add(asked, bind(asked.sqls, []), f"token-{number}")
        ids.append(statement.statement_id)
        store.grow(statement, 400)
        statement.status = "FINISHED"
    assert [known(store, each) for each in ids] == [False, True, True]
    assert store.earlier("token-0", request("select 0")) is None
    assert store.earlier("token-1", request("select 1")) is not None
    running = store.add(asked, bind(asked.sqls, []), None)
    with pytest.raises(ResultTooLarge):
        store.grow(running, 1_001)
    store.shrink(running)
    store.grow(running, 900)
    assert known(store, running.statement_id)


def known(store: StatementStore, statement_id: str) -> bool:
    return any(statement_id == each for each in store._statements)


@given(st.binary())
def test_any_bytes_come_back_as_they_were(value: bytes) -> None:
    result = Result(lambda count: None)
    result.add([value], len(value))
    result.end()
    assert result.page(0) == [[{"blobValue": value}]]
