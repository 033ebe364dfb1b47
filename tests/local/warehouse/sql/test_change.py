"""INSERT, UPDATE, DELETE and MERGE in, counts and changed rows out."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.local.warehouse.sql.client import Client


@pytest.fixture
def filled(client: Client) -> Client:
    client.run(
        "create table t (a int, b varchar(9))",
        "create table s (a int, b varchar(9))",
        "insert into t values (1, 'one'), (2, 'two')",
        "insert into s values (2, 'zwei'), (3, 'drei')",
    )
    return client


def test_changes_are_counted(filled: Client) -> None:
    assert filled.tag("insert into t select * from s") == "INSERT 0 2"
    assert filled.tag("update t set b = 'x' where a = 2") == "UPDATE 2"
    assert filled.tag("delete from t using s where t.a = s.a") == "DELETE 3"
    assert filled.ask("select * from t") == [(1, "one")]


def test_delete_without_from(filled: Client) -> None:
    assert filled.tag("delete t where a = 1") == "DELETE 1"


def test_update_from_another_table(filled: Client) -> None:
    assert filled.tag("update t set b = s.b from s where t.a = s.a") == "UPDATE 1"
    assert filled.ask("select b from t order by a") == [("one",), ("zwei",)]


def test_merge_updates_and_inserts(filled: Client) -> None:
    """E7: MERGE of a staging table; DELETE USING with INSERT stands above."""
    tag = filled.tag(
        "merge into t using s on t.a = s.a when matched then update set b = s.b "
        "when not matched then insert (a, b) values (s.a, s.b)"
    )
    assert tag == "MERGE 2"
    assert filled.ask("select * from t order by a") == [(1, "one"), (2, "zwei"), (3, "drei")]


def test_merge_deletes_and_inserts_without_a_column_list(filled: Client) -> None:
    filled.run(
        "merge into t using s on t.a = s.a when matched then delete "
        "when not matched then insert values (s.a, s.b)"
    )
    assert filled.ask("select * from t order by a") == [(1, "one"), (3, "drei")]


def test_merge_remove_duplicates_replaces_and_adds(filled: Client) -> None:
    filled.run("insert into s values (3, 'drei')")
    filled.run("merge into t using s on t.a = s.a remove duplicates")
    assert filled.ask("select * from t order by a") == [(1, "one"), (2, "zwei"), (3, "drei")]


@pytest.mark.parametrize("then", ["update set b = s.b", "delete"])
def test_a_row_that_two_rows_match_cannot_be_merged(filled: Client, then: str) -> None:
    """E7: the staging table is de-duplicated first, or MERGE fails."""
    filled.run("insert into s values (2, 'deux')")
    error = filled.refused(
        f"merge into t using s on t.a = s.a when matched then {then} "
        "when not matched then insert values (s.a, s.b)"
    )
    assert (error.sqlstate, "multiple matches" in error.message) == ("21000", True)
    assert filled.one("select b from t where a = 2") == "two"
    filled.run(
        "merge into public.t using (select a, max(b) as b from s group by a) as x "
        "on t.a = x.a and case when x.a > 0 then true end "
        "when matched then update set b = x.b when not matched then insert values (x.a, x.b)"
    )
    assert filled.ask("select * from t order by a") == [(1, "one"), (2, "zwei"), (3, "drei")]


def test_insert_with_a_common_table_expression(filled: Client) -> None:
    filled.run("insert into t with x as (select 9 as a, 'nine' as b) select a, b from x")
    assert filled.one("select b from t where a = 9") == "nine"


def test_a_query_that_hides_a_change_is_refused(filled: Client) -> None:
    assert (
        filled.state("with x as (select 7 as a, 'x' as b) insert into t select * from x") == "42601"
    )
    assert filled.one("select count(*) from t") == 2


def test_a_row_is_inserted_whole_or_not_at_all(filled: Client) -> None:
    assert filled.state("insert into t values (5, 'ok'), (6, 'far too long')") == "22001"
    assert filled.one("select count(*) from t") == 2


def test_temporary_tables_live_and_die_with_the_session(client: Client, other: Client) -> None:
    client.run("create temp table x (a int)", "create table #y (a int)")
    client.run("insert into x values (1)", "insert into #y values (2)")
    assert client.ask("select x.a, y.a from x, #y as y") == [(1, 2)]
    assert other.state("select * from x") == "42P01"
    assert client.one("select count(*) from svv_all_tables where schema_name = 'pg_temp'") == 2
    client.run("drop table x", "drop table #y")
    assert client.state("select * from x") == "42P01"


def test_a_temporary_table_hides_one_of_the_same_name(filled: Client) -> None:
    filled.run("create temp table t (a int)")
    assert filled.one("select count(*) from t") == 0
    assert filled.one("select count(*) from public.t") == 2
    filled.run("drop table t")
    assert filled.one("select count(*) from t") == 2


VALUES = st.sampled_from(
    ["null", "7", "-3", "+2", "1.50", "'x'", "'it''s'", "'a\\\\b'", "default", "$1", "$2", "'$1'"]
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=30), st.booleans())
def test_the_short_way_for_many_values_means_the_same(
    client: Client, rows: list[tuple[str, str]], named: bool
) -> None:
    client.run(
        "create table if not exists f (a varchar(9) default 'none', b varchar(9))",
        "create table if not exists s (like f including defaults)",
        "delete from f",
        "delete from s",
    )
    names = " (b, a)" if named else ""
    values = ", ".join(f"({a},{b})" for a, b in rows * 8)  # enough for the short way
    client.tag(f"insert into f{names} values {values}", "p'1", 2)
    for a, b in rows * 8:
        client.tag(f"insert into s{names} values ({a},{b})", "p'1", 2)
    assert client.one("select count(*) from f") == len(rows) * 8
    assert client.ask("select * from f except select * from s") == []
    assert client.ask("select * from s except select * from f") == []
