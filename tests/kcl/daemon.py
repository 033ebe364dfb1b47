"""Kinesis records in, the calls of a KCL daemon that read them out, and the positions it saved."""

import base64
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from amazon_kclpy.checkpoint_error import CheckpointError

from core import kpl

SHARD = "shardId-000000000000"


@dataclass(frozen=True, slots=True)
class UserRecord:
    """What amazon_kclpy calls a record."""

    sequence_number: str
    sub_sequence_number: int
    partition_key: str
    timestamp_millis: int
    binary_data: bytes


def user_records(records: Iterable[dict[str, Any]]) -> list[UserRecord]:
    """Return the records of a Lambda event as the daemon takes them apart (A51 to A53)."""
    found: list[UserRecord] = []
    for record in records:
        kinesis = record["kinesis"]
        data = base64.b64decode(kinesis["data"])
        parts = kpl.user_records(data)
        for index, part in enumerate([data] if parts is None else parts):
            arrival_ms = round(kinesis["approximateArrivalTimestamp"] * 1000)
            key = kinesis["partitionKey"] if parts is None else f"part-{index}"
            found.append(UserRecord(kinesis["sequenceNumber"], index, key, arrival_ms, part))
    return found


@dataclass(slots=True)
class Checkpointer:
    """Saves positions; `refusals` are given in their order first, one a call."""

    refusals: deque[str | Exception | None] = field(default_factory=deque)
    asked: list[tuple[str | None, int | None]] = field(default_factory=list)
    saved: list[tuple[str | None, int | None]] = field(default_factory=list)
    before: Callable[[], None] = lambda: None

    def checkpoint(
        self, sequence_number: str | None = None, sub_sequence_number: int | None = None
    ) -> None:
        self.before()
        position = (sequence_number, sub_sequence_number)
        self.asked.append(position)
        refusal = self.refusals.popleft() if self.refusals else None
        if isinstance(refusal, Exception):
            raise refusal
        if refusal is not None:
            raise CheckpointError(refusal)
        self.saved.append(position)

    def beyond(self, records: Iterable[UserRecord]) -> list[UserRecord]:
        """Return the records that a new owner of the lease gets: those after the last position."""
        if not self.saved:
            return list(records)
        sequence_number, sub = self.saved[-1]
        assert sequence_number is not None, "a shard that has ended has no new owner"
        last = (int(sequence_number), sub)
        return [
            record
            for record in records
            if (int(record.sequence_number), record.sub_sequence_number) > last
        ]


@dataclass(frozen=True, slots=True)
class Call:
    """What comes with any of the daemon's calls."""

    checkpointer: Checkpointer
    records: list[UserRecord] = field(default_factory=list)
    shard_id: str = SHARD
