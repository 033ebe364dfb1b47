"""UNLOAD in, objects out that COPY reads back."""

import gzip
import json
from pathlib import Path

import duckdb
import pytest

from tests.local.warehouse.sql.client import ROLE, Client, Lake


@pytest.fixture
def table(client: Client) -> Client:
    client.run(
        "create table t (a int, b varchar(9), ok boolean)",
        "insert into t values (1, 'x,y', true), (2, null, false), (3, 'it''s', null)",
    )
    return client


def unloaded(client: Client, options: str) -> str:
    return client.tag(
        f"unload ('select * from t order by a desc') to 's3://lake/out/' {ROLE} {options}"
    )


def test_csv_in_the_query_s_order(table: Client, lake: Lake) -> None:
    assert unloaded(table, "csv header") == "UNLOAD"
    assert lake.objects["out/0000_part_00"] == b'a,b,ok\n3,it\'s,\n2,,f\n1,"x,y",t\n'


def test_delimited_text_squeezed_with_a_manifest(table: Client, lake: Lake) -> None:
    unloaded(table, "gzip manifest delimiter as '|' null as '-'")
    body = gzip.decompress(lake.objects["out/0000_part_00.gz"])
    assert body == b"3|it's|-\n2|-|f\n1|x,y|t\n"
    (entry,) = json.loads(lake.objects["out/manifest"])["entries"]
    assert entry["url"] == "s3://lake/out/0000_part_00.gz"


def test_json_goes_out_and_comes_back(table: Client, lake: Lake) -> None:
    unloaded(table, "json parallel off")
    table.run("create table u (like t)", f"copy u from 's3://lake/out/000' {ROLE} json 'auto'")
    assert table.ask("select * from u order by a") == table.ask("select * from t order by a")


def test_parquet_is_readable_by_others(table: Client, lake: Lake, tmp_path: Path) -> None:
    table.run(
        f"unload ('select a, sum(a) as s from t group by a') to 's3://lake/out/' {ROLE} parquet"
    )
    file = tmp_path / "out.parquet"
    file.write_bytes(lake.objects["out/0000_part_00.parquet"])
    found = duckdb.connect().execute("select *, typeof(s) from read_parquet(?)", [str(file)])
    assert sorted(found.fetchall()) == [(n, n, "BIGINT") for n in (1, 2, 3)]


def test_objects_in_the_way_are_not_overwritten_unasked(table: Client, lake: Lake) -> None:
    unloaded(table, "csv")
    error = table.refused(f"unload ('select 1') to 's3://lake/out/' {ROLE}")
    assert "not empty" in error.message
    table.run(f"unload ('select 1') to 's3://lake/out/' {ROLE} allowoverwrite")
    assert lake.objects["out/0000_part_00"] == b"1\n"


@pytest.mark.parametrize(
    ("sql", "state"),
    [
        (f"unload ('delete from t') to 's3://lake/x' {ROLE}", "42601"),
        (f"unload ('with x as (select 1) insert into t select 1, 2, true') to 's3://lake/x' {ROLE}",
         "42601"),
        (f"unload ('select * from nowhere') to 's3://lake/x' {ROLE}", "42P01"),
        (f"unload ('select 1') to '/tmp/x' {ROLE}", "0A000"),
        ("unload ('select 1') to 's3://lake/x'", "42601"),
        (f"unload ('select 1') to 's3://lake/x' {ROLE} partition by (a)", "0A000"),
        (f"unload ('select 1') to 's3://lake/x' {ROLE} frobnicate", "42601"),
        (f"unload ('select 1') to 's3://lake/x' {ROLE} parquet gzip", "42601"),
        (f"unload ('select 1') to 's3://pond/x' {ROLE}", "XX000"),
    ],
)  # fmt: skip
def test_what_cannot_be_unloaded_is_refused(
    table: Client, lake: Lake, sql: str, state: str
) -> None:
    assert table.state(sql) == state
    assert lake.objects == {}
