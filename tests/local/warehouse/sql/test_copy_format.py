"""Objects of every format that COPY knows in, their rows out."""

import bz2

from tests.local.warehouse.sql.client import ROLE, Client, Lake, lines

AUTO = f"{ROLE} json 'auto'"


def test_names_in_another_case_need_ignorecase(client: Client, lake: Lake) -> None:
    client.run("create table t (colour varchar(9))")
    lake.put("k", lines({"Colour": "red"}))
    client.run(f"copy t from 's3://lake/k' {AUTO}")
    client.run(f"copy t from 's3://lake/k' {ROLE} format as json 'auto ignorecase'")
    assert sorted(map(str, client.ask("select colour from t"))) == ["('red',)", "(None,)"]


def test_jsonpaths(client: Client, lake: Lake) -> None:
    client.run("create table t (a int, b varchar(20))")
    lake.put("paths", '{"jsonpaths": ["$.x.n[1]", "$[\'b c\']"]}')
    lake.put("k", lines({"x": {"n": [1, 2]}, "b c": {"deep": [1.50, "é"]}}, {}))
    client.run(f"copy t from 's3://lake/k' {ROLE} json 's3://lake/paths'")
    assert client.ask("select * from t order by a") == [(2, '{"deep":[1.5,"é"]}'), (None, None)]
    lake.put("short", '{"jsonpaths": ["$.a"]}')
    assert (
        "Number of jsonpaths"
        in client.refused(f"copy t from 's3://lake/k' {ROLE} json 's3://lake/short'").message
    )
    lake.put("odd", '{"jsonpaths": ["a", "$..b"]}')
    assert (
        "Invalid JSONPath"
        in client.refused(f"copy t from 's3://lake/k' {ROLE} json 's3://lake/odd'").message
    )


def test_csv_with_a_header_quotes_and_nulls(client: Client, lake: Lake) -> None:
    client.run("create table t (a int, b varchar(20), c varchar(20))")
    lake.put("k", 'a;b;c\n1;"x;""y""\nz";\n2;;\\N\n')
    options = "csv delimiter ';' ignoreheader 1"
    client.run(f"copy t from 's3://lake/k' {ROLE} {options}")
    assert client.ask("select * from t order by a") == [(1, 'x;"y"\nz', ""), (2, "", None)]
    client.run("delete from t", f"copy t from 's3://lake/k' {ROLE} {options} emptyasnull")
    assert client.ask("select c from t order by a") == [(None,), (None,)]


def test_delimited_text(client: Client, lake: Lake) -> None:
    client.run("create table t (a int, b varchar(20), c varchar(20))")
    lake.put("k", "1|x\\|y|z\n\n2|'q'|  \n3|short\n")
    client.run(f"copy t from 's3://lake/k' {ROLE} escape ignoreblanklines fillrecord blanksasnull")
    assert client.ask("select * from t order by a") == [
        (1, "x|y", "z"), (2, "'q'", None), (3, "short", None),
    ]  # fmt: skip


def test_bzip2(client: Client, lake: Lake) -> None:
    """E3: bzip2 with its option; lzop and zstd are refused by name."""
    client.run("create table t (a int)")
    lake.put("k", bz2.compress(lines({"a": 1}).encode()))
    client.run(f"copy t from 's3://lake/k' {AUTO} bzip2")
    assert client.one("select a from t") == 1
    assert client.state(f"copy t from 's3://lake/k' {AUTO} lzop") == "0A000"


def test_long_texts_may_be_cut(client: Client, lake: Lake) -> None:
    client.run("create table t (b varchar(5))")
    lake.put("k", lines({"b": "123456"}, {"b": "äöü"}))
    assert client.state(f"copy t from 's3://lake/k' {AUTO}") == "XX000"
    client.run(f"copy t from 's3://lake/k' {AUTO} truncatecolumns")
    assert sorted(map(str, client.ask("select b from t"))) == ["('12345',)", "('äö',)"]
