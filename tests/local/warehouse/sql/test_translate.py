"""Golden translations: sqlglot's output may change with a minor version, our meaning must not."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.warehouse.dialect.lexer import split_statements
from local.warehouse.dialect.statement import Verb, read_statement
from local.warehouse.dialect.translate import translate
from local.warehouse.dialect.translation import NAMES
from local.warehouse.error import WarehouseError

ROOT = Path(__file__).resolve().parents[4]


def translated(sql: str) -> str:
    made = translate(sql, database="votes", is_temporal=lambda name: name == "at")
    return made.render([f"<{n}>" for n in range(1, 10)], {name: f"<{name}>" for name in NAMES})


GOLDEN = {
    "select a, B from T": 'SELECT "a", "b" FROM "t"',
    "select count(*), 1, a::int from t": (
        'SELECT COUNT(*) AS "count", 1 AS "?column?", CAST("a" AS INT) AS "a" FROM "t"'
    ),
    "select getdate() as g, sysdate as s, current_date as d": (
        'SELECT <now> AS "g", <transaction> AS "s", CAST(<now> AS DATE) AS "d"'
    ),
    "select isnull(a, 0) as x, nvl(a, b) as y from t": (
        'SELECT COALESCE("a", 0) AS "x", COALESCE("a", "b") AS "y" FROM "t"'
    ),
    "select trunc(at) as x, trunc(1.57, 1) as y from t": (
        'SELECT CAST("at" AS DATE) AS "x", TRUNC(1.57, 1) AS "y" FROM "t"'
    ),
    "select date_trunc('hour', at) as x, dateadd(day, -7, at) as y from t": (
        'SELECT DATE_TRUNC(\'hour\', "at") AS "x", '
        'CAST("at" AS TIMESTAMP) + INTERVAL (-7) DAY AS "y" FROM "t"'
    ),
    "select datediff(ms, a, b) as x from t": (
        'SELECT DATE_DIFF(\'MILLISECOND\', CAST("a" AS TIMESTAMP), CAST("b" AS TIMESTAMP)) '
        'AS "x" FROM "t"'
    ),
    "select listagg(distinct c, ',') within group (order by c) as x from t": (
        'SELECT STRING_AGG(DISTINCT CAST("c" AS VARCHAR), \',\' ORDER BY "c") AS "x" FROM "t"'
    ),
    "select approximate count(distinct a) as x from t": (
        'SELECT APPROX_COUNT_DISTINCT("a") AS "x" FROM "t"'
    ),
    "select percentile_cont(0.5) within group (order by a) as x from t": (
        'SELECT QUANTILE_CONT("a", 0.5 ORDER BY "a") AS "x" FROM "t"'
    ),
    "select avg(a) as x from t": 'SELECT (SUM("a") / NULLIF(COUNT("a"), 0)) AS "x" FROM "t"',
    "select avg(distinct a) over (partition by b) as x from t": (
        'SELECT (SUM(DISTINCT "a") OVER (PARTITION BY "b") / '
        'NULLIF(COUNT(DISTINCT "a") OVER (PARTITION BY "b"), 0)) AS "x" FROM "t"'
    ),
    "select a from t order by a desc": 'SELECT "a" FROM "t" ORDER BY "a" DESC NULLS FIRST',
    "select top 5 a from t": 'SELECT "a" FROM "t" LIMIT 5',
    "select a like 'x\\\\_%' as x from t": (
        'SELECT "a" LIKE \'x\\_%\' ESCAPE \'\\\' AS "x" FROM "t"'
    ),
    "select a::varchar(3) as x from t": 'SELECT cube_varchar(CAST("a" AS TEXT), 3) AS "x" FROM "t"',
    "select a::decimal as x, b::float as y from t": (
        'SELECT CAST("a" AS DECIMAL(18, 0)) AS "x", CAST("b" AS DOUBLE) AS "y" FROM "t"'
    ),
    "select concat(a, b) as x from t": 'SELECT ("a" || "b") AS "x" FROM "t"',
    "insert into t values($1,$2),($3,default)": (
        'INSERT INTO "t" VALUES (<1>, <2>), (<3>, DEFAULT)'
    ),
    "select a from t where b=$1 limit $2": 'SELECT "a" FROM "t" WHERE "b" = <1> LIMIT <2>',
    "select * from pg_catalog.pg_class": 'SELECT * FROM "cube_catalog"."pg_class"',
    "select * from votes.public.t": 'SELECT * FROM "public"."t"',
    "delete from t using u where t.a = u.a": 'DELETE FROM "t" USING "u" WHERE "t"."a" = "u"."a"',
    "merge into t using s on t.a = s.a when matched then delete "
    "when not matched then insert values (s.a, s.b)": (
        'MERGE INTO "t" USING "s" ON "t"."a" = "s"."a" WHEN MATCHED THEN delete '
        'WHEN NOT MATCHED THEN INSERT VALUES ("s"."a", "s"."b")'
    ),
    "select a from t qualify row_number() over (partition by a order by b) = 1": (
        'SELECT "a" FROM "t" QUALIFY ROW_NUMBER() OVER (PARTITION BY "a" ORDER BY "b") = 1'
    ),
}


@pytest.mark.parametrize("sql", GOLDEN, ids=str)
def test_a_statement_is_translated(sql: str) -> None:
    assert translated(sql) == GOLDEN[sql]


@pytest.mark.parametrize(
    "path", sorted((ROOT / "sql").rglob("*.sql")), ids=lambda path: str(path.name)
)
def test_every_statement_of_the_project_is_understood(path: Path) -> None:
    for text in split_statements(path.read_text().replace("${", "'${").replace("}", "}'")):
        assert state_of(read_statement, text) in ("", "0A000")  # streaming ingestion needs AWS


REFUSED = {
    "from t": "42601",
    "select * from (from t)": "42601",
    "select {'a': 1}": "42601",
    "select a -> 'b' from t": "42601",
    "select #1 from t": "42601",
    "select t.* replace (1 as a) from t": "42601",
    "select * from t asof join u using (a)": "42601",
    "select a from t tablesample (10)": "42601",
    "values (1), (2)": "42601",
    "with x as (select 1) insert into t select * from x returning a": "42601",
    "insert into t values (1) on conflict do nothing": "42601",
    "summarize t": "42601",
    "select a, from t": "42601",
    "select count(*) filter (where a > 1) from t": "42601",
    "select * from (values (1)) as v (a)": "0A000",
    "select distinct on (a) a, b from t": "0A000",
    "select * from duckdb_tables": "42P01",
    "select * from sqlite_master": "42P01",
    "select a from t for update": "0A000",
    "select [1, 2]": "0A000",
    "select list_sort(a) from t": "42883",
    "select md5_number(a) from t": "42883",
    "select regexp_like(a, 'b') from t": "42883",
    "select * from generate_series(1, 2)": "42883",
    "select * from read_csv('x')": "42883",
    "select \"read_text\"('x')": "42883",
    "select pg_catalog.read_text('x')": "42883",
    "select main.read_text('x')": "42883",
    "select * from cube_system.loads": "3F000",
    "select a ~* 'b' from t": "42883",
    "select * from other.public.t": "0A000",
    "select to_char(1.5, '999D9')": "0A000",
    "select 1; select 2": "42601",
}


@pytest.mark.parametrize("sql", REFUSED, ids=str)
def test_what_redshift_would_not_take_is_refused(sql: str) -> None:
    with pytest.raises(WarehouseError) as caught:
        translated(sql)
    assert caught.value.sqlstate == REFUSED[sql]


WORDS = """
    select from where insert into values update set delete merge using when matched then with as
    create table view copy unload union all join on group by order limit ( ) , . * = 'x' "y" $1
    $2 1 2.5 t a b :: int varchar over partition case end null not in exists like ; -- /* */ ' [ ]
    { } interval distinct avg listagg getdate trunc date_trunc json_parse
"""
SCRAMBLED = st.lists(st.sampled_from(WORDS.split()), max_size=25).map(" ".join)


def state_of(attempt: Callable[[str], object], text: str) -> str:
    """Return the SQLSTATE of a refusal, or nothing."""
    try:
        attempt(text)
    except WarehouseError as error:
        return error.sqlstate
    return ""


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(), SCRAMBLED))
def test_any_text_is_translated_or_refused_by_name(text: str) -> None:
    for attempt in (read_statement, translated):
        assert len(state_of(attempt, text)) in (0, 5)


def test_deep_nesting_is_refused_by_name() -> None:
    with pytest.raises(WarehouseError) as caught:
        translated("select " + "(" * 5_000 + "1" + ")" * 5_000)
    assert caught.value.sqlstate in ("54001", "42601")


def test_words_of_ddl_survive_in_literals_comments_and_names() -> None:
    sql = 'select \'encode zstd sortkey $1\' as "distkey" /* encode $2 */ from "sortkey" -- $3'
    assert translated(sql) == ('SELECT \'encode zstd sortkey $1\' AS "distkey" FROM "sortkey"')


@pytest.mark.parametrize(
    ("sql", "verb"),
    [
        ("(select 1)", Verb.QUERY),
        ("/* insert */ select 1", Verb.QUERY),
        ("select a into temp b from c", Verb.SELECT_INTO),
        ("select (select 1 as into_it) from t", Verb.QUERY),
        ("create temp table a (b int)", Verb.CREATE_TABLE),
        ("create or replace view a as select 1", Verb.CREATE_VIEW),
        ("  ;; ", Verb.EMPTY),
        ("end", Verb.COMMIT),
        ("abort transaction", Verb.ROLLBACK),
        ("vacuum full votes", Verb.NOTHING),
    ],
)
def test_kinds_are_told_apart_by_tokens(sql: str, verb: Verb) -> None:
    assert read_statement(sql).verb is verb


@pytest.mark.parametrize(
    "sql",
    [
        "create external schema k from kinesis iam_role default",
        "create user x password 'y'",
        "call f()",
        "declare c cursor for select 1",
        "alter user cube createuser",
        "create procedure p() as $$ begin end $$ language plpgsql",
    ],
)
def test_what_needs_aws_or_is_not_ours_is_refused_by_name(sql: str) -> None:
    with pytest.raises(WarehouseError) as caught:
        read_statement(sql)
    assert caught.value.sqlstate == "0A000"
    assert "not implemented" in caught.value.message
