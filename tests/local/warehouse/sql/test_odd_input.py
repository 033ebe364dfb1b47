"""Numbers too long to read, text too deep to write again: refusals, each found by fuzzing."""

import pytest

from local.warehouse.copy_value import converter_of
from local.warehouse.dialect.copy_statement import CopyOptions
from local.warehouse.dialect.lexer import tokens_of
from local.warehouse.dialect.table_definition import read_table_definition
from local.warehouse.dialect.translate import translate
from local.warehouse.error import WarehouseError
from local.warehouse.limits import PARAMETERS_MAX
from local.warehouse.manifest import read_manifest
from tests.local.warehouse.sql.client import ROLE, Client, Lake

DIGITS = "9" * 5_000  # Python refuses to make a number of more than 4,300
TABLE = "create table t (a bigint)"
COPY = f"copy t from 's3://lake/k' {ROLE} json 'auto ignorecase'"


@pytest.mark.parametrize(
    "sql",
    [
        f"create table t (a varchar({DIGITS}))",
        f"create table t (a bigint identity({DIGITS}, 1))",
        f"copy t from 's3://lake/k' {ROLE} maxerror {DIGITS}",
        f"select ${DIGITS}",
    ],
)
def test_a_number_that_is_too_long_is_a_syntax_error(client: Client, sql: str) -> None:
    """ValueError came out, which ended the connection."""
    assert client.state(sql) == "42601"


@pytest.mark.parametrize("number", [PARAMETERS_MAX + 1, 2**31, 10**30])
def test_a_parameter_beyond_the_limit_is_refused_before_memory_is_asked_for(
    client: Client, number: int
) -> None:
    """`select $2000000000` made a list of two thousand million types."""
    with pytest.raises(WarehouseError) as refused:
        client.session.parameter_oids(f"select ${number}", ())
    assert refused.value.sqlstate == "54000"
    with pytest.raises(WarehouseError):
        translate(f"select ${number}", database="votes")
    highest = client.session.parameter_oids(f"select ${PARAMETERS_MAX}", ())
    assert len(highest) == PARAMETERS_MAX


def errors(client: Client, lake: Lake, line: str, kind: str) -> list[int]:
    """Load one good line and one bad one; return the codes of the errors."""
    client.run(f"create table t (a {kind})")
    lake.put("k", '{"a": 1}\n' + line + "\n")
    client.run(f"{COPY} maxerror 2")
    assert client.ask("select count(*) from t") == [(1,)]
    found = client.ask("select err_code from stl_load_errors order by query desc limit 1")
    return [int(str(code)) for (code,) in found]


@pytest.mark.parametrize(
    ("line", "kind", "code"),
    [
        ('{"a": ' + DIGITS + "}", "bigint", 1222),
        ('{"a": "NaN"}', "decimal(9,2)", 1209),
        ('{"a": ' + "[" * 800 + "]" * 800 + "}", "varchar(max)", 1216),
    ],
    ids=["too long", "no number", "too deep"],
)
def test_a_value_that_cannot_be_read_costs_its_own_line(
    client: Client, lake: Lake, line: str, kind: str, code: int
) -> None:
    assert errors(client, lake, line, kind) == [code]


def test_zeros_in_front_are_read_in_time_that_grows_with_their_number() -> None:
    """A pattern that may not try every way to divide them."""
    column = read_table_definition(TABLE, tokens_of(TABLE)).columns[0]
    convert = converter_of(column, CopyOptions())
    assert convert("0" * 200_000 + "7") == "7"
    with pytest.raises(Exception, match="Invalid digit"):
        convert("0" * 200_000 + "x")


def test_an_object_over_many_lines_is_read_in_time_that_grows_with_them(
    client: Client, lake: Lake
) -> None:
    """It was read anew at every line: 8,000 lines took half a minute, a million would not end."""
    client.run("create table t (a bigint, b super)")
    numbers = ",\n".join('"}"' if number % 9 else "[]" for number in range(50_000))
    lake.put("k", f'{{"b": [\n{numbers}\n],\n"a": 7}}\n{{"a": 8}}\n')
    client.run(COPY)
    assert client.ask("select a from t order by a") == [(7,), (8,)]


@pytest.mark.parametrize("body", [b'{"entries":[{"url":"\xff"}]}', b"[" * 100_000])
def test_a_manifest_that_is_no_text_or_too_deep_is_refused(body: bytes) -> None:
    with pytest.raises(WarehouseError, match="not in correct json format"):
        read_manifest(body)


def test_json_paths_that_are_too_deep_are_refused(client: Client, lake: Lake) -> None:
    client.run(TABLE)
    lake.put("k", '{"a": 1}\n')
    lake.put("paths", "[" * 100_000)
    statement = f"copy t from 's3://lake/k' {ROLE} json 's3://lake/paths'"
    assert client.state(statement) == "XX000"
