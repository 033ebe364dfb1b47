"""BEGIN, COMMIT and ROLLBACK in, all or nothing out."""

import threading

import pytest

from local.warehouse.warehouse import Warehouse
from tests.dashboard.wait import until
from tests.local.warehouse.sql.client import Client


@pytest.fixture
def table(client: Client) -> Client:
    client.run("create table t (a int)")
    return client


def test_a_block_is_kept_or_undone(table: Client, other: Client) -> None:
    table.run("begin", "insert into t values (1)")
    assert table.status == "T"
    assert other.one("select count(*) from t") == 0
    table.run("rollback")
    assert table.one("select count(*) from t") == 0
    table.run("start transaction", "insert into t values (1)", "end")
    assert other.one("select count(*) from t") == 1


def test_definitions_are_undone_with_the_rest(table: Client) -> None:
    table.run("begin", "create table u (a int)", "alter table t rename to v", "rollback")
    assert table.state("select * from u") == "42P01"
    assert table.ask("select * from t") == []


@pytest.mark.parametrize(
    "wrong", ["select 1/0", "selec 1", "select * from nowhere", "frob", "set a to b"]
)
def test_an_error_ends_a_block(table: Client, wrong: str) -> None:
    table.run("begin", "insert into t values (1)")
    table.refused(wrong)
    assert table.status == "E"
    error = table.refused("select 1")
    assert error.sqlstate == "25P02"
    assert table.tag("commit") == "ROLLBACK"
    assert table.status == "I"
    assert table.one("select count(*) from t") == 0


def test_rollback_leaves_a_failed_block(table: Client) -> None:
    table.run("begin")
    table.refused("select 1/0")
    assert table.tag("rollback") == "ROLLBACK"
    assert table.one("select 1") == 1


def test_commit_and_rollback_outside_a_block_do_nothing(table: Client) -> None:
    assert table.tag("commit") == "COMMIT"
    assert table.tag("rollback") == "ROLLBACK"
    assert table.tag("begin") == table.tag("begin") == "BEGIN"


def test_a_failed_statement_outside_a_block_changes_nothing(table: Client) -> None:
    table.refused("insert into t values (1), (2), ('x')")
    assert table.status == "I"
    assert table.one("select count(*) from t") == 0


def test_truncate_commits_what_was_before_it(table: Client, other: Client) -> None:
    table.run("create table u (a int)", "insert into t values (1)")
    table.run("begin", "insert into u values (1)", "truncate table t")
    assert table.status == "I"
    table.run("rollback")
    assert other.ask("select (select count(*) from t), (select count(*) from u)") == [(0, 1)]


def test_a_reader_sees_one_moment(table: Client, other: Client) -> None:
    other.run("begin")
    assert other.one("select count(*) from t") == 0
    table.run("insert into t values (1)")
    assert other.one("select count(*) from t") == 0
    other.run("commit")
    assert other.one("select count(*) from t") == 1


def test_rows_changed_by_another_since_are_a_conflict(table: Client, other: Client) -> None:
    table.run("insert into t values (1)")
    other.run("begin")
    assert other.one("select a from t") == 1
    table.run("update t set a = 2")
    error = other.refused("update t set a = 3")
    assert (error.sqlstate, other.status) == ("40001", "E")


def test_lock_first_sees_what_the_writer_before_it_committed(table: Client, other: Client) -> None:
    other.run("begin")
    table.run("insert into t values (1)")
    other.run("lock table t")
    assert other.one("select count(*) from t") == 1
    other.run("update t set a = 2", "commit")
    assert table.one("select a from t") == 2
    assert table.state("lock nowhere") == "42P01"


def test_a_closed_session_is_rolled_back(table: Client, other: Client) -> None:
    table.run("begin", "insert into t values (1)")
    table.session.close()
    assert other.one("select count(*) from t") == 0
    other.run("insert into t values (2)")


def test_a_read_only_block_takes_no_change(table: Client) -> None:
    table.run("begin read only", "create temp table x (a int)", "insert into x values (1)")
    assert table.one("select count(*) from t, x") == 0
    assert table.state("insert into t values (1)") == "25006"
    table.run(
        "rollback", "begin isolation level serializable read write", "insert into t values (1)"
    )
    table.run("commit")
    assert table.one("select count(*) from t") == 1
    assert table.state("begin frobnicate") == "42601"


def test_readers_see_whole_transactions_only(table: Client, warehouse: Warehouse) -> None:
    over = threading.Event()
    seen: list[int] = []

    def read() -> None:
        reader = Client(warehouse)
        while not over.is_set():
            seen.append(int(str(reader.one("select count(*) from t"))))
        reader.close()

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for _ in range(30):
        table.run("begin", "insert into t values (1), (2)", "insert into t values (3)", "commit")
    until(lambda: 90 in seen)
    over.set()
    for reader in readers:
        reader.join()
    assert all(count % 3 == 0 for count in seen)
