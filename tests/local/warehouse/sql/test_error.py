"""DuckDB's words in, Redshift's SQLSTATE and words out."""

import pytest

from tests.local.warehouse.sql.client import Client

ERRORS = {
    "select * from nowhere": ("42P01", 'relation "nowhere" does not exist'),
    "select * from gone.t": ("42P01", 'relation "gone.t" does not exist'),
    "select nope from t": ("42703", 'column "nope" does not exist'),
    "select t.nope from t": ("42703", 'column "nope" does not exist'),
    "select x.a from t": ("42P01", 'missing FROM-clause entry for table "x"'),
    "update t set nope = 1": ("42703", 'column "nope" does not exist'),
    "insert into t (nope) values (1)": ("42703", 'column "nope" does not exist'),
    "insert into nowhere values (1)": ("42P01", 'relation "nowhere" does not exist'),
    "select a from t, t as u": ("42702", 'column reference "a" is ambiguous'),
    "select a, count(*) from t": ("42803", 'column "a" must appear in the GROUP BY clause'),
    "select a from t where count(*) > 1": ("42803", ""),
    "select cast('x' as integer)": ("22P02", 'invalid input syntax for integer: "x"'),
    "select cast('99999999999' as integer)": ("22003", "out of range for type integer"),
    "select 2147483647 + cast(1 as integer)": ("22003", "out of range"),
    "select cast(1e30 as bigint)": ("22003", "out of range"),
    "select cast('soon' as date)": ("22007", "invalid input syntax"),
    "select cast('2026-13-01' as timestamp)": ("22007", "invalid input syntax"),
    "select 1 / 0": ("22012", "division by zero"),
    "insert into t values (1, 2, 3)": ("42601", ""),
    "insert into t (a) values (1, 2)": ("42601", ""),
    "insert into t values ('x', 'y')": ("22P02", ""),
    "select 'a' + 1": ("42883", ""),
    "select upper(1, 2)": ("42883", ""),
    "select (select a from t union all select 2 union all select 3)": (
        "21000",
        "more than one row",
    ),
    "select a from t order by 7": ("42P10", "ORDER BY"),
    "select a from": ("42601", "syntax error"),
    "selec a from t": ("42601", 'syntax error at or near "selec"'),
    "select a from t where": ("42601", "syntax error"),
    "drop view t": ("42809", ""),
    "create table t (a int)": ("42P07", 'relation "t" already exists'),
    "create schema public": ("42P06", 'schema "public" already exists'),
    "alter table t add column a int": ("42701", 'column "a" already exists'),
    "alter table t rename column nope to b": ("42703", 'column "nope" does not exist'),
    "select json_parse('{')": ("22P02", "invalid JSON"),
    "select sha2('a', 512)": ("0A000", "SHA2 is implemented for 256 bits only"),
}


@pytest.mark.parametrize("sql", ERRORS, ids=str)
def test_an_error_has_the_state_and_words_of_redshift(client: Client, sql: str) -> None:
    client.run("create table t (a int, b varchar(9))")
    state, words = ERRORS[sql]
    error = client.refused(sql)
    assert (error.sqlstate, words in error.message) == (state, True), error.message
    assert "LINE 1" not in error.message
    assert "cube_" not in error.message
    assert "duckdb" not in error.message.lower()


def test_a_syntax_error_of_the_first_word_has_its_place(client: Client) -> None:
    assert client.refused("  selec 1").position == 3
