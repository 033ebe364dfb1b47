"""A shard and two sequence numbers in, the records between them that are still retained, out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from core.errors import ServiceRefused
from core.service_error import code_of
from local.stream_witness import THROTTLED

_GONE: Final = ("InvalidArgumentException", "ResourceNotFoundException")
_PAGE_RECORDS: Final = 1_000
_PAUSE_MS: Final = 250  # a shard gives five reads a second (A28)
_THROTTLES_MAX: Final = 240  # in a row: a minute


@dataclass(frozen=True, slots=True)
class RangeRecord:
    """A record as the mapping had it."""

    sequence_number: int
    arrival_ms: int
    partition_key: str
    data: bytes


def read_range(
    client: Any, stream: str, shard_id: str, first: int, last: int, *, wait: Callable[[int], None]
) -> list[RangeRecord]:
    """Return the records from `first` to `last`, both included; fewer, or none, once they expire.

    Raise ServiceRefused where the shard cannot be read for a minute.
    """
    iterator = _iterator(client, stream, shard_id, first)
    found: list[RangeRecord] = []
    throttles = 0
    while iterator is not None:
        try:
            page = client.get_records(ShardIterator=iterator, Limit=_PAGE_RECORDS)
        except Exception as error:
            throttles += 1
            if code_of(error) != THROTTLED:
                raise
            if throttles > _THROTTLES_MAX:
                raise ServiceRefused("reading stream: throttled for a minute") from error
            wait(_PAUSE_MS)
            continue
        throttles = 0
        for record in page["Records"]:
            number = int(record["SequenceNumber"])
            if number > last:
                return found
            if number >= first:
                arrived = record["ApproximateArrivalTimestamp"]
                arrival_ms = round(arrived.timestamp() * 1000)
                key, data = record["PartitionKey"], record["Data"]
                found.append(RangeRecord(number, arrival_ms, key, data))
        if found and found[-1].sequence_number == last:
            return found
        at_tip = not page["Records"] and not page.get("MillisBehindLatest", 0)
        iterator = None if at_tip else page.get("NextShardIterator")
    return found


def _iterator(client: Any, stream: str, shard_id: str, first: int) -> str | None:
    """Return where to read from; None where the shard, or the stream that had it, is gone."""
    try:
        reply = client.get_shard_iterator(
            StreamName=stream,
            ShardId=shard_id,
            ShardIteratorType="AT_SEQUENCE_NUMBER",
            StartingSequenceNumber=str(first),
        )
    except Exception as error:
        if code_of(error) not in _GONE:
            raise
        return None
    return str(reply["ShardIterator"])
