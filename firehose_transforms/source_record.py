"""A record of a Firehose event in, its bytes and its place in the stream out (C18 to C20)."""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec

from firehose_transforms import limits

_SEQUENCE_NUMBER: Final = re.compile(r"[0-9A-Za-z-]{1,128}")


class SourceRecord(NamedTuple):
    """One record of the stream, or one part of a KPL aggregate, which Firehose took apart (C6)."""

    data: bytes
    arrival_ms: int
    sequence_number: str
    subsequence: int


def read_record(record: Mapping[str, Any]) -> SourceRecord:
    """Read one record of the event; raise KeyError or ValueError where its place is not known.

    Numbers may come as text: many type libraries say so (C20).
    """
    place = record["kinesisRecordMetadata"]
    sequence_number = str(place["sequenceNumber"])
    if not _SEQUENCE_NUMBER.fullmatch(sequence_number):
        raise ValueError(f"reading a record: {sequence_number[:200]!r} is no sequence number")
    arrival_ms = int(record["approximateArrivalTimestamp"])
    if not limits.ARRIVAL_MS_MIN <= arrival_ms <= limits.ARRIVAL_MS_MAX:
        raise ValueError(f"reading a record: it cannot have arrived at {arrival_ms}")
    subsequence = int(place["subsequenceNumber"])
    if not 0 <= subsequence < 2**31:
        raise ValueError(f"reading a record: {subsequence} is no subsequence number")
    data = msgspec.convert(record["data"], bytes)  # base64, strict, faster than binascii
    return SourceRecord(data, arrival_ms, sequence_number, subsequence)
