"""Bytes in, the server's messages out: a client that can say what no driver would."""

import socket
import struct
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from local.warehouse.server import WarehouseServer

DEADLINE_S = 15.0
Answer = tuple[str, bytes]  # a message's kind and body

FLUSH = b"H\x00\x00\x00\x04"
SYNC = b"S\x00\x00\x00\x04"
TERMINATE = b"X\x00\x00\x00\x04"
SSL_REQUEST = struct.pack("!ii", 8, 80_877_103)
GSS_REQUEST = struct.pack("!ii", 8, 80_877_104)


class RawClient:
    """One socket, with a deadline on everything."""

    def __init__(self, port: int) -> None:
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=DEADLINE_S)

    def send(self, *messages: bytes) -> None:
        self.sock.sendall(b"".join(messages))

    def take(self, count: int) -> bytes:
        """Return exactly that many bytes; fail at the end."""
        data = b""
        while len(data) < count:
            more = self.sock.recv(count - len(data))
            assert more, f"the server closed after {data!r}"
            data += more
        return data

    def read(self) -> Answer:
        kind, length = struct.unpack("!cI", self.take(5))
        return kind.decode(), self.take(length - 4)

    def until_ready(self) -> list[Answer]:
        """Return every message up to and with ReadyForQuery."""
        answers = [self.read()]
        while answers[-1][0] != "Z":
            answers.append(self.read())
        return answers

    def ask(self, *messages: bytes) -> list[Answer]:
        self.send(*messages)
        return self.until_ready()

    def rest(self) -> bytes:
        """Return what comes until the server closes."""
        data = b""
        try:
            while more := self.sock.recv(65_536):
                data += more
        except ConnectionResetError:  # it closed while we were still sending
            pass
        return data

    def log_in(self, password: str = "cube", **parameters: str) -> list[Answer]:
        """Return what the server says of itself."""
        self.send(startup(None, **parameters))
        assert self.read() == ("R", struct.pack("!i", 3))
        return self.ask(frame("p", text(password)))

    def log_in_refused(self) -> list[Answer]:
        """Log in and return what is said instead of a welcome."""
        self.send(startup())
        assert self.read()[0] == "R"
        self.send(frame("p", text("cube")))
        return [self.read()]

    def numbers(self, count: int) -> None:
        """Make a table `numbers` of 1 to `count`."""
        self.ask(query("create table numbers (n integer); insert into numbers values (1)"))
        held = 1
        while held < count:
            more = f"insert into numbers select n + {held} from numbers where n <= {count - held}"
            self.ask(query(more))
            held = min(held * 2, count)

    def close(self) -> None:
        self.sock.close()


@contextmanager
def raw_client(server: WarehouseServer, *, log_in: bool = True) -> Iterator[RawClient]:
    client = RawClient(server.port)
    try:
        if log_in:
            client.log_in()
        yield client
    finally:
        client.close()


def frame(kind: str, body: bytes = b"") -> bytes:
    return kind.encode() + struct.pack("!i", len(body) + 4) + body


def text(value: str) -> bytes:
    return value.encode() + b"\0"


def startup(version: int | None = None, /, **parameters: str) -> bytes:
    """Return a first packet; without a version it is 3.0's."""
    given = {"user": "cube", "database": "votes", **parameters}
    pairs = b"".join(text(name) + text(value) for name, value in given.items()) + b"\0"
    return struct.pack("!ii", len(pairs) + 8, 3 << 16 if version is None else version) + pairs


def query(sql: str) -> bytes:
    return frame("Q", text(sql))


def parse(sql: str, oids: Sequence[int] = (), *, name: str = "") -> bytes:
    return frame("P", text(name) + text(sql) + struct.pack(f"!H{len(oids)}i", len(oids), *oids))


def bind(
    values: Sequence[bytes | None] = (),
    *,
    formats: Sequence[int] = (),
    result_formats: Sequence[int] = (),
    portal: str = "",
    statement: str = "",
) -> bytes:
    body = text(portal) + text(statement) + _shorts(formats) + struct.pack("!H", len(values))
    for value in values:
        body += struct.pack("!i", -1) if value is None else struct.pack("!i", len(value)) + value
    return frame("B", body + _shorts(result_formats))


def describe(what: str, name: str = "") -> bytes:
    return frame("D", what.encode() + text(name))


def execute(rows_max: int = 0, *, portal: str = "") -> bytes:
    return frame("E", text(portal) + struct.pack("!i", rows_max))


def close(what: str, name: str = "") -> bytes:
    return frame("C", what.encode() + text(name))


def kinds(answers: Sequence[Answer]) -> str:
    return "".join(kind for kind, _ in answers)


def bodies(answers: Sequence[Answer], kind: str) -> list[bytes]:
    return [body for each, body in answers if each == kind]


def rows(answers: Sequence[Answer]) -> list[tuple[bytes | None, ...]]:
    """Return the cells of every DataRow."""
    found = []
    for body in bodies(answers, "D"):
        (count,) = struct.unpack_from("!H", body)
        at, cells = 2, list[bytes | None]()
        for _ in range(count):
            (size,) = struct.unpack_from("!i", body, at)
            at += 4
            cells.append(None if size == -1 else body[at : at + size])
            at += max(size, 0)
        assert at == len(body)
        found.append(tuple(cells))
    return found


def columns(answers: Sequence[Answer]) -> list[tuple[str, int, int]]:
    """Return name, oid and format of every column of the one RowDescription."""
    (body,) = bodies(answers, "T")
    found, at = [], 2
    for _ in range(struct.unpack_from("!H", body)[0]):
        end = body.index(b"\0", at)
        _, _, type_oid, _, _, form = struct.unpack_from("!ihihih", body, end + 1)
        found.append((body[at:end].decode(), type_oid, form))
        at = end + 19
    assert at == len(body)
    return found


def tags(answers: Sequence[Answer]) -> list[str]:
    return [body[:-1].decode() for body in bodies(answers, "C")]


def status(answers: Sequence[Answer]) -> str:
    kind, body = answers[-1]
    assert kind == "Z"
    return body.decode()


def error_fields(answers: Sequence[Answer]) -> Mapping[str, str]:
    """Return the fields of the one ErrorResponse."""
    (body,) = bodies(answers, "E")
    return {part[:1].decode(): part[1:].decode() for part in body.split(b"\0") if part}


def _shorts(numbers: Sequence[int]) -> bytes:
    return struct.pack(f"!H{len(numbers)}h", len(numbers), *numbers)
