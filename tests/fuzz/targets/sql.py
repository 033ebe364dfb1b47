"""Any text as SQL in: it is taken apart and translated, or refused with an SQLSTATE."""

from typing import Final

from local.warehouse.dialect.copy_statement import read_copy
from local.warehouse.dialect.lexer import split_statements, tokens_of
from local.warehouse.dialect.statement import read_statement
from local.warehouse.dialect.table_definition import read_table_definition
from local.warehouse.dialect.translate import translate
from local.warehouse.error import WarehouseError
from tests.fuzz.slices import Slices

_TEXTS: Final = (
    "select colour, count(*) as n from votes where poll = $1 group by 1 order by 2 desc limit 9",
    "select date_trunc('hour', voted_at), avg(seq) over (partition by poll) from public.votes v",
    "with a as (select 1 as x union all select 2) select trunc(x), getdate() from a; select 2",
    "insert into t (a, b) values (1, 'it''s'), (2, null)",
    "merge into t using s on t.a = s.a when matched then update set b = s.b when not matched then"
    " insert values (s.a, s.b)",
    "create table if not exists t (a bigint identity(1,1) not null encode az64 distkey, b varchar"
    " default 'x', primary key (a)) diststyle key sortkey (a)",
    "copy t (a, b) from 's3://lake/k' iam_role default json 'auto' gzip timeformat 'epochmillisecs'"
    " maxerror 5 truncatecolumns manifest",
    "unload ('select 1') to 's3://lake/o' iam_role default format csv",
    "alter table t add column c decimal(18,4) default 0; alter table t append from u",
    "select listagg(a, ',') within group (order by a), a::super, json_extract_path_text(b, 'k')"
    " from t where b ilike '%x%' and a not in (1, 2) or b similar to 'a|b' -- end",
    "explain select case when a then 1 else 2 end, extract(epoch from b), b || 'c' from t /* x */",
    "set query_group to 'x'; begin; lock t; drop table if exists a.b cascade; vacuum; end",
)
SEEDS: Final = tuple(text.encode() for text in _TEXTS)
WORDS: Final = tuple(
    word.encode()
    for word in (
        *(" select ", " from ", " where ", " group by ", " order by ", " having ", " limit ", "::"),
        *(" join ", " on ", " using ", " union all ", " except ", "case when ", " then ", " else "),
        *(" end ", " over (", "partition by ", " qualify ", "insert into ", " values (", "update "),
        *(" set ", "delete from ", "merge into ", "create table ", "create view ", " as ", "temp "),
        *("materialized ", "copy t from 's3://lake/k' ", "unload ('", "iam_role default ", "json "),
        *(
            "'auto'",
            "csv",
            "gzip",
            "delimiter '",
            "alter table ",
            "drop table ",
            "cascade",
            "varchar(",
        ),
        *(
            "decimal(",
            "timestamptz",
            "super",
            "identity(1,1)",
            "distkey",
            "sortkey(",
            "encode zstd",
        ),
        *(
            "date_trunc('",
            "to_char(",
            "listagg(",
            " within group (",
            "extract(",
            "interval '",
            "$1",
        ),
        *(
            "\\",
            "''",
            '""',
            "/*",
            "*/",
            "--",
            "e'",
            "$$",
            "\0",
            "é",
            "1e9",
            "@>",
            "!~*",
            "between ",
        ),
        *("current_timestamp", "getdate()", "pg_catalog.", "svv_", "with recursive ", " lateral "),
    )
)
BYTES_MAX: Final = 5_000
_ANSWER_CHARS_MAX: Final = 100_000


def one_input(data: bytes) -> None:
    text = Slices(data).text()
    try:
        statements = split_statements(text)
    except WarehouseError as error:
        _check(error)
        return
    assert sum(map(len, statements)) <= len(text)
    for statement in statements:
        _take_apart(statement)


def _take_apart(sql: str) -> None:
    """Read a statement in each way that the warehouse might, whatever its first word says."""
    for read in (_statement, _translation, _copy, _table):
        try:
            read(sql)
        except WarehouseError as error:
            _check(error)


def _statement(sql: str) -> None:
    read_statement(sql)


def _translation(sql: str) -> None:
    made = translate(sql, database="votes")
    names = {name: "0" for name in made.gaps if isinstance(name, str)}
    if made.parameters < 100:
        assert len(made.render(["0"] * made.parameters, names)) < _ANSWER_CHARS_MAX


def _copy(sql: str) -> None:
    read_copy(sql, tokens_of(sql))


def _table(sql: str) -> None:
    read_table_definition(sql, tokens_of(sql))


def _check(error: WarehouseError) -> None:
    assert len(error.sqlstate) == 5, error
    assert error.message, "a refusal says why"
