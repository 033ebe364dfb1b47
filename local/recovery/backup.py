"""An object of the source backup in, its records again out, as far as they can be told apart.

The backup is the records' bytes, one behind the other, with nothing between them (C14, C32). A
stamp says how many lines follow, so a batch of ours comes out as it went in. Other lines come out
one by one: which of them shared a record is not known.
"""

import json
from collections.abc import Iterator
from typing import Final, NamedTuple

from core.record import STAMP_START, Stamp, read_stamp

FAILURES_MAX: Final = 100  # brackets of a line that begin no object: then the rest is garbage
_BETWEEN: Final = b"}{"
_decoder: Final = json.JSONDecoder()


class BackupRecord(NamedTuple):
    """A batch with its stamp, or a line that came without one; `ordinal` counts from 0.

    `parts` are what a line may be made of: records without a newline at their end, which met in
    it. A line that is one JSON object, or nothing but garbage, has itself as its only part. `part`
    tells those records from one another once somebody believes in them.
    """

    ordinal: int
    stamp: Stamp | None
    data: bytes
    parts: tuple[bytes, ...] = ()
    part: int = 0


def read_backup(body: bytes) -> Iterator[BackupRecord]:
    """Yield the records in their order. A batch cut short by the next stamp is yielded as it is.

    Records that held nothing but white space left nothing to see.
    """
    ordinal = 0
    stamp: Stamp | None = None
    held: list[bytes] = []
    for line in _lines(body):
        started = read_stamp(line) if line.startswith(STAMP_START) else None
        whole = stamp is not None and len(held) > stamp.votes
        if stamp is not None and (started is not None or whole):
            yield BackupRecord(ordinal, stamp, b"\n".join(held) + b"\n")
            ordinal += 1
            stamp = None
        if started is not None:
            stamp, held = started, [line]
        elif stamp is None:
            yield BackupRecord(ordinal, None, line + b"\n", tuple(parts_of(line)))
            ordinal += 1
        else:
            own, rest = _shared(line) if len(held) == stamp.votes else (line, b"")
            held.append(own)
            if rest:
                yield BackupRecord(ordinal, stamp, b"\n".join(held) + b"\n")
                yield BackupRecord(ordinal + 1, None, rest + b"\n", tuple(parts_of(rest)))
                ordinal += 2
                stamp = None
    if stamp is not None:
        yield BackupRecord(ordinal, stamp, b"\n".join(held) + b"\n")


def parts_of(line: bytes) -> list[bytes]:
    """Return the JSON objects in a line and what stands between them, in their order."""
    text = line.decode("latin-1")  # a character a byte: only borders are looked for
    parts: list[bytes] = []
    start = garbage = failures = 0
    while failures < FAILURES_MAX and (start := text.find("{", start)) >= 0:
        try:
            _, end = _decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            failures += 1
            start += 1
            continue
        parts += [line[garbage:start], line[start:end]]
        start = garbage = end
    parts.append(line[garbage:])
    return [part for part in parts if part.strip()]


def _shared(line: bytes) -> tuple[bytes, bytes]:
    """Return what is a batch's own of its last line, which may lack its newline, and the rest."""
    parts = parts_of(line) if _BETWEEN in line else [line]
    return (parts[0], line[len(parts[0]) :]) if len(parts) > 1 else (line, b"")


def _lines(body: bytes) -> Iterator[bytes]:
    """Yield lines that hold something; a stamp begins one, wherever it stands."""
    for line in body.split(b"\n"):
        start = line.rfind(STAMP_START)
        if start > 0 and read_stamp(line[start:]) is not None:
            yield from (part for part in (line[:start], line[start:]) if part.strip())
        elif line.strip():
            yield line
