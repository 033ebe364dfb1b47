"""Records of a Lambda event in, what a trend looks at out: who voted for what, and when it came.

Trends look at what arrives, before any verdict, and decode of a vote only what they use. A line
that cannot be read is no vote here; the ledger, not the trend, accounts for it.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any, Final, NamedTuple

import msgspec

from core import kpl
from core.record import STAMP_START
from core.vote import POLL_PATTERN, UNKNOWN_REGION, DeviceId, Poll, Region

_BAD: Final = (msgspec.DecodeError, ValueError, RecursionError)
_poll: Final = attrgetter("poll")


class Glance(msgspec.Struct, frozen=True, gc=False):
    """What a trend looks at in a vote."""

    poll: Poll
    device_id: DeviceId
    colour: str
    region: Region = UNKNOWN_REGION


class Heard(NamedTuple):
    """The votes for one poll in one record; `second` is that of its arrival."""

    sequence: int
    second: int
    votes: list[Glance]


_decoder: Final = msgspec.json.Decoder(Glance)


def hear(records: Sequence[Mapping[str, Any]]) -> dict[str, list[Heard]]:
    """Return what records hold, by poll, in their order; any bytes whatever."""
    heard: dict[str, list[Heard]] = {}
    for record in records:
        kinesis = record["kinesis"]
        sequence = int(kinesis["sequenceNumber"])
        second = int(float(kinesis["approximateArrivalTimestamp"]))
        data = msgspec.convert(kinesis["data"], bytes)  # base64, five times as fast as binascii
        for poll, votes in _by_poll(read_glances(data)):
            if POLL_PATTERN.fullmatch(poll):
                heard.setdefault(poll, []).append(Heard(sequence, second, votes))
    return heard


def _by_poll(votes: list[Glance]) -> list[tuple[str, list[Glance]]]:
    polls = set(map(_poll, votes))
    if len(polls) == 1:
        return [(polls.pop(), votes)]
    return [(poll, list(mine)) for poll, mine in groupby(sorted(votes, key=_poll), _poll)]


def read_glances(data: bytes) -> list[Glance]:
    """Return the votes of a record: lines, stamped or not, or an aggregate of the KPL."""
    parts = kpl.user_records(data) if data.startswith(kpl.MAGIC) else None
    if parts is None:
        return _read_lines(data)
    return [vote for part in parts for vote in _read_lines(part)]


def _read_lines(data: bytes) -> list[Glance]:
    body = data.partition(b"\n")[2] if data.startswith(STAMP_START) else data
    try:
        return _decoder.decode_lines(body)
    except _BAD:
        return [vote for line in body.split(b"\n") if (vote := _read_line(line)) is not None]


def _read_line(line: bytes) -> Glance | None:
    try:
        return _decoder.decode(line)
    except _BAD:
        return None
