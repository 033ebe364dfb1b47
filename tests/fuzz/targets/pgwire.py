"""Any bytes from a client of the warehouse in: whole answers out, and the session is let go."""

import random
import socket
import struct
from typing import Final

from core.clock import ManualClock, SystemClock
from local.warehouse.cancel import CancelRegistry
from local.warehouse.channel import Channel, ClientGone
from local.warehouse.connection import Connection
from local.warehouse.error import WarehouseError
from local.warehouse.session import Session
from local.warehouse.startup import Gate, Startup
from tests.fuzz.slices import Slices
from tests.local.warehouse.sql.client import Lake, warehouse_in_memory
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
    startup,
    text,
)

_ONE: Final = parse("select $1, 1") + bind([b"x"]) + describe("P") + execute() + SYNC
_NAMED: Final = parse("select $1", [23], name="a") + bind(
    [b"\0\0\0\7"], formats=[1], result_formats=[1], portal="b", statement="a"
)
LOGGED_IN, STRANGER = range(2)
SEEDS: Final = (
    bytes([LOGGED_IN]) + query("select 1; begin; select now(); rollback"),
    bytes([LOGGED_IN]) + _ONE,
    bytes([LOGGED_IN]) + _NAMED + execute(1, portal="b") + close("S", "a") + SYNC,
    bytes([LOGGED_IN]) + query("select") + frame("d", b"x") + FLUSH + frame("X"),
    bytes([LOGGED_IN]) + parse("", name="e") + describe("S", "e") + frame("F", b"") + SYNC,
    bytes([STRANGER]) + startup(application_name="x") + frame("p", text("cube")),
    bytes([STRANGER]) + SSL_REQUEST + GSS_REQUEST + startup() + frame("p", text("no")),
    bytes([STRANGER]) + b"GET /readyz HTTP/1.1\r\n\r\n",
    bytes([STRANGER]) + struct.pack("!iiii", 16, 80_877_102, 1, 2),
)
WORDS: Final = (
    *(SYNC, FLUSH, query("select 1"), parse("select $1"), bind([None]), describe("S"), execute(-1)),
    *(close("P"), b"\0\0\0\4", b"\xff\xff\xff\xff", b"\0\0\0\x17", b"begin\0", b"commit\0", b";"),
    *(
        b"select $1::int\0",
        b"user\0cube\0",
        b"client_encoding\0LATIN1\0",
        b"_pq_.x\0y\0",
        b"deallocate a\0",
    ),
    *(struct.pack("!i", oid) for oid in (16, 20, 25, 700, 701, 1043, 1082, 1114, 1184, 1700)),
)
BYTES_MAX: Final = 5_000
_CLOCK: Final = SystemClock()
_warehouse: Final = warehouse_in_memory(Lake(), ManualClock(1_790_000_000_123))
_cancels: Final = CancelRegistry(random.Random(1))


class _Listener(socket.socket):
    """The server's end of a connection; what it says is kept, so that nobody has to read it."""

    said = b""

    def sendall(self, data: object, *flags: int) -> None:
        assert isinstance(data, memoryview | bytes | bytearray)
        self.said += bytes(data)


def one_input(data: bytes) -> None:
    slices = Slices(data)
    logged_in = slices.byte() % 2 == LOGGED_IN
    theirs, ours = socket.socketpair()
    listener = _Listener(fileno=ours.detach())
    with theirs, listener:
        theirs.sendall(slices.rest())
        theirs.shutdown(socket.SHUT_WR)
        channel = Channel(listener, _CLOCK)
        try:
            _talk(channel) if logged_in else _greet(channel)
            channel.flush()
        except ClientGone:
            pass
        except WarehouseError as error:
            _check(error)
    if logged_in:
        _check_whole(listener.said)


def _talk(channel: Channel) -> None:
    session = Session(_warehouse, user="cube", database="votes")
    try:
        Connection(channel, session).run()
    finally:
        session.close()


def _greet(channel: Channel) -> None:
    login = Startup(channel, Gate(), _cancels, _CLOCK, ready=True).run()
    assert login is None or (login.user, login.database) == ("cube", "votes")


def _check(error: WarehouseError) -> None:
    assert len(error.sqlstate) == 5, error


def _check_whole(said: bytes) -> None:
    """Everything said is whole messages."""
    at = 0
    while at < len(said):
        (length,) = struct.unpack_from("!i", said, at + 1)
        assert length >= 4
        at += 1 + length
    assert at == len(said), "a message has an end"
