"""A cancel from another thread in, 57014 out, and a session that goes on."""

import threading
from typing import Any

import duckdb
import pytest

from core.clock import ManualClock
from local.warehouse.error import WarehouseError
from local.warehouse.session import Session
from local.warehouse.transaction import Transaction
from local.warehouse.writer_lock import WriterLock
from tests.dashboard.wait import until
from tests.local.warehouse.sql.client import ROLE, Client, Lake


@pytest.fixture
def endless(client: Client) -> str:
    client.run("create table t (a int)", "insert into t values (1),(2),(3),(4),(5),(6),(7),(8)")
    return (
        "select count(*) from " + ", ".join(f"t t{n}" for n in range(14)) + " where t0.a=t9.a+t5.a"
    )


def cancelled_until(session: Session, over: threading.Event) -> None:
    def press() -> bool:
        session.cancel()
        return over.is_set()

    until(press)


@pytest.mark.parametrize("block", [True, False])
def test_a_running_query_is_cancelled(client: Client, endless: str, block: bool) -> None:
    over = threading.Event()
    if block:
        client.run("begin")
    thread = threading.Thread(target=cancelled_until, args=(client.session, over))
    thread.start()
    error = client.refused(endless)
    over.set()
    thread.join()
    assert (error.sqlstate, error.message) == ("57014", "Query cancelled on user's request")
    assert client.status == ("E" if block else "I")
    client.run("rollback")
    assert client.one("select 1") == 1


def test_a_cancel_at_rest_hits_nothing(client: Client) -> None:
    client.session.cancel()
    assert client.one("select 1") == 1


def test_rows_that_are_still_coming_are_cut_off(client: Client, endless: str) -> None:
    rows = client.session.execute("select 1 from t a, t b, t c, t d, t e, t f, t g, t h, t i").rows
    assert next(rows) == (1,)
    client.session.cancel()
    with pytest.raises(WarehouseError) as caught:
        for _ in rows:
            pass
    assert caught.value.sqlstate == "57014"
    assert client.one("select 1") == 1


def test_a_copy_is_cancelled_between_its_objects(client: Client, lake: Lake) -> None:
    client.run("create table t (a int)")
    session = client.session
    lake.put("in/1", '{"a": 1}\n')

    class Cancelling(dict[str, bytes]):
        def __getitem__(self, key: str) -> bytes:
            session.cancel()
            return super().__getitem__(key)

    lake.objects = Cancelling(lake.objects)
    assert client.state(f"copy t from 's3://lake/in/' {ROLE} json 'auto'") == "57014"
    assert client.one("select count(*) from t") == 0
    history = "select status from sys_load_history order by query_id desc limit 1"
    assert client.one(history) == "cancelled"


def test_a_cancel_that_duckdb_did_not_hear_is_said_again(
    client: Client, endless: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DuckDB forgets an interrupt between planning a query and running it; one cancel is enough."""
    transaction = client.session._transaction
    said: list[str] = []
    interrupt = transaction.interrupt

    def half_deaf(message: str) -> None:
        said.append(message)
        if len(said) > 1:
            interrupt(message)

    monkeypatch.setattr(transaction, "interrupt", half_deaf)

    def press_once() -> bool:
        client.session.cancel()
        return bool(said)

    thread = threading.Thread(target=until, args=(press_once,))
    thread.start()
    error = client.refused(endless)
    thread.join()
    assert error.sqlstate == "57014"
    assert len(said) > 1
    assert client.ask("select 1") == [(1,)]


class MetByCancels:
    """A connection whose ROLLBACK is met by cancels, a few times, before or behind its work."""

    def __init__(self, *, times: int, behind: bool) -> None:
        self._real = duckdb.connect()
        self._left = times
        self._behind = behind

    def execute(self, sql: str, values: object = None) -> object:
        if sql == "ROLLBACK" and self._left:
            self._left -= 1
            if self._behind:
                self._real.execute(sql)
            raise duckdb.InterruptException("INTERRUPT Error: Interrupted!")
        return self._real.execute(sql)


@pytest.mark.parametrize("behind", [False, True])
def test_a_cancel_that_meets_the_rollback_leaves_a_failed_block(behind: bool) -> None:
    connection: Any = MetByCancels(times=1 if behind else 3, behind=behind)
    clock = ManualClock()
    transaction = Transaction(
        connection, WriterLock(clock, wait_ms_max=1, idle_ms_max=1), clock, "s"
    )
    transaction.begin()
    with pytest.raises(WarehouseError):
        transaction.read("SELECT no_such_column")
    with pytest.raises(WarehouseError, match="current transaction is aborted"):
        transaction.refuse_if_over()
    transaction.rollback()
    with transaction.statement(writes=True):
        transaction.run("CREATE TABLE t (a INT)")
    assert transaction.read("SELECT COUNT(*) FROM t").fetchall() == [(0,)]
