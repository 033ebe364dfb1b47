"""An object of parked lines in (processors/park.py), its entries out."""

from base64 import b64decode
from typing import Final

import msgspec

from core import kpl
from core.record import STAMP_START, count_lines
from core.verdict import Reason
from local.recovery.entry import WHOLE, Entry, ParkedEntry
from processors.park import PREFIX as FOLDER

PREFIX: Final = f"{FOLDER}/"


class _Line(msgspec.Struct, frozen=True):
    line: int
    poll: str
    reason: str


class _Parked(msgspec.Struct, frozen=True, kw_only=True):
    partition_key: str
    arrived_at: int
    subsequence: int
    lines: list[_Line]
    data: str


_decoder = msgspec.json.Decoder(_Parked)


def read_parked_lines(key: str, body: bytes) -> list[Entry]:
    """Return the lines of an object, in its order; raise ValueError for one that is no such.

    A record is one entry where all of it was parked before its stamp was believed: a stamp that
    is wrong, or code of ours that failed before it read one.
    """
    try:
        parked = _decoder.decode(body)
        record = b64decode(parked.data, validate=True)
    except (msgspec.MsgspecError, ValueError) as error:
        raise ValueError(f"no parked record: {error}") from error
    reasons = {line.reason for line in parked.lines}
    unread = Reason.HANDLER_ERROR in reasons and any(line.line == 1 for line in parked.lines)
    if unread and record.startswith((STAMP_START, kpl.MAGIC)):
        return [_entry(key, WHOLE, Reason.HANDLER_ERROR, record, parked, record)]
    parts = kpl.user_records(record) if record.startswith(kpl.MAGIC) else None
    try:
        data = record if parts is None else parts[parked.subsequence]
        if Reason.BAD_STAMP in reasons:
            return [_entry(key, WHOLE, Reason.BAD_STAMP, data, parked, data)]
        raws = data.split(b"\n")
        return [
            _entry(key, line.line, line.reason, raws[line.line - 1], parked, data, line.poll)
            for line in parked.lines
        ]
    except IndexError as error:
        raise ValueError("no parked record: it has fewer lines than are parked") from error


def _entry(
    key: str,
    number: int,
    reason: str,
    data: bytes,
    parked: _Parked,
    record: bytes,
    poll: str = "",
) -> Entry:
    where = f"poll {poll}" if poll and poll != "-" else ""
    lines = f"{count_lines(record)} lines" if number == WHOLE else f"line {number}"
    return ParkedEntry(
        key=key,
        number=number,
        kind="parked",
        reason=reason,
        arrival_ms=parked.arrived_at,
        data=data,
        detail=", ".join(filter(None, (lines, where))),
        partition_key=parked.partition_key,
    )
