"""COPY in, the objects' rows out: prefixes, manifests, formats and what is never left half done."""

import datetime
import gzip
import random
from typing import Any

import pytest

from core.row import Row
from local.warehouse import copy_stage
from local.warehouse.copy_stage import stage_fast
from tests.local.warehouse.sql.client import ROLE, Client, Lake, lines

D = datetime.datetime
AUTO = f"{ROLE} json 'auto'"


@pytest.fixture
def table(client: Client) -> Client:
    client.run(
        "create table t (a int not null, b varchar(5), at timestamp, ok boolean, n decimal(6,2))"
    )
    return client


def test_a_prefix_loads_every_object_under_it(table: Client, lake: Lake) -> None:
    """E1: one COPY for many files."""
    for number in range(5):
        lake.put(f"in/{number}", lines({"a": number, "b": "x"}))
    lake.put("in/folder/", b"")
    lake.put("inside", lines({"a": 9}))
    lake.page_keys = 2  # S3 lists in pages
    assert table.tag(f"copy t from 's3://lake/in/' {AUTO}") == "COPY"
    assert table.ask("select a, b, at from t order by a") == [(n, "x", None) for n in range(5)]
    assert table.one("select pg_last_copy_count()") == 5


def test_a_manifest_loads_what_it_names(table: Client, lake: Lake) -> None:
    """C53: entries with a url and a mandatory flag; E3: gzip with its option."""
    lake.put("one", lines({"a": 1}), squeezed=True)
    lake.put("two", lines({"a": 2}), squeezed=True)
    lake.put("three", lines({"a": 3}), squeezed=True)
    lake.put_manifest("manifest", "one", "three")
    table.run(f"copy t from 's3://lake/manifest' {AUTO} gzip manifest")
    assert table.ask("select a from t order by a") == [(1,), (3,)]


def test_a_missing_object_fails_the_load_if_it_is_mandatory(table: Client, lake: Lake) -> None:
    lake.put("one", lines({"a": 1}))
    lake.put_manifest("strict", "one", "gone")
    lake.put_manifest("lenient", "one", "gone", mandatory=False)
    error = table.refused(f"copy t from 's3://lake/strict' {AUTO} manifest")
    assert error.sqlstate == "XX000"
    assert "NoSuchKey" in error.message
    assert error.detail == "s3://lake/gone"
    assert table.one("select count(*) from t") == 0
    table.run(f"copy t from 's3://lake/lenient' {AUTO} manifest")
    assert table.one("select count(*) from t") == 1


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("{", "not in correct json format"),
        ('{"entries": []}', "no entries"),
        ('{"entries": [{"mandatory": true}]}', "not in correct json format"),
    ],
)
def test_a_manifest_that_is_none_is_named(table: Client, lake: Lake, body: str, words: str) -> None:
    lake.put("m", body)
    assert words in table.refused(f"copy t from 's3://lake/m' {AUTO} manifest").message


def test_a_prefix_with_nothing_is_an_error(table: Client, lake: Lake) -> None:
    assert "does not exist" in table.refused(f"copy t from 's3://lake/no' {AUTO}").message
    assert "NoSuchBucket" in table.refused(f"copy t from 's3://pond/no' {AUTO}").message
    lake.away = True
    assert "InternalError" in table.refused(f"copy t from 's3://lake/no' {AUTO}").message


def test_milliseconds_are_exact(client: Client, lake: Lake) -> None:
    moments = [0, 1, 999, 1_790_000_000_137, 4_102_444_799_999, -1]
    client.run("create table t (at timestamp)")
    lake.put("k", lines(*({"at": moment} for moment in moments)))
    client.run(f"copy t from 's3://lake/k' {AUTO} timeformat 'epochmillisecs'")
    epoch = D(1970, 1, 1)
    expected = [(epoch + datetime.timedelta(milliseconds=moment),) for moment in sorted(moments)]
    assert client.ask("select at from t order by at") == expected


def test_seconds_patterns_and_auto(client: Client, lake: Lake) -> None:
    client.run("create table t (at timestamp, d date)")
    lake.put("s", lines({"at": 1_790_000_000}))
    client.run(f"copy t from 's3://lake/s' {AUTO} timeformat 'epochsecs'")
    lake.put("p", lines({"at": "02.01.2026 03:04", "d": "31/12/2026"}))
    client.run(
        f"copy t from 's3://lake/p' {AUTO} timeformat 'DD.MM.YYYY HH24:MI' dateformat 'DD/MM/YYYY'"
    )
    lake.put("a", lines({"at": "2026-01-02T03:04:05.678Z", "d": "2026-01-02"}))
    client.run(f"copy t from 's3://lake/a' {AUTO} timeformat 'auto' dateformat 'auto'")
    assert client.ask("select at, d from t order by at") == [
        (D(2026, 1, 2, 3, 4), datetime.date(2026, 12, 31)),
        (D(2026, 1, 2, 3, 4, 5, 678_000), datetime.date(2026, 1, 2)),
        (D(2026, 9, 21, 14, 13, 20), None),
    ]


def test_rows_of_the_lake_come_back_whole(client: Client, lake: Lake) -> None:
    """The shape of core/row.py into the shape of sql/ddl/landing.sql, the fast way."""
    import msgspec

    rng = random.Random(5)
    rows = [
        Row(
            arrived_at=1_790_000_000_000 + n, sequence_number=str(49 * 10**54 + n), subsequence=0,
            line=n + 2, transform_version=1, producer="p1" if n % 2 else None, lane=n % 32,
            number=n, poll="cube", device_id=f"d-{rng.getrandbits(64):x}é", seq=2**63 - 1 - n,
            colour="red", voted_at=1_790_000_000_000 - n, region='"\\/\n', extra='{"a":1}',
        )
        for n in range(500)
    ]  # fmt: skip
    lake.put(
        "votes/1.gz", b"".join(msgspec.json.encode(row) + b"\n" for row in rows), squeezed=True
    )
    client.run(
        "create table landing (arrived_at timestamp not null, sequence_number varchar(128), "
        "subsequence integer, line integer, transform_version smallint, producer varchar(64), "
        "lane smallint, number bigint, poll varchar(64), device_id varchar(256), seq bigint, "
        "colour varchar(256), voted_at timestamp, region varchar(256), extra varchar(4096), "
        "parked_reason varchar(32), raw varchar(32000))",
        f"copy landing from 's3://lake/votes/' {AUTO} gzip timeformat 'epochmillisecs' "
        "compupdate off statupdate off",
    )
    found = client.ask(
        "select line, producer, device_id, seq, region, extra, raw from landing order by line"
    )
    assert found == [
        (row.line, row.producer, row.device_id, row.seq, row.region, row.extra, row.raw)
        for row in rows
    ]


def test_an_object_with_one_bad_byte_loads_nothing(table: Client, lake: Lake) -> None:
    """DuckDB itself reads a gzip stream without its checksum."""
    good = gzip.compress(lines(*({"a": n} for n in range(20_000))).encode())
    lake.put("in/0", good)
    for name, bad in {
        "truncated": good[:-20],
        "checksum": good[:-6] + bytes([good[-6] ^ 1]) + good[-5:],
        "flipped": good[:500] + bytes([good[500] ^ 255]) + good[501:],
        "not gzip": b"hello",
    }.items():
        lake.put("in/1", bad)
        error = table.refused(f"copy t from 's3://lake/in/' {AUTO} gzip")
        assert error.sqlstate == "XX000", name
        assert "s3://lake/in/1" in error.message
    assert table.one("select count(*) from t") == 0


def test_a_copy_inside_a_block_is_undone_with_it(table: Client, lake: Lake) -> None:
    lake.put("k", lines({"a": 1}))
    commits = "select filename, lines_scanned from stl_load_commits where query = pg_last_copy_id()"
    table.run("begin", f"copy t from 's3://lake/k' {AUTO}", "rollback")
    assert table.one("select count(*) from t") == 0
    assert table.ask(commits) == []
    table.run(f"copy t from 's3://lake/k' {AUTO}")
    assert table.ask(commits) == [("s3://lake/k", 1)]


def test_columns_named_are_loaded_and_others_take_defaults(client: Client, lake: Lake) -> None:
    client.run(
        "create table t (id bigint identity(1,1), a int, b varchar(5) default 'none', c int)"
    )
    lake.put("k", lines({"a": 1, "b": "given", "c": 2, "more": 3}))
    client.run(f"copy t (a, c) from 's3://lake/k' {AUTO}", f"copy t from 's3://lake/k' {AUTO}")
    assert client.ask("select id, a, b, c from t order by id") == [
        (1, 1, "none", 2),
        (2, 1, "given", 2),
    ]
    assert client.state(f"copy t (nope) from 's3://lake/k' {AUTO}") == "42703"
    assert client.state(f"copy t (a, a) from 's3://lake/k' {AUTO}") == "42701"
    assert client.state(f"copy nowhere from 's3://lake/k' {AUTO}") == "42P01"


def test_noload_only_looks(table: Client, lake: Lake) -> None:
    lake.put("good", lines({"a": 1}))
    lake.put("bad", lines({"a": "x"}))
    table.run(f"copy t from 's3://lake/good' {AUTO} noload")
    assert table.state(f"copy t from 's3://lake/bad' {AUTO} noload") == "XX000"
    assert table.one("select count(*) from t") == 0


@pytest.mark.parametrize(
    ("options", "state"),
    [
        ("json 'auto' frobnicate", "42601"),
        ("json 'auto' maxerror", "42601"),
        ("json 'auto' maxerror 100001", "22023"),
        ("json 'auto' parquet", "0A000"),
        ("json 'auto' zstd", "0A000"),
        ("json 'auto' delimiter ','", "42601"),
        ("json 'noshred'", "0A000"),
        ("csv escape", "42601"),
        ("csv delimiter ',,'", "42601"),
        ("json 'auto' encoding utf16", "0A000"),
        ("json 'auto' timeformat 'FOO'", "0A000"),
    ],
)
def test_an_option_that_is_unknown_is_never_ignored(
    table: Client, lake: Lake, options: str, state: str
) -> None:
    lake.put("k", lines({"a": 1}))
    assert table.state(f"copy t from 's3://lake/k' {ROLE} {options}") == state


@pytest.mark.parametrize(
    "role",
    [
        "iam_role default",
        "iam_role 'arn:aws:iam::123456789012:role/copy'",
        "credentials 'aws_iam_role=arn:aws:iam::123456789012:role/copy'",
        "with credentials as 'aws_iam_role=x'",
        "access_key_id 'a' secret_access_key 'b' session_token 'c'",
    ],
)
def test_credentials_of_every_kind_will_do(table: Client, lake: Lake, role: str) -> None:
    """C49: Firehose's own COPY names CREDENTIALS, MANIFEST and its options."""
    lake.put("one", lines({"a": 1}))
    lake.put_manifest("m", "one")
    table.run(f"COPY t FROM 's3://lake/m' {role} MANIFEST JSON 'auto' TIMEFORMAT 'auto' REGION 'x'")
    assert table.one("select count(*) from t") == 1


def test_no_credentials_and_other_sources_are_refused(table: Client) -> None:
    assert table.state("copy t from 's3://lake/k' json 'auto'") == "42601"
    assert table.state(f"copy t from '/etc/passwd' {ROLE}") == "0A000"
    assert table.state(f"copy t from 'dynamodb://t' {ROLE}") == "0A000"


def test_many_objects_are_loaded_in_groups(
    client: Client, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.run("create table t (a int, b varchar(5))")
    groups: list[int] = []

    def counting(connection: Any, staged: list[Any], *rest: Any) -> int | None:
        groups.append(len(staged))
        return stage_fast(connection, staged, *rest)

    monkeypatch.setattr("local.warehouse.copy.stage_fast", counting)
    monkeypatch.setattr("local.warehouse.copy.COPY_GROUP_BYTES_MAX", 100)
    for number in range(10):
        lake.put(f"in/{number}", lines({"a": number, "b": "12345"}))
    client.run(f"copy t from 's3://lake/in/' {AUTO}")
    assert client.one("select count(distinct a) from t") == 10
    assert len(groups) > 1
    assert sum(groups) == 10
    assert (
        client.one("select loaded_rows from sys_load_history order by query_id desc limit 1") == 10
    )


def test_a_copy_leaves_no_files(table: Client, lake: Lake) -> None:
    staging = table.session._execution.engine.staging
    lake.put("k", lines({"a": 1}))
    lake.put("bad", lines({"a": "x"}))
    table.run(f"copy t from 's3://lake/k' {AUTO}")
    table.refused(f"copy t from 's3://lake/bad' {AUTO}")
    assert [path.name for path in staging.iterdir() if path.name != "spill"] == []


def test_rows_that_duckdb_loses_are_noticed(
    client: Client, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lines of an object are counted on its way: fewer rows are not believed."""
    client.run("create table t (a int)")
    lake.put("k", lines({"a": 1}, {"a": 2}))
    write = copy_stage._write

    def losing(connection: Any, select: str, target: Any) -> int:
        short = select if "row[" in select else f"{select} LIMIT 1"
        return write(connection, short, target)

    monkeypatch.setattr("local.warehouse.copy_stage._write", losing)
    client.run(f"copy t from 's3://lake/k' {AUTO}")
    assert client.one("select count(*) from t") == 2
