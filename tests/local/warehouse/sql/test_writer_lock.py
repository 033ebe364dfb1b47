"""Two clients that write: one waits; a forgotten one stops nobody."""

import threading
from collections.abc import Callable

import pytest

from core.clock import ManualClock
from local.warehouse.error import WarehouseError
from tests.dashboard.wait import until
from tests.local.warehouse.sql.client import Client


class Beside:
    """A statement on a thread of its own: its error, or None, when it is over."""

    def __init__(self, work: Callable[[], object]) -> None:
        self.error: WarehouseError | None = None
        self._work = work
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._work()
        except WarehouseError as error:
            self.error = error

    @property
    def over(self) -> bool:
        return not self._thread.is_alive()

    def join(self) -> WarehouseError | None:
        self._thread.join(15)
        assert self.over
        return self.error


@pytest.fixture
def holder(client: Client) -> Client:
    """Return a client that holds the lock in a block of its own."""
    client.run("create table t (a int)", "begin", "insert into t values (1)")
    return client


def test_a_writer_waits_for_the_one_before_it(holder: Client, other: Client) -> None:
    waiting = Beside(lambda: other.run("insert into t values (2)"))
    assert other.status == "I"
    holder.run("commit")
    assert waiting.join() is None
    assert holder.one("select count(*) from t") == 2


def test_readers_do_not_wait(holder: Client, other: Client) -> None:
    assert other.one("select count(*) from t") == 0


def test_lock_waits_like_a_write_and_sees_the_result(holder: Client, other: Client) -> None:
    other.run("begin")
    waiting = Beside(lambda: other.run("lock t"))
    holder.run("commit")
    assert waiting.join() is None
    assert other.one("select count(*) from t") == 1


def test_waiting_too_long_is_an_error_with_a_hint(
    holder: Client, other: Client, clock: ManualClock
) -> None:
    other.run("begin")
    waiting = Beside(lambda: other.run("insert into t values (2)"))
    until(lambda: step(holder, clock) and waiting.over)
    error = waiting.join()
    assert error is not None
    assert error.sqlstate == "55P03"
    assert "session" in error.hint
    assert other.status == "E"
    holder.run("commit")
    other.run("rollback")
    assert other.one("select count(*) from t") == 1


def step(holder: Client, clock: ManualClock) -> bool:
    """Let time pass while the holder is at work."""
    holder.one("select count(*) from t")
    clock.advance(100)
    return True


def test_a_forgotten_transaction_is_rolled_back_when_another_waits(
    holder: Client, other: Client, clock: ManualClock
) -> None:
    clock.advance(1_001)
    assert Beside(lambda: other.run("insert into t values (2)")).join() is None
    assert other.ask("select a from t") == [(2,)]
    error = holder.refused("insert into t values (3)")
    assert (error.sqlstate, error.hint != "") == ("25P03", True)
    assert holder.state("select 1") == "25P02"
    holder.run("rollback", "insert into t values (3)")
    assert other.one("select count(*) from t") == 2


def test_committing_a_forgotten_transaction_is_an_error(
    holder: Client, other: Client, clock: ManualClock
) -> None:
    clock.advance(1_001)
    other.run("insert into t values (2)")
    assert holder.state("commit") == "25P03"
    assert holder.status == "I"
    assert holder.ask("select a from t") == [(2,)]


def test_nobody_is_rolled_back_while_nobody_waits(holder: Client, clock: ManualClock) -> None:
    clock.advance(60_000)
    holder.run("commit")
    assert holder.one("select count(*) from t") == 1


def test_a_cancel_ends_the_wait(holder: Client, other: Client) -> None:
    waiting = Beside(lambda: other.run("insert into t values (2)"))
    until(lambda: cancelled(other) and waiting.over)
    error = waiting.join()
    assert error is not None
    assert error.sqlstate == "57014"
    holder.run("rollback")


def cancelled(client: Client) -> bool:
    client.session.cancel()
    return True


def test_an_error_gives_the_lock_back_at_once(holder: Client, other: Client) -> None:
    holder.refused("select 1/0")
    other.run("insert into t values (2)")
    assert other.ask("select a from t") == [(2,)]


def test_temporary_tables_need_no_lock(holder: Client, other: Client) -> None:
    other.run("create temp table x (a int)", "insert into x values (1)", "update x set a = 2")
    assert other.ask("select a from x") == [(2,)]
