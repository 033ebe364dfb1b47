"""Materialized views in: rows that stand still until they are refreshed out."""

import pytest

from tests.local.warehouse.sql.client import Client


@pytest.fixture
def view(client: Client) -> Client:
    client.run(
        "create table t (a int)",
        "insert into t values (1), (2)",
        "create materialized view v backup no diststyle even auto refresh yes "
        "as select count(*) as n, sum(a) as s from t",
    )
    return client


def test_a_refresh_computes_anew(view: Client) -> None:
    view.run("insert into t values (3)")
    assert view.ask("select n, s from v") == [(2, 3)]
    assert view.tag("refresh materialized view v") == "REFRESH MATERIALIZED VIEW"
    assert view.ask("select n, s from v") == [(3, 6)]


def test_a_refresh_is_undone_with_its_block(view: Client) -> None:
    view.run("insert into t values (3)", "begin", "refresh materialized view v", "rollback")
    assert view.ask("select n from v") == [(2,)]


def test_the_catalog_knows_it(view: Client) -> None:
    assert view.ask("select name, autorefresh from stv_mv_info") == [("v", "t")]
    assert view.ask("select schema_name, name from svv_mv_info") == [("public", "v")]
    assert view.one("select table_type from svv_tables where table_name = 'v'") == "VIEW"


def test_it_is_dropped_by_its_own_word(view: Client) -> None:
    assert view.state("drop table v") == "42809"
    assert view.state("drop view v") == "42809"
    assert view.tag("drop materialized view v") == "DROP MATERIALIZED VIEW"
    assert view.state("select * from v") == "42P01"
    view.run("drop materialized view if exists v")


@pytest.mark.parametrize(
    ("sql", "state"),
    [
        ("create materialized view v as select 1 as a", "42P07"),
        ("create materialized view w as delete from t", "42601"),
        ("create materialized view w frobnicate as select 1 as a", "42601"),
        ("refresh materialized view t", "42P01"),
        ("refresh materialized view nowhere", "42P01"),
    ],
)
def test_what_cannot_be_is_refused(view: Client, sql: str, state: str) -> None:
    assert view.state(sql) == state
