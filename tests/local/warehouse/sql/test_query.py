"""Questions in, answers out: values, types and names as Redshift gives them."""

import datetime
from decimal import Decimal

import pytest

from core.clock import ManualClock
from local.warehouse import oid
from local.warehouse.error import WarehouseError
from tests.local.warehouse.sql.client import Client

D = datetime.datetime
UTC = datetime.UTC


def test_values_arrive_as_python_has_them(client: Client) -> None:
    sql = (
        "select 1 as i, 3000000000 as b, 1.50 as n, cast(2.5 as float) as f, true as t, 'x' as v, "
        "date '2026-01-02' as d, timestamp '2026-01-02 03:04:05.678' as at, null as nothing"
    )
    (row,) = client.ask(sql)
    assert row == (
        1, 3_000_000_000, Decimal("1.50"), 2.5, True, "x", datetime.date(2026, 1, 2),
        D(2026, 1, 2, 3, 4, 5, 678_000), None,
    )  # fmt: skip
    assert [column.oid for column in client.columns(sql)] == [
        oid.INTEGER, oid.BIGINT, oid.NUMERIC, oid.DOUBLE, oid.BOOLEAN, oid.VARCHAR, oid.DATE,
        oid.TIMESTAMP, oid.VARCHAR,
    ]  # fmt: skip


def test_a_zoned_time_is_utc(client: Client) -> None:
    moment = client.one("select timestamptz '2026-01-02 03:04:05+02'")
    assert moment == D(2026, 1, 2, 1, 4, 5, tzinfo=UTC)


def test_rare_types_travel_as_text(client: Client) -> None:
    assert client.one("select timestamp '2026-01-02' - timestamp '2026-01-01'") == "1 days 00:00:00"
    assert client.one("""select json_parse('{"a": [1, 2]}')""") == '{"a": [1, 2]}'
    assert client.columns("""select json_parse('[1]')""")[0].oid == oid.SUPER


def test_a_decimal_carries_its_precision(client: Client) -> None:
    (column,) = client.columns("select cast(1 as decimal(12, 3))")
    assert column.modifier == ((12 << 16) | 3) + 4


def test_columns_without_names_get_postgresqls(client: Client) -> None:
    sql = (
        "select count(*), sum(1), 1, 'a' || 'b', a::int, upper(a), case when true then 1 end, "
        "max(a) over (), (select 5 as five), date '2026-01-01' "
        "from (select '7' as a) as t group by a"
    )
    assert client.names(sql) == [
        "count", "sum", "?column?", "?column?", "a", "upper", "case", "max", "five", "date",
    ]  # fmt: skip


def test_names_are_folded_to_lower_case(client: Client) -> None:
    client.run('create table "Mixed" (Colour varchar(9))', "insert into MIXED values ('red')")
    assert client.names('select COLOUR, "Colour" as "BIG" from "mixed"') == ["colour", "big"]


def test_integers_are_divided_as_integers(client: Client) -> None:
    assert client.ask("select 5/2, -7/2, 7%2, 5.0/2") == [(2, -3, 1, 2.5)]


@pytest.mark.parametrize("sql", ["select 1/0", "select 1.5/0", "select 7%0", "select mod(7, 0)"])
def test_dividing_by_zero_is_an_error(client: Client, sql: str) -> None:
    error = client.refused(sql)
    assert (error.sqlstate, error.message) == ("22012", "division by zero")


def test_the_load_s_guard_fails_when_an_object_was_loaded_before(client: Client) -> None:
    client.run("create table seen (k varchar(9))")
    guard = "select 1 / (case when count(*) = 0 then 1 else 0 end) as ok from seen where k = 'a'"
    assert client.one(guard) == 1
    client.run("insert into seen values ('a')")
    assert client.state(guard) == "22012"


def test_sums_and_means_of_integers_are_bigint(client: Client) -> None:
    sql = "select sum(a), avg(a), avg(distinct a), sum(b) from t"
    client.run("create table t (a int, b decimal(8, 2))")
    client.run("insert into t values (1, 1.25), (2, 2.5), (2, 0.25)")
    assert client.ask(sql) == [(5, 1, 1, Decimal("4.00"))]
    assert [column.oid for column in client.columns(sql)] == [
        oid.BIGINT, oid.BIGINT, oid.BIGINT, oid.NUMERIC,
    ]  # fmt: skip


def test_a_mean_of_nothing_is_null(client: Client) -> None:
    assert client.one("select avg(a) from (select 1 as a) as t where false") is None


def test_a_sum_beyond_bigint_is_out_of_range(client: Client) -> None:
    error = client.refused(
        "select sum(a) from (select 9223372036854775807 as a union all select 1) as t"
    )
    assert error.sqlstate == "22003"


def test_null_spoils_a_concatenation(client: Client) -> None:
    assert client.ask("select 'a' || null, concat('a', null), concat('a', 'b')") == [
        (None, None, "ab")
    ]


def test_nulls_sort_last_upwards_and_first_downwards(client: Client) -> None:
    source = "(select 1 as a union all select null union all select 2) as t"
    assert client.ask(f"select a from {source} order by a") == [(1,), (2,), (None,)]
    assert client.ask(f"select a from {source} order by a desc") == [(None,), (2,), (1,)]


def test_times_come_from_the_clock_that_was_handed_in(client: Client, clock: ManualClock) -> None:
    now = datetime.datetime.fromtimestamp(clock.now_ms() / 1000, UTC).replace(tzinfo=None)
    client.run("begin")
    assert client.ask("select getdate(), sysdate, current_date") == [(now, now, now.date())]
    clock.advance(1_500)
    later = now + datetime.timedelta(milliseconds=1_500)
    assert client.ask("select getdate(), sysdate") == [(later, now)]  # sysdate: the transaction's
    client.run("commit")


def test_parameters_of_all_kinds(client: Client) -> None:
    at = D(2026, 1, 2, 3, 4, 5, 6)
    zoned = D(2026, 1, 2, tzinfo=UTC)
    values = (1, -2, 2.5, Decimal("1.10"), True, None, "it's", at, zoned, at.date(), b"\x01\xff")
    sql = "select " + ",".join(f"${n}" for n in range(1, len(values) + 1))
    (row,) = client.ask(sql, *values)
    assert row == values


def test_a_text_parameter_takes_the_type_of_its_place(client: Client) -> None:
    client.run("create table t (a int, at timestamp, b boolean)")
    client.run("insert into t values (7, '2026-01-02', true)")
    assert (
        client.one("select count(*) from t where a=$1 and at<$2 and b=$3", "7", "2027-01-01", "t")
        == 1
    )
    assert client.state("select * from t where a = $1", "seven") == "22P02"


@pytest.mark.parametrize("text", ["'; drop table t; --", "\\", "\\'", "$1", "''", "/*", "é\n"])
def test_a_parameter_is_never_sql(client: Client, text: str) -> None:
    client.run("create table t (a varchar(99))")
    client.run("insert into t values ('kept')")
    assert client.one("select $1", text) == text
    client.tag("insert into t values ($1)", text)
    assert client.one("select count(*) from t where a = $1", text) == 1
    assert client.one("select count(*) from t") == 2


def test_nul_in_a_parameter_is_refused(client: Client) -> None:
    assert client.state("select $1", "a\0b") == "22021"


def test_a_missing_parameter_is_named(client: Client) -> None:
    error = client.refused("select $1, $2", 1)
    assert (error.sqlstate, error.message) == ("08P01", "there is no parameter $2")


def test_rows_are_read_as_they_are_asked_for(client: Client) -> None:
    client.run("create table d (a int)", "insert into d values (1),(2),(3),(4),(5),(6),(7),(8)")
    many = "select 1 as n from d a, d b, d c, d d, d e, d f"
    outcome = client.session.execute(many)
    assert next(outcome.rows) == (1,)
    assert outcome.tag == "SELECT"
    assert client.one("select count(*) from d") == 8  # the connection is needed meanwhile
    assert sum(1 for _ in outcome.rows) == 8**6 - 1
    assert outcome.tag == f"SELECT {8**6}"


@pytest.mark.parametrize("started", [True, False])
def test_rows_that_nobody_wants_are_not_read(client: Client, started: bool) -> None:
    client.run("create table d (a int)", "insert into d values (1),(2),(3),(4),(5),(6),(7),(8)")
    endless = "select 1 as n from " + ", ".join(f"d d{n}" for n in range(16))
    rows = client.session.execute(endless).rows
    if started:
        assert next(rows) == (1,)
    rows.close()  # type: ignore[attr-defined]  # as the wire does it, where there is one
    assert client.one("select count(*) from d") == 8
    assert list(rows) == []


def test_an_error_among_the_rows_is_raised_where_it_is(client: Client) -> None:
    client.run("create table n (a int)", "insert into n values (0),(1),(2),(3),(4),(5),(6),(7)")
    wide = (
        "select 10 / (case when a.a + b.a * 8 + c.a * 64 + d.a * 512 + e.a * 4096 = 32767 then 0 "
    )
    wide += "else 1 end) as x from n a, n b, n c, n d, n e order by a.a + b.a * 8"
    client.run("begin")
    with pytest.raises(WarehouseError) as caught:
        client.ask(wide)
    assert caught.value.sqlstate == "22012"
    assert client.status == "E"
    client.run("rollback")


def test_describe_knows_columns_before_the_values(client: Client) -> None:
    client.run("create table t (a int, b varchar(9), c timestamp)")
    found = client.session.describe(
        "select a,b,c from t where a=$1 and b=$2 limit $3", (23, 705, 0)
    )
    assert found is not None
    assert [(column.name, column.oid) for column in found] == [
        ("a", oid.INTEGER), ("b", oid.VARCHAR), ("c", oid.TIMESTAMP),
    ]  # fmt: skip
    (typed,) = client.session.describe("select $1", (oid.BIGINT,)) or ()
    assert typed.oid == oid.BIGINT
    assert client.session.parameter_oids("insert into t values($1,$2,$4)", (23,)) == (
        23,
        705,
        705,
        705,
    )


@pytest.mark.parametrize(
    "sql",
    ["insert into t values ($1)", "begin", "create table x (a int)", "", "copy t from 's3://b/k'"],
)
def test_describe_of_what_answers_no_rows(client: Client, sql: str) -> None:
    assert client.session.describe(sql, ()) is None


def test_a_failed_describe_ends_the_block(client: Client) -> None:
    client.run("begin")
    with pytest.raises(WarehouseError):
        client.session.describe("select * from nowhere", ())
    assert client.status == "E"
    assert client.state("select 1") == "25P02"


def test_explain_answers_a_plan(client: Client) -> None:
    lines = client.ask("explain select 1")
    assert lines
    assert client.state("explain drop table t") == "42601"


def test_an_empty_statement_answers_nothing(client: Client) -> None:
    assert client.tag(" ; -- nothing") == ""
