"""What a client may take: connections, bytes, time; and what becomes of one that takes more."""

import struct
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from local.warehouse import channel, connection, prepared, server, startup
from local.warehouse.limits import (
    CONNECTIONS_MAX,
    DOORS_MAX,
    MESSAGE_BYTES_MAX,
    STATEMENTS_MAX,
    SUSPENDED_ROWS_MAX,
)
from local.warehouse.outcome import Column, Outcome
from local.warehouse.server import WarehouseServer
from tests.dashboard.wait import until
from tests.local.warehouse.wire.desk import serving
from tests.local.warehouse.wire.raw_client import (
    SYNC,
    RawClient,
    bind,
    close,
    error_fields,
    execute,
    kinds,
    parse,
    query,
    raw_client,
    rows,
)
from tests.local.warehouse.wire.raw_client import (
    startup as startup_packet,
)
from tests.local.warehouse.wire.test_startup import probe

VARCHAR = 1043
WIDE = "x" * 1_000


class Endless:
    """A session whose every statement gives rows without end, and counts those that are read."""

    read = 0
    left_open = 0

    def __init__(self, warehouse: object, *, user: str, database: str) -> None:
        self.status = "I"
        self.held = list[Iterator[Sequence[object]]]()  # as a database does until it is told

    def split(self, sql: str) -> list[str]:
        return [sql]

    def parameter_oids(self, sql: str, given: Sequence[int]) -> tuple[int, ...]:
        return ()

    def describe(self, sql: str, oids: Sequence[int]) -> tuple[Column, ...]:
        return (Column("x", VARCHAR),)

    def execute(self, sql: str, values: Sequence[object] = ()) -> Outcome:
        if sql == "begin":
            self.status = "T"
            return Outcome("BEGIN", None, iter(()))
        self.held.append(self._rows())
        return Outcome("SELECT", (Column("x", VARCHAR),), self.held[-1])

    def cancel(self) -> None:
        pass

    def close(self) -> None:
        pass

    def _rows(self) -> Iterator[Sequence[object]]:
        Endless.left_open += 1
        try:
            while True:
                Endless.read += 1
                yield (WIDE,)
        finally:
            Endless.left_open -= 1


@pytest.fixture
def endless(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WarehouseServer]:
    monkeypatch.setattr(Endless, "read", 0)
    monkeypatch.setattr(Endless, "left_open", 0)
    monkeypatch.setattr(server, "Session", Endless)
    with serving(tmp_path) as running:
        yield running


def test_a_client_that_reads_nothing_is_given_up_and_its_rows_are_never_all_in_memory(
    endless: WarehouseServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel, "WRITE_MS_MAX", 200)
    with raw_client(endless) as client:
        client.send(query("select"))
        until(lambda: endless.client_count() == 0)
    assert 0 < Endless.read * len(WIDE) < 20_000_000  # what two sockets' buffers hold, and a batch


def test_a_client_that_reads_nothing_lets_go_of_its_locks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel, "WRITE_MS_MAX", 200)
    with serving(tmp_path) as running, raw_client(running) as slow, raw_client(running) as other:
        slow.numbers(3_000)
        slow.ask(query("begin; insert into numbers values (0)"))
        slow.send(query("select a.n, b.n from numbers a, numbers b"))
        assert kinds(other.ask(query("insert into numbers values (-1)"))) == "CZ"
        assert rows(other.ask(query("select count(*) from numbers where n < 1"))) == [(b"1",)]


def test_a_suspended_result_that_is_too_large_to_keep_fails_alone(
    endless: WarehouseServer,
) -> None:
    with raw_client(endless) as client:
        client.ask(query("begin"))
        client.ask(parse("select"), bind(portal="p"), execute(2, portal="p"), SYNC)
        client.ask(parse("select"), bind(portal="q"), execute(2, portal="q"), SYNC)
        fields = error_fields(client.ask(execute(2, portal="p"), SYNC))
        assert fields["C"] == "54000"
        assert f"{SUSPENDED_ROWS_MAX:,} rows" in fields["M"]


def test_rows_that_nobody_asks_for_any_more_are_not_read(endless: WarehouseServer) -> None:
    with raw_client(endless) as client:
        for _ in range(3):
            client.ask(parse("select"), bind(portal="p"), execute(2, portal="p"), SYNC)
            assert Endless.left_open == 0
    assert Endless.read < 100


def test_an_idle_transaction_is_ended(client: RawClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "IDLE_IN_TRANSACTION_MS_MAX", 100)
    client.ask(query("begin"))
    assert b"FATAL\0C25P03\0" in client.rest()


def test_a_client_at_rest_may_stay(client: RawClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "IDLE_IN_TRANSACTION_MS_MAX", 1)
    for _ in range(3):
        assert rows(client.ask(query("select 1"))) == [(b"1",)]


def test_half_a_message_is_waited_for_only_so_long(
    client: RawClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "MESSAGE_MS_MAX", 100)
    client.ask(query("select 1"))
    client.send(b"Q\0\0\0\x20sel")
    assert client.rest() == b""


def test_a_client_that_does_not_log_in_is_waited_for_only_so_long(
    server: WarehouseServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(startup, "STARTUP_MS_MAX", 100)
    with raw_client(server, log_in=False) as silent, raw_client(server, log_in=False) as half:
        half.send(startup_packet())
        assert silent.rest() == b""
        assert b"28000" in half.rest()


@pytest.mark.parametrize("bytes_more", [1, 30_000_000, 2**31 - MESSAGE_BYTES_MAX - 5])
def test_a_message_that_is_too_large_is_refused_so_that_its_sender_hears_it(
    client: RawClient, bytes_more: int
) -> None:
    size = MESSAGE_BYTES_MAX + bytes_more
    client.send(b"Q" + struct.pack("!I", size + 4))
    for _ in range(min(size, 40_000_000) // 1_000_000):
        client.send(b"x" * 1_000_000)
    said = client.rest()
    assert b"FATAL\0C54000\0" in said
    assert f"{size:,} bytes: at most {MESSAGE_BYTES_MAX:,}".encode() in said


def test_a_large_value_goes_in_and_comes_back(client: RawClient) -> None:
    value = b"y" * 8_000_000
    answers = client.ask(parse("select $1 as v", [VARCHAR]), bind([value]), execute(), SYNC)
    assert rows(answers) == [(value,)]


def test_too_many_statements_are_refused(client: RawClient) -> None:
    answers: list[Any] = []
    for number in range(STATEMENTS_MAX + 1):
        answers = client.ask(parse("begin", name=str(number)), SYNC)
    assert error_fields(answers)["C"] == "53200"


def test_too_long_statements_are_refused_together(
    client: RawClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepared, "STATEMENT_BYTES_TOTAL_MAX", 100)
    long = f"select '{'x' * 60}'"
    client.ask(parse(long, name="a"), SYNC)
    assert error_fields(client.ask(parse(long, name="b"), SYNC))["C"] == "53200"
    client.ask(close("S", "a"), SYNC)
    assert kinds(client.ask(parse(long, name="b"), SYNC)) == "1Z"


def test_too_many_connections_are_told_so_and_a_probe_still_gets_in(
    server: WarehouseServer,
) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(raw_client(server)) for _ in range(CONNECTIONS_MAX)]
        with raw_client(server, log_in=False) as late:
            assert error_fields(late.log_in_refused())["C"] == "53300"
        assert probe(server.port, "/readyz")[0] == 200
        clients.pop().close()
        until(lambda: server.client_count() == CONNECTIONS_MAX - 1)
        with raw_client(server) as late:
            assert rows(late.ask(query("select 1"))) == [(b"1",)]


def test_beyond_all_doors_a_connection_is_closed_at_once(server: WarehouseServer) -> None:
    with ExitStack() as stack:
        for _ in range(CONNECTIONS_MAX + DOORS_MAX):
            stack.enter_context(raw_client(server, log_in=False))
        until(lambda: server.client_count() == CONNECTIONS_MAX + DOORS_MAX)
        with raw_client(server, log_in=False) as late:
            assert late.rest() == b""
