"""A record of the stream in, the records that a delivery stream works on out: KPL taken apart."""

from collections.abc import Iterator

import msgspec

from core.kpl import MAGIC, user_records
from local.mapping.source import StreamRecord


class SourceRecord(msgspec.Struct, frozen=True, gc=False):
    """One record, or one user record of an aggregate (C6); times in epoch milliseconds.

    `closes`: with it everything of its Kinesis record is there, so the position may pass it.
    """

    sequence_number: int
    subsequence: int
    arrival_ms: int
    partition_key: str
    data: bytes
    closes: bool


def source_records(record: StreamRecord) -> Iterator[SourceRecord]:
    """Yield an ordinary record as it is, an aggregate's user records in their order (C6).

    An aggregate of nothing yields nothing. User records go by the partition key of the whole.
    """
    aggregated = record.data.startswith(MAGIC)  # else no digest need be made
    parts = user_records(record.data) if aggregated else None
    if parts is None:
        parts = [record.data]
    for subsequence, data in enumerate(parts):
        yield SourceRecord(
            record.sequence_number,
            subsequence,
            record.arrival_ms,
            record.partition_key,
            data,
            subsequence == len(parts) - 1,
        )
