"""Bodies of a client's messages in, their fields out; facts in, the server's messages out.

PostgreSQL's protocol 3.0: a kind (1 byte), a length that counts itself (4 bytes, big-endian), a
body. Texts are UTF-8 and end with a zero byte.
"""

import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from local.warehouse.error import WarehouseError
from local.warehouse.outcome import Column

_INT16: Final = struct.Struct("!h")
_INT32: Final = struct.Struct("!i")
_COLUMN: Final = struct.Struct("!ihihih")

PROTOCOL: Final = 3 << 16  # 3.0
AUTHENTICATION_OK: Final = b"R\x00\x00\x00\x08\x00\x00\x00\x00"
ASK_FOR_PASSWORD: Final = b"R\x00\x00\x00\x08\x00\x00\x00\x03"  # in clear text
PARSE_COMPLETE: Final = b"1\x00\x00\x00\x04"
BIND_COMPLETE: Final = b"2\x00\x00\x00\x04"
CLOSE_COMPLETE: Final = b"3\x00\x00\x00\x04"
NO_DATA: Final = b"n\x00\x00\x00\x04"
PORTAL_SUSPENDED: Final = b"s\x00\x00\x00\x04"
EMPTY_QUERY: Final = b"I\x00\x00\x00\x04"


class Body:
    """The body of a client's message, read field by field; raises WarehouseError 08P01."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def int16(self) -> int:
        return int(_INT16.unpack(self.take(2))[0])

    def int32(self) -> int:
        return int(_INT32.unpack(self.take(4))[0])

    def count(self) -> int:
        """Return a number of things that follow: 0 to 65,535."""
        return self.int16() & 0xFFFF

    def text(self) -> str:
        end = self._data.find(b"\0", self._at)
        if end < 0:
            raise malformed("a text without its end")
        data = self._data[self._at : end]
        self._at = end + 1
        return decode_text(data)

    def take(self, count: int) -> bytes:
        if count < 0 or self._at + count > len(self._data):
            raise malformed("fewer bytes than it says")
        data = self._data[self._at : self._at + count]
        self._at += count
        return data

    def end(self) -> None:
        if self._at != len(self._data):
            raise malformed("more bytes than it says")


def malformed(what: str) -> WarehouseError:
    return WarehouseError("08P01", f"reading a message: {what}")


def decode_text(data: bytes) -> str:
    """Return text; raise WarehouseError 22021 for what is not UTF-8."""
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise WarehouseError(
            "22021", f'invalid byte sequence for encoding "UTF8": 0x{data[error.start]:02x}'
        ) from error


def message(kind: bytes, body: bytes) -> bytes:
    return kind + _INT32.pack(len(body) + 4) + body


def ready_for_query(status: str) -> bytes:
    """Return the end of an answer; status I: idle, T: in a transaction, E: in a failed one."""
    return b"Z\x00\x00\x00\x05" + status.encode()


def command_complete(tag: str) -> bytes:
    return message(b"C", _text(tag))


def parameter_status(name: str, value: str) -> bytes:
    return message(b"S", _text(name) + _text(value))


def backend_key(pid: int, secret: int) -> bytes:
    return message(b"K", struct.pack("!iI", pid, secret))


def protocol_offer(refused_options: Sequence[str]) -> bytes:
    """Return what a client of a newer minor version is told: 3.0 is spoken, without its options."""
    names = b"".join(map(_text, refused_options))
    return message(b"v", _INT32.pack(PROTOCOL) + _INT32.pack(len(refused_options)) + names)


def parameter_description(oids: Sequence[int]) -> bytes:
    return message(b"t", struct.pack(f"!H{len(oids)}i", len(oids), *oids))


def row_description(columns: Sequence[Column], formats: Iterable[int]) -> bytes:
    """Return names, types and formats (0: text, 1: binary) of the columns that follow."""
    body = bytearray(_INT16.pack(len(columns)))
    for column, form in zip(columns, formats, strict=True):
        body += _text(column.name)
        body += _COLUMN.pack(0, 0, column.oid, column.size, column.modifier, form)
    return message(b"T", bytes(body))


def error_response(error: WarehouseError, severity: str = "ERROR") -> bytes:
    """Return an error's fields; clients need the SQLSTATE (C), people the hint (H)."""
    fields = {
        "S": severity,
        "V": severity,
        "C": error.sqlstate,
        "M": error.message,
        "D": error.detail,
        "H": error.hint,
        "P": "" if error.position is None else str(error.position),
    }
    return message(b"E", _fields(fields) + b"\0")


def _fields(fields: Mapping[str, str]) -> bytes:
    return b"".join(name.encode() + _text(value) for name, value in fields.items() if value)


def _text(value: str) -> bytes:
    """Return a text with its end; a zero byte inside would end it early."""
    return value.encode(errors="replace").replace(b"\0", b"?") + b"\0"
