"""Bad lines in, their exact places in stl_load_errors out."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.local.warehouse.sql.client import ROLE, Client, Lake, lines

AUTO = f"{ROLE} json 'auto'"
LAST = "where query = (select max(query_id) from sys_load_history) order by line_number"


@pytest.fixture
def table(client: Client) -> Client:
    client.run(
        "create table t (a int not null, b varchar(3), at timestamp, ok boolean, n decimal(5,2))"
    )
    return client


BAD_LINES = {
    '{"a": "x"}': ("a", 1207),
    '{"a": 1.5}': ("a", 1207),
    '{"a": true}': ("a", 1207),
    '{"a": 2147483648}': ("a", 1222),
    '{"a": null}': ("a", 1213),
    '{"b": "x"}': ("a", 1213),
    '{"a": 1, "b": "long"}': ("b", 1204),
    '{"a": 1, "b": "äö"}': ("b", 1204),
    '{"a": 1, "b": "\\u0000"}': ("b", 1220),
    '{"a": 1, "b": "\\ud800"}': ("b", 1220),
    '{"a": 1, "at": "soon"}': ("at", 1206),
    '{"a": 1, "at": "2026-13-01 00:00:00"}': ("at", 1206),
    '{"a": 1, "at": 1790000000000}': ("at", 1206),
    '{"a": 1, "ok": "perhaps"}': ("ok", 1210),
    '{"a": 1, "n": "x"}': ("n", 1209),
    '{"a": 1, "n": 12345.6}': ("n", 1209),
    "[1]": ("", 1216),
    "hello": ("", 1216),
    '{"a": 1,, }': ("", 1216),
    '{"a": NaN}': ("a", 1207),
    '{"a": 1': ("", 1216),
}


@pytest.mark.parametrize("bad", BAD_LINES, ids=str)
def test_a_bad_line_is_found_with_its_number_column_and_code(
    table: Client, lake: Lake, bad: str
) -> None:
    column, code = BAD_LINES[bad]
    lake.put("k", '{"a": 1}\n{"a": 2}\n' + bad + '\n{"a": 3}\n')
    error = table.refused(f"copy t from 's3://lake/k' {AUTO}")
    assert error.sqlstate == "XX000"
    assert error.message.startswith("Load into table 't' failed.  Check 'stl_load_errors'")
    assert error.detail.startswith(f"s3://lake/k line 3, column {column or '-'}")
    found = table.ask(
        f"select filename, line_number, colname, err_code, raw_line from stl_load_errors {LAST}"
    )
    assert [row[:4] for row in found] == [("s3://lake/k", 3, column, code)]
    assert str(found[0][4])[:3] == bad[:3]
    assert table.one("select count(*) from t") == 0


def test_as_many_errors_as_maxerror_allows_are_passed_over(table: Client, lake: Lake) -> None:
    """E9: MAXERROR n tolerates bad rows, which stand in STL_LOAD_ERRORS; at n the load fails."""
    lake.put("k/1", lines({"a": 1}, {"a": "x"}, {"a": 2}))
    lake.put("k/2", lines({"a": 3}, {"b": 1}))
    assert table.state(f"copy t from 's3://lake/k/' {AUTO} maxerror 2") == "XX000"
    assert table.one("select count(*) from t") == 0
    table.run(f"copy t from 's3://lake/k/' {AUTO} maxerror 3")
    assert table.ask("select a from t order by a") == [(1,), (2,), (3,)]
    assert table.ask(
        f"select filename, line_number, err_reason, raw_field_value from stl_load_errors {LAST}"
    ) == [
        ("s3://lake/k/1", 2, "Invalid digit, Value 'x', Pos 0, Type: Integer", "x"),
        ("s3://lake/k/2", 2, "Missing data for not-null field", ""),
    ]
    assert table.one("select pg_last_copy_count()") == 3
    history = "select status, loaded_rows, error_count from sys_load_history"
    assert table.ask(f"{history} order by query_id desc limit 2") == [
        ("completed", 3, 2),
        ("failed", 0, 2),
    ]


def test_errors_outlive_the_rollback_of_their_block(table: Client, lake: Lake) -> None:
    lake.put("k", lines({"a": "x"}))
    before = table.one("select count(*) from stl_load_errors")
    table.run("begin")
    table.refused(f"copy t from 's3://lake/k' {AUTO}")
    assert table.status == "E"
    table.run("rollback")
    assert table.one("select count(*) from stl_load_errors") == int(str(before)) + 1
    detail = table.ask(
        "select file_name, line_number, column_name, column_type, error_code from "
        "sys_load_error_detail where query_id = (select max(query_id) from sys_load_history)"
    )
    assert detail == [("s3://lake/k", 1, "a", "integer", 1207)]


def test_a_line_cut_short_does_not_swallow_the_next(table: Client, lake: Lake) -> None:
    lake.put("k", '{"a": 1\n{"a": 2}\n{"a": 3')
    table.run(f"copy t from 's3://lake/k' {AUTO} maxerror 9")
    assert table.ask("select a from t") == [(2,)]
    assert table.ask(f"select line_number from stl_load_errors {LAST}") == [(1,), (3,)]


def test_objects_over_several_lines_and_several_on_one(table: Client, lake: Lake) -> None:
    lake.put("k", '{\n  "a": 1,\n  "b": "x"\n}\n\n{"a": 2}{"a": 3} {"a": 4}\n')
    table.run(f"copy t from 's3://lake/k' {AUTO}")
    assert table.ask("select a from t order by a") == [(1,), (2,), (3,), (4,)]


def test_bytes_that_are_no_text(table: Client, lake: Lake) -> None:
    lake.put("k", b'{"a": 1, "b": "\xff"}\n{"a": 2}\n')
    table.run(f"copy t from 's3://lake/k' {AUTO} maxerror 5")
    assert table.ask(f"select line_number, err_code from stl_load_errors {LAST}") == [(1, 1220)]
    lake.put("nul", '{"a": 3, "b": "x\\u0000"}\n')
    table.run("delete from t", f"copy t from 's3://lake/nul' {AUTO} acceptinvchars '^'")
    assert table.ask("select b from t") == [("x^",)]


def test_csv_errors_have_their_lines(client: Client, lake: Lake) -> None:
    client.run("create table t (a int, b varchar(9))")
    lake.put("k", 'a,b\n1,x\n2\n3,y,z\nx,"two\nlines"\n4,w\n')
    client.run(f"copy t from 's3://lake/k' {ROLE} csv ignoreheader 1 maxerror 9")
    assert client.ask("select a from t order by a") == [(1,), (4,)]
    assert client.ask(f"select line_number, err_code, err_reason from stl_load_errors {LAST}") == [
        (3, 1214, "Delimiter not found"),
        (4, 1202, "Extra column(s) found"),
        (5, 1207, "Invalid digit, Value 'x', Pos 0, Type: Integer"),
    ]


def test_values_that_only_the_slow_way_takes(table: Client, lake: Lake) -> None:
    lake.put("k", lines({"a": " +07 ", "n": "1.239", "ok": "Y", "at": "2026-1-2 03:04:05.1234567"}))
    table.run(f"copy t from 's3://lake/k' {AUTO}")
    ((a, n, ok, at),) = table.ask("select a, n, ok, at from t")
    assert (a, str(n), ok) == (7, "1.23", True)
    assert str(at) == "2026-01-02 03:04:05.123456"


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**65), 2**65), st.floats(allow_nan=False),
    st.text(max_size=6), st.integers(-5, 5).map(str),
    st.sampled_from(["2026-01-02 03:04:05", "2026-01-02T03:04:05.5", "1e3", "0x10", "1_0", "t"]),
    st.lists(st.integers(0, 9), max_size=2),
)  # fmt: skip
ROWS = st.lists(
    st.dictionaries(st.sampled_from(["a", "A", "b", "at", "ok", "f", "z"]), VALUES, max_size=6),
    max_size=4,
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(ROWS)
def test_the_fast_way_and_the_slow_way_agree(
    client: Client, lake: Lake, rows: list[dict[str, Any]]
) -> None:
    """What DuckDB's reader takes, the slow way takes with the same values."""
    client.run(
        "create table if not exists f "
        "(a int not null, b varchar(4), at timestamp, ok boolean, f float)",
        "create table if not exists s (like f)",
        "delete from f",
        "delete from s",
    )
    lake.put("k", "".join(json.dumps(row) + "\n" for row in rows))
    fast = outcome(client, "f")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("local.warehouse.copy.is_fast", lambda columns, options: False)
        slow = outcome(client, "s")
    assert fast == slow


def outcome(client: Client, table: str) -> object:
    """Load, and return the rows or what was wrong first."""
    try:
        client.run(f"copy {table} from 's3://lake/k' {AUTO}")
    except Exception as error:
        return getattr(error, "detail", error)
    return sorted(map(repr, client.ask(f"select a, b, at, ok, f from {table}")))
