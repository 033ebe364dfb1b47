"""SQL with named parameters becomes one bounded statement that only reads, values beside it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import limits
from core.errors import ParameterRefused, QueryRefused
from core.query_value import QueryValue, ValueKind, text_value
from core.sql_text import tokens_of
from core.statement import Statement, bounded, prepare

TEXT = "VARCHAR(256)"


def prepared(sql: str, rows_max: int = 10, write: bool = False, **params: QueryValue) -> Statement:
    return prepare(
        sql, params, placeholder=lambda number: f"${number}", rows_max=rows_max, write=write
    )


def texts(*values: str) -> QueryValue:
    return QueryValue(ValueKind.TEXTS, values)


def test_a_value_travels_beside_the_text() -> None:
    statement = prepared("SELECT :a, :b, :a LIMIT 1", a=text_value("x'; --"), b=text_value(""))
    assert statement.sql == (
        f"SELECT CAST($1 AS {TEXT}), CAST('' AS {TEXT}), CAST($2 AS {TEXT}) LIMIT 1"
    )
    assert statement.values == ("x'; --", "x'; --")


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1))
def test_no_value_changes_the_text(value: str) -> None:
    sql = "SELECT * FROM votes WHERE poll = :poll AND colour IN (:colours)"
    plain = prepared(sql, poll=text_value("x"), colours=texts("y", "z"))
    other = prepared(sql, poll=text_value(value), colours=texts(value, value))
    assert other.sql.replace("(65535)", "(256)") == plain.sql
    assert other.values == (value, value, value)


@pytest.mark.parametrize(("text", "width"), [("é" * 128, 256), ("é" * 128 + "x", 65535)])
def test_a_cast_never_cuts_a_text(text: str, width: int) -> None:
    assert prepared("SELECT :a LIMIT 1", a=text_value(text)) == Statement(
        f"SELECT CAST($1 AS VARCHAR({width})) LIMIT 1", (text,)
    )


def test_a_list_expands_inside_in_and_is_asked_for_by_is_null() -> None:
    sql = "SELECT 1 WHERE (:c IS NULL OR colour IN (:c)) LIMIT 1"
    some = prepared(sql, c=texts("red", "blue"))
    assert some.sql == (
        f"SELECT 1 WHERE (CAST($1 AS {TEXT}) IS NULL OR colour IN "
        f"(CAST($2 AS {TEXT}), CAST($3 AS {TEXT}))) LIMIT 1"
    )
    assert some.values == ("red", "red", "blue")
    none = prepared(sql, c=texts())
    assert none.values == ()
    assert none.sql.count(f"CAST(NULL AS {TEXT})") == 2


@pytest.mark.parametrize(
    ("kind", "text", "sql_type"),
    [
        (ValueKind.INTEGER, "5", "BIGINT"),
        (ValueKind.NUMBER, "0.5", "DOUBLE PRECISION"),
        (ValueKind.TIME, "2026-01-01 00:00:00", "TIMESTAMP"),
    ],
)
def test_kinds_are_cast_to_types_so_that_the_server_can_describe_them(
    kind: ValueKind, text: str, sql_type: str
) -> None:
    statement = prepared("SELECT :x LIMIT 1", x=QueryValue(kind, (text,)))
    assert statement == Statement(f"SELECT CAST($1 AS {sql_type}) LIMIT 1", (text,))
    null = prepared("SELECT :x LIMIT 1", x=QueryValue(kind))
    assert null == Statement(f"SELECT CAST(NULL AS {sql_type}) LIMIT 1", ())


@pytest.mark.parametrize(
    ("sql", "sent"),
    [
        ("SELECT 1", "SELECT 1\nLIMIT 11"),
        ("SELECT 1;", "SELECT 1\nLIMIT 11"),
        ("SELECT 1 -- LIMIT 5", "SELECT 1\nLIMIT 11"),
        ("SELECT 1 ORDER BY 1 LIMIT 5", "SELECT 1 ORDER BY 1 LIMIT 5"),
        ("SELECT 1 LIMIT 5000 OFFSET 7", "SELECT 1 LIMIT 11 OFFSET 7"),
        ("SELECT TOP 5 1", "SELECT TOP 5 1"),
        ("SELECT TOP 5000 1", "SELECT TOP 11 1"),
        ("SELECT TOP 5 1 UNION ALL SELECT 2", "SELECT TOP 5 1 UNION ALL SELECT 2\nLIMIT 11"),
        ("(SELECT 1 LIMIT 99) UNION (SELECT 2)", "(SELECT 1 LIMIT 99) UNION (SELECT 2)\nLIMIT 11"),
        ("WITH a AS (SELECT 1 LIMIT 99) SELECT * FROM a", None),
        ("SELECT * FROM (SELECT 1 LIMIT 99) AS t", None),
        ("SHOW TABLES FROM SCHEMA public", "SHOW TABLES FROM SCHEMA public"),
        ("EXPLAIN SELECT 1", "EXPLAIN SELECT 1"),
    ],
)
def test_an_answer_is_bounded_in_its_own_order(sql: str, sent: str | None) -> None:
    assert prepared(sql).sql == (f"{sql}\nLIMIT 11" if sent is None else sent)


def test_a_limit_may_be_a_parameter_and_becomes_digits() -> None:
    sql = "SELECT 1 LIMIT :rows"
    assert prepared(sql, rows=QueryValue(ValueKind.INTEGER, ("3",))) == Statement(
        "SELECT 1 LIMIT 3", ()
    )
    assert prepared(sql, rows=QueryValue(ValueKind.INTEGER, ("99",))).sql == "SELECT 1 LIMIT 11"
    for value in (QueryValue(ValueKind.INTEGER, ("-3",)), QueryValue(ValueKind.INTEGER)):
        with pytest.raises(ParameterRefused, match="needs a number, 0 or more"):
            prepared(sql, rows=value)
    with pytest.raises(QueryRefused, match="LIMIT without a number"):
        prepared(sql, rows=text_value("3"))


@pytest.mark.parametrize("sql", ["SELECT 1 LIMIT ALL", "SELECT 1 LIMIT", "SELECT 1 LIMIT 1e3"])
def test_a_limit_that_is_no_number_is_refused(sql: str) -> None:
    with pytest.raises(QueryRefused, match="LIMIT without a number"):
        prepared(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM votes",
        "delete from votes",
        "/* SELECT */ DROP TABLE votes",
        "-- SELECT\nTRUNCATE votes",
        "INSERT INTO votes VALUES (1)",
        "SELECT * INTO copy_of_votes FROM votes",
        "WITH a AS (SELECT 1) DELETE FROM votes USING a",
        "WITH a AS (DELETE FROM votes RETURNING *) SELECT * FROM a",
        "(DELETE FROM votes)",
        "EXPLAIN ANALYZE DELETE FROM votes",
        "EXPLAIN DELETE FROM votes",
        "EXPLAIN VERBOSE DROP TABLE votes",
        "SELECT pg_terminate_backend(1)",
        "SELECT PG_CANCEL_BACKEND(1)",
        "SELECT set_config('statement_timeout', '0', false)",
        "COPY votes FROM 's3://x'",
        "UNLOAD ('SELECT 1') TO 's3://x'",
        "CALL something()",
        "BEGIN",
        "SET statement_timeout TO 0",
        "VACUUM",
        "1",
        "'SELECT 1'",
        '"SELECT" 1',
    ],
)
def test_what_does_not_only_read_is_refused_unless_it_may_write(sql: str) -> None:
    with pytest.raises(QueryRefused, match="reading SQL: "):
        prepared(sql)
    assert prepared(sql, write=True).sql


@pytest.mark.parametrize(
    "sql",
    [
        "select 1",
        "  (SELECT 1)",
        "((SELECT 1))",
        "/* a */ SELECT 'DELETE FROM votes; INTO'",
        'SELECT "update", "into" FROM t',
        "WITH a AS (SELECT 1) SELECT * FROM a",
        "EXPLAIN VERBOSE SELECT 1",
        "SHOW SCHEMAS FROM DATABASE votes",
        "SELECT deleted, updated_at FROM t",
    ],
)
def test_what_only_reads_is_let_through(sql: str) -> None:
    assert prepared(sql).sql


@pytest.mark.parametrize("write", [True, False])
@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("SELECT 1; SELECT 2", "more than one statement"),
        ("SELECT 1; DROP TABLE votes", "more than one statement"),
        ("", "there is no statement"),
        (" ; -- nothing", "there is no statement"),
        (f"SELECT '{'x' * limits.QUERY_SQL_BYTES_MAX}'", "longer than 100000 bytes"),
    ],
)
def test_it_is_one_statement_and_not_too_long(sql: str, why: str, write: bool) -> None:
    """E13: the Data API takes 100 KB a statement."""
    with pytest.raises(QueryRefused, match=why):
        prepared(sql, write=write)


def test_a_parameter_without_a_value_is_named() -> None:
    with pytest.raises(ParameterRefused, match=":poll is not given"):
        prepared("SELECT :poll")


@given(st.integers(1, 10**6), st.integers(0, 10**7))
def test_no_limit_lets_more_rows_through_than_one_over_the_bound(most: int, asked: int) -> None:
    sent = bounded(f"SELECT 1 LIMIT {asked}", most)
    assert int(tokens_of(sent)[-1].text) == min(asked, most + 1)
