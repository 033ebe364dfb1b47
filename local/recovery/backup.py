"""An object of the source backup in, its records again out, as far as they can be told apart.

The backup is the records' bytes, one behind the other, with nothing between them (C14, C32). A
stamp says how many lines follow, so a batch of ours comes out as it went in. Other lines come out
one by one: which of them shared a record is not known.
"""

import json
from collections.abc import Iterator
from typing import Final, NamedTuple

from core.record import STAMP_START, Stamp, read_stamp

_decoder: Final = json.JSONDecoder()
_BETWEEN: Final = b"}{"


class BackupRecord(NamedTuple):
    """A batch with its stamp, or a line that came without one; `ordinal` counts from 0."""

    ordinal: int
    stamp: Stamp | None
    data: bytes


def read_backup(body: bytes) -> Iterator[BackupRecord]:
    """Yield the records in their order. A batch cut short by the next stamp is yielded as it is.

    Records that held nothing but white space left nothing to see.
    """
    ordinal = 0
    stamp: Stamp | None = None
    held: list[bytes] = []
    for piece in _pieces(body):
        started = read_stamp(piece) if piece.startswith(STAMP_START) else None
        if stamp is not None and (started is not None or len(held) > stamp.votes):
            yield BackupRecord(ordinal, stamp, b"\n".join(held) + b"\n")
            ordinal += 1
            stamp = None
        if started is not None:
            stamp, held = started, [piece]
        elif stamp is not None:
            held.append(piece)
        else:
            yield BackupRecord(ordinal, None, piece + b"\n")
            ordinal += 1
    if stamp is not None:
        yield BackupRecord(ordinal, stamp, b"\n".join(held) + b"\n")


def _pieces(body: bytes) -> Iterator[bytes]:
    """Yield lines, cut where a record without a newline at its end meets the next one."""
    for line in body.split(b"\n"):
        start = line.rfind(STAMP_START)
        if start > 0 and read_stamp(line[start:]) is not None:
            yield from _values(line[:start])
            yield line[start:]
        else:
            yield from _values(line)


def _values(line: bytes) -> list[bytes]:
    """Return the JSON objects that share a line; a line that is anything else stays whole."""
    if not line.strip():
        return []
    if _BETWEEN not in line:
        return [line]
    text = line.decode("latin-1")  # a character a byte: only borders are looked for
    values: list[bytes] = []
    start = 0
    while start < len(text):
        try:
            value, end = _decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            return [line]
        if not isinstance(value, dict):
            return [line]
        values.append(line[start:end])
        start = end
    return values
