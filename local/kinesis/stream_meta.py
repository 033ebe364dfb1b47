"""What a stream is, apart from its records: plain values, written to disk as one JSON file."""

from typing import Final

import msgspec

from local.kinesis.hash_range import HashRange
from local.kinesis.sequence import SequenceFormat

FILE_NAME: Final = "stream.json"


class ShardMeta(msgspec.Struct, frozen=True, kw_only=True):
    """A shard: open until `closed_ms` is set. Hash keys are text: JSON numbers end at 2^64."""

    index: int
    starting_hash: str
    ending_hash: str
    created_ms: int
    starting_counter: int
    parents: tuple[int, ...] = ()
    closed_ms: int | None = None
    ending_counter: int | None = None

    @property
    def hash_range(self) -> HashRange:
        return HashRange(int(self.starting_hash), int(self.ending_hash))

    @property
    def open(self) -> bool:
        return self.closed_ms is None


class StreamMeta(msgspec.Struct, frozen=True, kw_only=True):
    """A stream. Shards stand in the order of their index; expired ones are gone."""

    name: str
    created_ms: int
    second: int  # in every sequence number; no two live streams share it
    next_shard_index: int
    shards: tuple[ShardMeta, ...]
    retention_hours: int = 24
    floor_ms: int = 0  # records that arrived before never come back (A35)
    scalings_ms: tuple[int, ...] = ()  # calls of UpdateShardCount within a day (A39)

    def trim_horizon_ms(self, now_ms: int) -> int:
        """Return the arrival time from which on records are readable."""
        return max(self.floor_ms, now_ms - self.retention_hours * 3_600_000)

    def numbers(self, shard_index: int) -> SequenceFormat:
        return SequenceFormat(self.second, shard_index)


def shard_id_of(index: int) -> str:
    return f"shardId-{index:012d}"


def index_of(shard_id: str) -> int | None:
    """Return the index in a shard id, None when it is none."""
    prefix, _, digits = shard_id.rpartition("-")
    if prefix != "shardId" or not (digits.isascii() and digits.isdigit()):
        return None
    return int(digits)


def new_shard(
    index: int, place: HashRange, *, created_ms: int, counter: int, parents: tuple[int, ...] = ()
) -> ShardMeta:
    return ShardMeta(
        index=index,
        starting_hash=str(place.start),
        ending_hash=str(place.end),
        created_ms=created_ms,
        starting_counter=counter,
        parents=parents,
    )
