"""Bytes of a Kinesis record in, its payloads and their lines out; any bytes whatever.

A payload is one or more lines, one JSON vote a line. Line 1 may be a stamp, which names the batch:
`{"batch":{"v":1,"producer":"...","lane":7,"number":41,"votes":300,"lanes":32}}`. A KPL-aggregated
record holds several payloads.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, NamedTuple

import msgspec

from core import kpl, limits
from core.verdict import Reason
from core.vote import REQUIRED_FIELDS, Vote

STAMP_START: Final = b'{"batch":'
_BAD: Final = (msgspec.DecodeError, ValueError, RecursionError)


class Stamp(msgspec.Struct, frozen=True, kw_only=True):
    """Whose batch a payload is. The votes of a stamped batch appear in no other batch."""

    v: Literal[1]
    producer: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._-]{1,64}\Z")]
    lane: Annotated[int, msgspec.Meta(ge=0, lt=limits.LANES_MAX)]
    number: Annotated[int, msgspec.Meta(ge=1, le=2**53)]
    votes: Annotated[int, msgspec.Meta(ge=1)]
    lanes: Annotated[int, msgspec.Meta(ge=1, le=limits.LANES_MAX)] = limits.LANES


class _StampLine(msgspec.Struct, frozen=True):
    batch: Stamp


class Line(NamedTuple):
    """One line of a payload: a vote, or the reason it is none. `number` counts from 1."""

    number: int
    raw: bytes
    vote: Vote | None
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class Payload:
    """What one user put into one record (or one part of a KPL aggregate).

    `stamp` is None for unstamped lines; `broken` is why the payload as a whole is parked, if it is.
    `body` holds the vote lines, of which the first is line `first_line`; `votes` are all of them
    where each is plainly a vote.
    """

    subsequence: int
    stamp: Stamp | None
    broken: Reason | None
    body: bytes
    first_line: int
    votes: list[Vote] | None = None


_vote_decoder = msgspec.json.Decoder(Vote)
_stamp_decoder = msgspec.json.Decoder(_StampLine)
_any_decoder = msgspec.json.Decoder()
_PLAIN_LINE: Final = b"{}\n"
_NOT_STRUCTURE: Final = bytes(sorted(set(range(256)) - set(b"{}[\\\n")))


def encode_stamp(stamp: Stamp) -> bytes:
    """Return the stamp's line, newline included."""
    return msgspec.json.encode(_StampLine(stamp)) + b"\n"


def read_stamp(line: bytes) -> Stamp | None:
    """Return the stamp that a line is, None for one that is none."""
    try:
        return _stamp_decoder.decode(line).batch
    except _BAD:
        return None


def read_payloads(data: bytes) -> list[Payload]:
    """Take a record apart. Total: any bytes give at least one payload; clauses A51-A53.

    But for an aggregate of no user records, which holds nothing that anybody has sent: KCL and
    Firehose hand out nothing of it either.
    """
    parts = kpl.user_records(data) if data.startswith(kpl.MAGIC) else None
    if parts is None:
        return [read_payload(data, 0)]
    return [read_payload(part, index) for index, part in enumerate(parts)]


def read_payload(data: bytes, subsequence: int) -> Payload:
    """Read the stamp, if there is one; one that is wrong, or not on line 1, breaks the payload."""
    if b"\n" + STAMP_START in data:
        return Payload(subsequence, None, Reason.BAD_STAMP, data, 1)
    if not data.startswith(STAMP_START):
        return Payload(subsequence, None, None, data, 1)
    head, _, body = data.partition(b"\n")
    stamp = read_stamp(head)
    if stamp is None:
        return Payload(subsequence, None, Reason.BAD_STAMP, data, 1)
    votes = read_votes(body)
    lines = count_lines(body) if votes is None else len(votes)
    if stamp.lane >= stamp.lanes or stamp.votes != lines:
        return Payload(subsequence, None, Reason.BAD_STAMP, data, 1)
    return Payload(subsequence, stamp, None, body, 2, votes)


def payload_lines(payload: Payload) -> list[Line]:
    """Return every line of a payload that holds something; both paths take it apart here.

    A broken payload has the same reason on each line. One that holds nothing is one parked line:
    every record leaves a trace in the ledger.
    """
    first, body = payload.first_line, payload.body
    if payload.broken is None:
        lines = list(read_lines(body, first))
    else:
        raws = enumerate(body.split(b"\n"), first)
        lines = [Line(number, raw, None, payload.broken) for number, raw in raws if raw.strip()]
    return lines or [Line(first, body, None, payload.broken or Reason.NOT_JSON)]


def count_lines(body: bytes) -> int:
    """Return how many lines hold something."""
    return len(list(filter(bytes.strip, body.split(b"\n"))))


def read_votes(body: bytes) -> list[Vote] | None:
    """Return the votes of a body whose every line is plainly a vote, else None: the fast path.

    The answer is None wherever it could differ from `read_lines`: of braces, brackets, escapes and
    newlines there must be one pair of braces a line and nothing else, so that there is no nesting,
    and each vote has a line of its own. One pass over the bytes says so.
    """
    try:
        votes = _vote_decoder.decode_lines(body)
    except _BAD:
        return None
    if not votes or body.translate(None, _NOT_STRUCTURE) != _PLAIN_LINE * len(votes):
        return None
    return None if _has_long_line(body) else votes


def _has_long_line(body: bytes) -> bool:
    """Return whether a line is longer than allowed, hopping from newline to newline."""
    start = 0
    while len(body) - start > limits.VOTE_LINE_BYTES_MAX:
        start = body.rfind(b"\n", start, start + limits.VOTE_LINE_BYTES_MAX + 1) + 1
        if start == 0:
            return True
    return False


def read_lines(body: bytes, first_line: int) -> Iterator[Line]:
    """Yield every line that holds something, each with its vote or its reason."""
    for number, raw in enumerate(body.split(b"\n"), first_line):
        if raw.strip():
            yield _read_line(number, raw)


def _brackets(raw: bytes) -> int:
    return raw.count(b"{") + raw.count(b"[")


def _read_line(number: int, raw: bytes) -> Line:
    if len(raw) > limits.VOTE_LINE_BYTES_MAX:
        return Line(number, raw, None, Reason.OVERSIZE)
    if _brackets(raw) > limits.VOTE_BRACKETS_MAX:
        return Line(number, raw, None, Reason.BAD_VALUE)
    try:
        return Line(number, raw, _vote_decoder.decode(raw), None)
    except msgspec.ValidationError:
        return Line(number, raw, None, _why_no_vote(raw))
    except _BAD:
        return Line(number, raw, None, Reason.NOT_JSON)


def _why_no_vote(raw: bytes) -> Reason:
    """Name what is wrong with JSON that is no vote: version, then absence, then value."""
    try:
        value: Any = _any_decoder.decode(raw)
    except _BAD:
        return Reason.NOT_JSON
    if not isinstance(value, dict):
        return Reason.BAD_VALUE
    if value.get("v", 1) != 1:
        return Reason.BAD_VERSION
    if any(name not in value for name in REQUIRED_FIELDS):
        return Reason.MISSING_FIELD
    return Reason.BAD_VALUE
