"""One record of a Kinesis event in, its place in the stream and when it arrived there out."""

from collections.abc import Mapping
from typing import Any


def shard_of(record: Mapping[str, Any]) -> str:
    """Return the shard of a record: its event's ID is `shard:sequence number` (B14)."""
    return str(record["eventID"]).partition(":")[0]


def arrival_ms_of(record: Mapping[str, Any]) -> int:
    """Return when a record arrived at the stream, in whole milliseconds (B14)."""
    return round(float(record["kinesis"]["approximateArrivalTimestamp"]) * 1000)
