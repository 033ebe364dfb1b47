"""Whatever bytes a client sends, the server lives on, and nothing of the client is left."""

import logging
import socket
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.warehouse.server import WarehouseServer
from tests.dashboard.wait import until
from tests.local.warehouse.wire.desk import serving
from tests.local.warehouse.wire.raw_client import (
    FLUSH,
    GSS_REQUEST,
    SSL_REQUEST,
    SYNC,
    bind,
    close,
    describe,
    execute,
    frame,
    parse,
    query,
    raw_client,
    rows,
    startup,
    text,
)

SQL = st.sampled_from(
    ["select 1", "begin", "commit", "rollback", "", ";;", "select $1", "select", "select 1; select"]
)
NAMES = st.sampled_from(["", "a", "b"])
VALUES = st.lists(st.one_of(st.none(), st.binary(max_size=9)), max_size=3)
FORMATS = st.lists(st.integers(-1, 2), max_size=3)
MESSAGES = st.one_of(
    st.builds(query, SQL),
    st.builds(parse, SQL, st.lists(st.sampled_from([0, 16, 23, 1700, 9999])), name=NAMES),
    st.builds(bind, VALUES, formats=FORMATS, result_formats=FORMATS, portal=NAMES, statement=NAMES),
    st.builds(describe, st.sampled_from("SPx"), NAMES),
    st.builds(execute, st.integers(-1, 3), portal=NAMES),
    st.builds(close, st.sampled_from("SPx"), NAMES),
    st.sampled_from([SYNC, FLUSH, frame("p", text("x")), frame("d", b"x"), frame("c")]),
    st.builds(frame, st.characters(max_codepoint=127), st.binary(max_size=20)),
)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Return messages of a client, some bytes of them changed, cut off or made up."""
    data = bytearray(b"".join(draw(st.lists(MESSAGES, max_size=8))))
    for _ in range(draw(st.integers(0, 3))):
        if data:
            data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    cut = draw(st.integers(0, len(data)))
    return bytes(data[:cut]) if draw(st.booleans()) else bytes(data) + draw(st.binary(max_size=20))


@pytest.fixture(autouse=True)
def nothing_of_ours_is_to_blame(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """A fault of the server would end one connection only; here it fails the test."""
    yield
    assert [
        record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR
    ] == []


def play(folder: Path, strategy: st.SearchStrategy[Any], act: Callable[..., None]) -> None:
    """Let many clients send what they like; then nobody is left, and the server answers."""
    with serving(folder) as server:

        @settings(max_examples=120, deadline=None)
        @given(strategy)
        def examples(data: bytes) -> None:
            act(server, data)

        examples()
        until(lambda: server.client_count() == 0)
        with raw_client(server) as client:
            assert rows(client.ask(query("select 1"))) == [(b"1",)]


def send_all(server: WarehouseServer, data: bytes, *, log_in: bool) -> None:
    """Send, say that this was all, and read until the server has closed."""
    with raw_client(server, log_in=log_in) as client:
        try:
            client.send(data)
            client.sock.shutdown(socket.SHUT_WR)
        except (BrokenPipeError, ConnectionResetError, OSError):
            pass  # it closed already
        client.rest()


def test_after_the_log_in(tmp_path: Path) -> None:
    play(tmp_path, damaged(), lambda server, data: send_all(server, data, log_in=True))


def test_before_the_log_in(tmp_path: Path) -> None:
    first = st.one_of(
        st.binary(max_size=40),
        st.builds(
            lambda head, rest: head + rest,
            st.sampled_from(
                [SSL_REQUEST, GSS_REQUEST, b"GET ", startup(), struct.pack("!ii", 16, 80_877_102)]
            ),
            st.binary(max_size=40),
        ),
    )
    play(tmp_path, first, lambda server, data: send_all(server, data, log_in=False))
