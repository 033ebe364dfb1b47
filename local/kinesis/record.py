"""What the engine's own readers get out of a stream: records, a read's answer, a shard's place."""

from typing import NamedTuple

import msgspec


class StoredRecord(msgspec.Struct, frozen=True, gc=False):
    """A record as it stands on disk; sequence numbers are compared as integers (A22)."""

    sequence_number: int
    arrival_ms: int
    partition_key: str
    data: bytes


class ReadResult(NamedTuple):
    """What one read brought; `shard_end` says that nothing will ever lie beyond it."""

    records: list[StoredRecord]
    millis_behind_latest: int
    shard_end: bool


class ShardView(NamedTuple):
    """A shard and the ids of the shards that it came from."""

    shard_id: str
    parents: tuple[str, ...]
    closed: bool
    starting_sequence: int
    ending_sequence: int | None
