"""One record in, its rows as JSON lines out: pure, and fast for good votes.

Every row fits `sql/ddl/landing.sql`, whatever came in: one bad row must never fail a COPY. What
no column can hold is left out of the row and stands in `raw`.
"""

from binascii import b2a_base64
from collections.abc import Iterator
from itertools import islice
from operator import attrgetter
from typing import Final, NamedTuple

import msgspec

from core.limits import VOTED_AT_MS_MAX
from core.record import Line, Payload, payload_lines, read_payload, read_votes
from core.row import TRANSFORM_VERSION, Row
from core.verdict import judge_alone, judge_time
from core.vote import POLL_PATTERN, KnownVote, canonical_colour, fits_palette
from firehose_transforms import limits
from firehose_transforms.extra import extra_of
from firehose_transforms.source_record import SourceRecord

_poll: Final = attrgetter("poll")
_colour: Final = attrgetter("colour")
_time: Final = attrgetter("voted_at")
NO_COLOUR: Final = ""  # no palette holds it: the merge parks the vote, its colour is in `raw`


class RowLines(NamedTuple):
    """Rows as JSON lines, each with its newline; how many there are, and how many are parked."""

    data: bytes
    rows: int
    parked: int


_encoder = msgspec.json.Encoder()
_known_decoder = msgspec.json.Decoder(KnownVote)


def row_lines(record: SourceRecord) -> Iterator[RowLines]:
    """Yield the rows of a record, one for each of its lines, some thousand at a time.

    What needs no context is judged, by the functions the live path uses, in their order; poll,
    palette and closing time are judged in the merge. There is always at least one row.
    """
    payload = read_payload(record.data, record.subsequence)
    rows = _plain_rows(record, payload)
    if rows is not None:
        yield RowLines(_encoder.encode_lines(rows), len(rows), 0)
        return
    lines = iter(payload_lines(payload))
    while chunk := list(islice(lines, limits.CHUNK_ROWS)):
        rows = [_row(record, payload, line) for line in chunk]
        parked = sum(row.parked_reason is not None for row in rows)
        yield RowLines(_encoder.encode_lines(rows), len(rows), parked)


def _plain_rows(record: SourceRecord, payload: Payload) -> list[Row] | None:
    """Return the rows of votes of which none is parked or odd; None when one might be.

    Such a body has no escapes and no nesting (`read_votes`): no text in it holds a NUL.
    """
    votes = payload.votes
    if votes is None and payload.stamp is None and payload.broken is None:
        votes = read_votes(payload.body)
    if not votes:
        return None
    times = set(map(_time, votes))
    if judge_time(min(times), record.arrival_ms) or judge_time(max(times), record.arrival_ms):
        return None
    colours = {colour: canonical_colour(colour) for colour in set(map(_colour, votes))}
    if not all(map(fits_palette, colours.values())):
        return None
    if not all(map(POLL_PATTERN.fullmatch, set(map(_poll, votes)))):
        return None
    try:
        _known_decoder.decode_lines(payload.body)
    except (msgspec.DecodeError, ValueError):
        return None  # some have other members, perhaps of names that are no text
    stamp = payload.stamp
    producer, lane, number = (stamp.producer, stamp.lane, stamp.number) if stamp else (None,) * 3
    _data, arrived_at, sequence_number, subsequence = record
    return [
        Row(
            arrived_at=arrived_at,
            sequence_number=sequence_number,
            subsequence=subsequence,
            line=line,
            transform_version=TRANSFORM_VERSION,
            producer=producer,
            lane=lane,
            number=number,
            poll=vote.poll,
            device_id=vote.device_id,
            seq=vote.seq,
            colour=colours[vote.colour],
            voted_at=vote.voted_at,
            region=vote.region,
        )
        for line, vote in enumerate(votes, payload.first_line)
    ]


def _row(record: SourceRecord, payload: Payload, line: Line) -> Row:
    vote, stamp = line.vote, payload.stamp
    reason = line.reason if vote is None else judge_alone(vote, record.arrival_ms)
    colour = canonical_colour(vote.colour) if vote else NO_COLOUR
    whole = reason is None and fits_palette(colour)  # the columns say all that the line said
    return Row(
        arrived_at=record.arrival_ms,
        sequence_number=record.sequence_number,
        subsequence=record.subsequence,
        line=line.number,
        transform_version=TRANSFORM_VERSION,
        producer=stamp.producer if stamp else None,
        lane=stamp.lane if stamp else None,
        number=stamp.number if stamp else None,
        poll=vote.poll if vote and POLL_PATTERN.fullmatch(vote.poll) else None,
        device_id=_text(vote.device_id) if vote else None,
        seq=vote.seq if vote else None,
        colour=(colour if fits_palette(colour) else NO_COLOUR) if vote else None,
        voted_at=vote.voted_at if vote and 0 <= vote.voted_at <= VOTED_AT_MS_MAX else None,
        region=_text(vote.region) if vote else None,
        extra=extra_of(line.raw) if whole else None,
        parked_reason=reason,
        raw=None if whole else _base64(line.raw),
    )


def _text(text: str) -> str | None:
    """Return what a text column can hold: no NUL. Decoding has seen to length and surrogates."""
    return None if "\0" in text else text


def _base64(raw: bytes) -> str:
    return b2a_base64(raw[: limits.RAW_BYTES_MAX], newline=False).decode()
