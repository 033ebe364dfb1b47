"""Redshift's functions in, Redshift's answers out."""

import datetime

import pytest

from tests.local.warehouse.sql.client import Client

D = datetime.datetime

ANSWERS = {
    "len('äb')": 2,
    "octet_length('äb')": 3,
    "charindex('b', 'abc')": 2,
    "position('c' in 'abc')": 3,
    "substring('abcdef' from 2 for 3)": "bcd",
    "trim(both 'x' from 'xax')": "a",
    "btrim('  a ')": "a",
    "lpad('7', 3, '0')": "007",
    "rpad('7', 3)": "7  ",
    "split_part('a/b/c', '/', 2)": "b",
    "regexp_replace('a1b2', '[0-9]', '#')": "a#b#",
    "regexp_replace('ab', '(a)(b)', '$2$1')": "ba",
    "regexp_substr('a12b', '[0-9]+')": "12",
    "regexp_count('a1b2', '[0-9]')": 2,
    "regexp_instr('ab1', '[0-9]')": 3,
    "initcap('hello wORLD')": "Hello World",
    "to_hex(255)": "ff",
    "md5('a')": "0cc175b9c0f1b6a831c399e269772661",
    "'abcdef'::varchar(3)": "abc",
    "'äöü'::varchar(3)": "ä",  # three bytes, and no half letter
    "nvl2(null, 1, 2)": 2,
    "decode(2, 1, 'a', 2, 'b', 'c')": "b",
    "listagg('a')": "a",
    "greatest(1, 3, 2)": 3,
    "log(1000)": 3.0,
    "pow(2, 10)": 1024.0,
    "trunc(1.57, 1)": 1.5,
    "trunc(timestamp '2026-01-02 03:04')": datetime.date(2026, 1, 2),
    "date_trunc('hour', timestamp '2026-01-02 03:04')": D(2026, 1, 2, 3),
    "date_trunc('week', timestamp '2026-01-01')": D(2025, 12, 29),
    "dateadd(month, 1, timestamp '2026-01-31')": D(2026, 2, 28),
    "add_months(timestamp '2026-02-28', 1)": D(2026, 3, 31),
    "datediff(day, '2026-01-01 23:59', '2026-01-02 00:00')": 1,
    "datediff(ms, timestamp '2026-01-01', timestamp '2026-01-01 00:00:00.25')": 250,
    "extract(epoch from timestamp '2026-01-01')": 1767225600,
    "date_part('hour', timestamp '2026-01-01 05:00')": 5,
    "convert_timezone('UTC', 'Europe/Berlin', timestamp '2026-07-01 12:00')": D(2026, 7, 1, 14),
    "last_day(date '2026-02-01')": datetime.date(2026, 2, 28),
    "months_between(date '2026-03-31', date '2026-02-28')": 1.0,
    "to_char(timestamp '2026-01-02 03:04:05', 'YYYY-MM-DD HH24:MI:SS')": "2026-01-02 03:04:05",
    "to_date('02.01.2026', 'DD.MM.YYYY')": datetime.date(2026, 1, 2),
    "json_extract_path_text('{\"a\":{\"b\":\"x\"}}', 'a', 'b')": "x",
    "json_extract_path_text('{', 'a', true)": None,
    "json_array_length('[1,2]')": 2,
    "json_extract_array_element_text('[1,\"b\"]', 1)": "b",
    "is_valid_json('{\"a\":1}')": True,
    "is_valid_json('[1]')": False,
    "can_json_parse('{')": False,
    "current_user": "cube",
    "current_database()": "votes",
    "current_schema()": "public",
    "'a' ilike 'A'": True,
    "'ab' similar to 'a(b|c)'": True,
    "'x_y' like 'x\\\\_y'": True,
    "'xzy' like 'x\\\\_y'": False,
    "'abc' ~ '^a'": True,
    "'abc' !~ '^b'": True,
    "quote_ident('My t')": '"My t"',
}


@pytest.mark.parametrize("expression", ANSWERS, ids=str)
def test_a_function_answers_as_redshift(client: Client, expression: str) -> None:
    expected = ANSWERS[expression]
    found = client.one(f"select {expression}")
    assert (float(str(found)) if isinstance(expected, float) else found) == expected


def test_windows_and_aggregates(client: Client) -> None:
    client.run("create table t (k int, c varchar(9), x int)")
    client.run("insert into t values (1,'b',10),(1,'a',20),(2,'a',null),(2,'c',40)")
    assert client.ask(
        "select k, listagg(c, ',') within group (order by c) from t group by k order by k"
    ) == [(1, "a,b"), (2, "a,c")]
    assert (
        client.one("select listagg(distinct c, '+') within group (order by c desc) from t")
        == "c+b+a"
    )
    assert client.one("select approximate count(distinct c) from t") == 3
    assert client.one("select percentile_cont(0.5) within group (order by x) from t") == 20
    assert client.one("select median(x) from t") == 20
    shares = "select ratio_to_report(x) over (partition by k) from t where k = 1 order by 1"
    assert client.ask(shares) == [(1 / 3,), (2 / 3,)]
    assert client.ask(
        "select c, last_value(x ignore nulls) over (order by c rows between unbounded preceding "
        "and unbounded following) from t where k = 2 order by c"
    ) == [("a", 40), ("c", 40)]
    first = "select k, c from t qualify row_number() over (partition by k order by c) = 1"
    assert client.ask(f"{first} order by k") == [(1, "a"), (2, "a")]


def test_trunc_of_a_column_follows_its_type(client: Client) -> None:
    client.run("create table t (at timestamp, n decimal(5, 2))")
    client.run("insert into t values ('2026-01-02 03:04', 7.89)")
    assert client.ask("select trunc(at), trunc(n) from t") == [(datetime.date(2026, 1, 2), 7)]


def test_a_version_that_says_redshift(client: Client) -> None:
    version = str(client.one("select version()"))
    assert version.startswith("PostgreSQL 8.0.2")
    assert "Redshift 1.0." in version


def test_a_function_of_duckdb_alone_is_refused_with_a_hint(client: Client) -> None:
    error = client.refused("select levenshtein('a', 'b')")
    assert error.sqlstate == "42883"
    assert error.message == "function levenshtein does not exist"
    assert error.hint


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_csv('/etc/passwd')",
        "select * from read_json('/etc/passwd')",
        "select * from glob('/*')",
        "select read_text('/etc/passwd')",
        'select * from "/etc/passwd"',
        "select * from '/etc/passwd'",
        "copy (select 1) to '/tmp/x'",
        "attach '/tmp/x.db'",
        "install httpfs",
        "load httpfs",
        "pragma database_list",
        "call pragma_version()",
        "export database '/tmp/x'",
        "set temp_directory = '/tmp'",
        "set enable_external_access = true",
        "select getenv('HOME')",
        "select current_setting('home_directory')",
        "select * from duckdb_settings()",
        "select query('select 1')",
        "create table t as from read_csv('/etc/passwd')",
    ],
)
def test_nobody_reaches_the_machine_or_duckdb_itself(client: Client, sql: str) -> None:
    assert client.state(sql) in ("42601", "42883", "42P01", "42704", "0A000")
