"""A statement is cancelled by a second connection that shows its key; a stop cancels all."""

import os
import random
import re
import signal
import struct
import subprocess
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from local.warehouse.cancel import BackendKey, CancelRegistry
from local.warehouse.server import WarehouseServer
from tests.dashboard.wait import until
from tests.local.warehouse.wire.desk import psycopg_client, serving
from tests.local.warehouse.wire.raw_client import (
    Answer,
    RawClient,
    bodies,
    error_fields,
    query,
    raw_client,
    rows,
    status,
)
from tests.local.warehouse.wire.test_psql import PSQL, address

# 10 ** 16 combinations: nobody waits for the end of it.
ENDLESS = (
    "select count(*) from numbers a, numbers b, numbers c, numbers d where a.n * b.n = c.n + d.n"
)


@dataclass
class Busy:
    """A client that can be made to wait for ever, and the key that ends it."""

    client: RawClient
    key: tuple[int, int]

    @contextmanager
    def waiting(self, server: WarehouseServer) -> Iterator[Future[list[Answer]]]:
        """Run the endless statement; cancel it at the end, until its answer is there."""
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(self.client.ask, query(ENDLESS))
            yield answer
            until(lambda: cancel(server, *self.key) == b"" and answer.done())


def cancel(server: WarehouseServer, process_id: int, secret: int) -> bytes:
    with raw_client(server, log_in=False) as other:
        other.send(struct.pack("!iiiI", 16, 80_877_102, process_id, secret))
        return other.rest()


@pytest.fixture
def busy(server: WarehouseServer) -> Iterator[Busy]:
    client = RawClient(server.port)
    (key,) = bodies(client.log_in(), "K")
    process_id, secret = struct.unpack("!iI", key)
    client.numbers(10_000)
    yield Busy(client, (process_id, secret))
    client.close()


def test_a_running_statement_is_cancelled(server: WarehouseServer, busy: Busy) -> None:
    with busy.waiting(server) as answer:
        pass
    fields = error_fields(answer.result())
    assert (fields["S"], fields["C"]) == ("ERROR", "57014")
    assert rows(busy.client.ask(query("select 1"))) == [(b"1",)]


def test_in_a_transaction_a_cancelled_statement_fails_it(
    server: WarehouseServer, busy: Busy
) -> None:
    busy.client.ask(query("begin"))
    with busy.waiting(server) as answer:
        pass
    assert status(answer.result()) == "E"
    assert status(busy.client.ask(query("rollback"))) == "I"


def test_a_wrong_key_cancels_nothing_and_says_nothing(server: WarehouseServer, busy: Busy) -> None:
    process_id, secret = busy.key
    with busy.waiting(server) as answer:
        for wrong in ((process_id, secret ^ 1), (process_id + 1, secret)):
            assert cancel(server, *wrong) == b""
        assert not answer.done()


def test_a_key_is_the_number_and_the_secret() -> None:
    cancelled = list[str]()
    registry = CancelRegistry(random.Random(1))
    key = registry.add(lambda: cancelled.append("one"))
    other = registry.add(lambda: cancelled.append("other"))
    assert (key.process_id, other.process_id) == (1, 2)
    assert not registry.cancel(BackendKey(key.process_id, other.secret))
    assert cancelled == []
    assert registry.cancel(other)
    assert cancelled == ["other"]
    registry.remove(other)
    assert not registry.cancel(other)


def test_cancelling_nothing_leaves_the_next_statement_alone(
    server: WarehouseServer, busy: Busy
) -> None:
    for _ in range(20):
        assert cancel(server, *busy.key) == b""
        assert rows(busy.client.ask(query("select 1"))) == [(b"1",)]


def test_a_key_ends_with_its_connection(server: WarehouseServer, busy: Busy) -> None:
    busy.client.close()
    until(lambda: server.client_count() == 0)
    assert cancel(server, *busy.key) == b""


def test_psycopg_cancels(server: WarehouseServer) -> None:
    with raw_client(server) as client:
        client.numbers(10_000)
    with psycopg_client(server) as connection, ThreadPoolExecutor(1) as pool:
        answer = pool.submit(connection.execute, ENDLESS)

        def cancelled() -> bool:
            connection.cancel_safe(timeout=5)
            return answer.done()

        until(cancelled)
        assert isinstance(answer.exception(), psycopg.errors.QueryCanceled)


@pytest.mark.skipif(PSQL is None, reason="there is no psql on PATH")
def test_ctrl_c_in_psql_cancels(server: WarehouseServer) -> None:
    assert PSQL is not None
    with raw_client(server) as client:
        client.numbers(10_000)
    process = subprocess.Popen(
        [PSQL, address(server), "-At", "-c", "select 1", "-c", ENDLESS],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "1\n"
    until(lambda: interrupted(process))
    _, errors = process.communicate(timeout=10)
    assert "cancel" in errors.lower()


def interrupted(process: subprocess.Popen[str]) -> bool:
    """Press Ctrl-C; psql takes it once its statement runs."""
    os.kill(process.pid, signal.SIGINT)
    return process.poll() is not None


def test_a_stop_cancels_what_runs_and_says_so(tmp_path: Path) -> None:
    with serving(tmp_path) as server, raw_client(server) as client:
        client.numbers(10_000)
        client.send(query(ENDLESS))
        server.stop()
        assert re.search(rb"C57014\0|C57P01\0", client.rest())


def test_a_stop_tells_clients_at_rest(tmp_path: Path) -> None:
    with serving(tmp_path) as server, raw_client(server) as client:
        server.stop()
        assert b"FATAL\0C57P01\0" in client.rest()
