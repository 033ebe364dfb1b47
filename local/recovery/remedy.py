"""An entry and today's rules in, the way to recover it, or why it must stay as it is, out: pure.

docs/recovery.md has the table of cases, and the reason for each.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from core import limits
from core.lane import explicit_hash_key, partition_key
from core.poll import PollBook
from core.record import Payload, payload_lines, read_payload, read_payloads
from core.verdict import Reason
from firehose_transforms.limits import ANSWER_BYTES_MAX
from firehose_transforms.row_lines import row_lines
from firehose_transforms.source_record import SourceRecord
from local.recovery.entry import GONE, WHOLE, Entry, FailedDelivery, FailedRecord, ParkedEntry, Way
from processors.fold import judge_line

DAY_MS: Final = 86_400_000
NOT_LOADED: Final = "HistoryLoad=firehose loads no rows that Firehose did not deliver"
_ROWS_BYTES_MAX: Final = ANSWER_BYTES_MAX * 3 // 4  # in base64 they are larger


@dataclass(frozen=True, slots=True)
class Remedy:
    """What to do. `put` is the PutRecords entry where the way is the stream."""

    by: Way
    put: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refused:
    """Why nothing is done."""

    why: str


def remedy_of(
    entry: Entry, book: PollBook, *, by_stream: bool = False, rows_are_loaded: bool = True
) -> Remedy | Refused:
    """Return what to do with an entry now, `now` being when the rules were read.

    With `by_stream` a record that history lacks is put on the stream again, byte for byte, instead
    of being made into rows here. `rows_are_loaded` says whether anybody would load such rows.
    """
    match entry:
        case FailedRecord() if by_stream:
            return _put_again(entry, book)
        case FailedRecord() if not rows_are_loaded:
            return Refused(f"{NOT_LOADED}: use --by-stream")
        case FailedRecord():
            return _make_rows(entry)
        case FailedDelivery():
            return _hand_again(entry, book.read_ms)
        case ParkedEntry(number=number) if number == WHOLE:
            return _put_whole(entry, book)
        case ParkedEntry():
            return _put_line(entry, book)
    if entry.reason == GONE:
        return Refused(entry.detail)
    return Refused(f"the object cannot be read: {entry.detail}")


def _make_rows(entry: FailedRecord) -> Remedy | Refused:
    """Refine it here: its arrival stays, so the verdicts do, and no answer has to hold its rows."""
    try:
        for _ in row_lines(source_record(entry)):
            pass
    except Exception as error:  # what failed there may fail here, too
        return Refused(f"it still cannot be taken apart: {type(error).__name__}: {error}")
    return Remedy("rows")


def _put_again(entry: FailedRecord, book: PollBook) -> Remedy | Refused:
    """Put a batch again: the lane knows it, so that only history takes it, at its new arrival."""
    payload = read_payload(entry.data, 0)
    if payload.stamp is None:
        return Refused("without a stamp it would be a duplicate live, and a vote in history")
    age_ms = book.read_ms - entry.arrival_ms
    if age_ms > limits.LANE_IDLE_DAYS * DAY_MS:
        return Refused(f"older than {limits.LANE_IDLE_DAYS} days: its lane may be forgotten")
    for line in payload_lines(payload):
        then = judge_line(line, entry.arrival_ms, book)
        now = judge_line(line, book.read_ms, book)
        if then != now:
            return Refused(f"line {line.number} was {_said(then[1])} live, and now {_said(now[1])}")
    if sum(len(part.data) for part in row_lines(source_record(entry))) > _ROWS_BYTES_MAX:
        return Refused("its rows do not fit into an answer of the transform")
    return Remedy("stream", put_entry(entry.data, payload, ""))


def _hand_again(entry: FailedDelivery, now_ms: int) -> Remedy | Refused:
    """Hand the function the very record: place and arrival are the old ones, so all is exact.

    Refused once what was applied of it may be forgotten.
    """
    stamped = all(payload.stamp is not None for payload in read_payloads(entry.data))
    days = limits.LANE_IDLE_DAYS if stamped else limits.MARKER_DAYS
    if now_ms - entry.arrival_ms > days * DAY_MS:
        return Refused(f"older than {days} days: what is counted of it may be forgotten")
    return Remedy("function")


def _put_whole(entry: ParkedEntry, book: PollBook) -> Remedy | Refused:
    """Put a record of which nothing was believed again, byte for byte, once it is."""
    payloads = read_payloads(entry.data)
    if any(payload.broken for payload in payloads):
        return Refused(f"it would be parked again: {Reason.BAD_STAMP.value}")
    verdicts = [
        judge_line(line, book.read_ms, book)[1]
        for payload in payloads
        for line in payload_lines(payload)
    ]
    if None not in verdicts:
        reasons = sorted({reason.value for reason in verdicts if reason})
        return Refused(f"it would be parked again: {', '.join(reasons)}")
    if len(payloads) > 1:  # an aggregate goes by its own key
        return Remedy("stream", {"Data": entry.data, "PartitionKey": entry.partition_key})
    return Remedy("stream", put_entry(entry.data, payloads[0], entry.partition_key))


def _put_line(entry: ParkedEntry, book: PollBook) -> Remedy | Refused:
    """Put a line again, alone and without a stamp: its batch is done, and would bring nothing."""
    if entry.reason == Reason.IDENTITY_CONFLICT:
        return Refused("another vote of its identity was first")
    (line, *more) = payload_lines(read_payload(entry.data + b"\n", 0))
    assert not more, "an entry is one line"
    _, reason = judge_line(line, book.read_ms, book)
    if reason is not None:
        return Refused(f"it would be parked again: {reason.value}")
    put = {"Data": entry.data + b"\n", "PartitionKey": entry.partition_key}
    return Remedy("stream", put)


def source_record(entry: FailedRecord) -> SourceRecord:
    """Return the record as the transform takes it, under the name that its rows get."""
    return SourceRecord(entry.data, entry.arrival_ms, entry.sequence_number, 0)


def put_entry(data: bytes, payload: Payload, key: str) -> dict[str, Any]:
    """Return the PutRecords entry of a record: under its stamp's lane, else under `key`."""
    stamp = payload.stamp
    if stamp is None:
        return {"Data": data, "PartitionKey": key}
    return {
        "Data": data,
        "PartitionKey": partition_key(stamp.producer, stamp.lane),
        "ExplicitHashKey": explicit_hash_key(stamp.lane, stamp.lanes),
    }


def _said(reason: Reason | None) -> str:
    return reason.value if reason else "counted"
