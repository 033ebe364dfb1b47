"""Questions about tables in, Redshift's catalog out."""

import duckdb
import pytest

from local.warehouse.dialect.rewrite import INTERNAL_VIEWS
from tests.local.warehouse.sql.client import Client


@pytest.fixture
def house(client: Client) -> Client:
    client.run(
        "create table t (a int not null, b varchar(64) default 'x' encode zstd, c decimal(8, 2)) "
        "distkey (a) sortkey (b, c)",
        "create view v as select a, b from t",
        "insert into t values (1, 'one', 1.5)",
    )
    return client


def test_tables_and_views_are_listed(house: Client) -> None:
    assert house.ask(
        "select table_catalog, table_schema, table_name, table_type from svv_tables order by 3"
    ) == [("votes", "public", "t", "BASE TABLE"), ("votes", "public", "v", "VIEW")]
    for source in ("svv_all_tables", "svv_redshift_tables", "pg_catalog.svv_all_tables"):
        found = house.ask(f"select database_name, table_name, table_type from {source} order by 2")
        assert found == [("votes", "t", "TABLE"), ("votes", "v", "VIEW")]
    assert house.ask("select table_name from information_schema.tables order by 1") == [
        ("t",),
        ("v",),
    ]


def test_columns_carry_their_declared_types(house: Client) -> None:
    assert house.ask(
        "select column_name, ordinal_position, is_nullable, data_type, character_maximum_length, "
        "numeric_precision, numeric_scale, column_default from svv_columns "
        "where table_name = 't' order by 2"
    ) == [
        ("a", 1, "NO", "integer", None, 32, 0, None),
        ("b", 2, "YES", "character varying", 64, None, None, "'x'"),
        ("c", 3, "YES", "numeric", None, 8, 2, None),
    ]
    assert house.one("select count(*) from svv_all_columns where table_name = 'v'") == 2
    assert house.one("select count(*) from information_schema.columns where table_name = 't'") == 3
    assert house.ask("select column_name, encoding, distkey, sortkey from svv_redshift_columns "
                     "where table_name = 't' order by 1") == [
        ("a", "none", True, 0), ("b", "zstd", False, 1), ("c", "none", False, 2),
    ]  # fmt: skip


def test_keys_and_rows_of_a_table(house: Client) -> None:
    sql = 'select schema, "table", diststyle, sortkey1, sortkey_num, max_varchar, tbl_rows '
    assert [tuple(map(str, row)) for row in house.ask(sql + "from svv_table_info")] == [
        ("public", "t", "KEY(a)", "b", "2", "64", "1")
    ]


def test_pg_catalog_for_drivers(house: Client) -> None:
    assert house.ask(
        "select c.relname, n.nspname, c.relkind from pg_catalog.pg_class c "
        "join pg_catalog.pg_namespace n on n.oid = c.relnamespace order by 1"
    ) == [("t", "public", "r"), ("v", "public", "v")]
    assert house.ask(
        "select a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull "
        "from pg_attribute a join pg_class c on c.oid = a.attrelid "
        "where c.relname operator(pg_catalog.~) '^(t)$' collate pg_catalog.default "
        "order by a.attnum"
    ) == [
        ("a", "integer", True), ("b", "character varying(64)", False), ("c", "numeric(8,2)", False),
    ]  # fmt: skip
    assert house.ask("select datname from pg_database") == [("votes",)]
    assert house.ask("select usename from pg_user") == [("cube",)]
    assert house.one("select (current_schemas(true))[1]") == "pg_catalog"
    assert house.one("select has_table_privilege('cube', 't', 'select')") is True
    assert house.one("select pg_get_viewdef(oid) from pg_class where relname = 'v'") == (
        "select a, b from t"
    )


def test_our_own_schemas_are_not_shown(house: Client) -> None:
    schemas = {row[0] for row in house.ask("select nspname from pg_namespace")}
    assert schemas == {"public", "pg_catalog", "information_schema", "pg_temp"}
    for name in ("cube_system", "cube_catalog", "main"):
        assert house.state(f"select * from {name}.pg_class") == "3F000"


def test_the_catalog_follows_changes(house: Client) -> None:
    house.run("alter table t rename column b to d", "alter table t rename to u")
    found = house.ask(
        "select column_name, data_type from svv_columns where table_name = 'u' order by 1"
    )
    assert ("d", "character varying") in found


@pytest.mark.parametrize(
    "name",
    ["svv_external_tables", "svv_external_columns", "svv_external_schemas", "pg_index", "pg_proc",
     "pg_constraint", "pg_description", "stl_loaderror_detail"],
)  # fmt: skip
def test_views_that_are_empty_here_can_be_asked(house: Client, name: str) -> None:
    assert house.ask(f"select * from {name}") == []


def test_views_of_duckdb_itself_are_hidden(house: Client) -> None:
    found = duckdb.connect().execute(
        "select view_name from duckdb_views() where internal and schema_name = 'main'"
    )
    names = {row[0] for row in found.fetchall()}
    assert names <= INTERNAL_VIEWS
    for name in names:
        assert house.state(f"select * from {name}") == "42P01"
