"""Records put in, read out shard by shard: a stream in memory, with the engine's own reads."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

STREAM = "votes"
FIRST_SEQUENCE = 49590338271490256608559692538361571095921575989136588898


@dataclass(frozen=True, slots=True)
class FakeRecord:
    sequence_number: int
    arrival_ms: int
    partition_key: str
    data: bytes


@dataclass(frozen=True, slots=True)
class FakeRead:
    records: list[FakeRecord]
    millis_behind_latest: int
    shard_end: bool


@dataclass(slots=True)
class FakeShard:
    shard_id: str
    parents: tuple[str, ...] = ()
    closed: bool = False
    records: list[FakeRecord] = field(default_factory=list)


class FakeStream:
    """One stream; `put` notifies like a commit does."""

    def __init__(self, shards: int = 1, *, retention_hours: int = 1_000_000) -> None:
        self.by_id = {
            name: FakeShard(name) for name in (f"shardId-{n:012d}" for n in range(shards))
        }
        self.retention_hours = retention_hours
        self.reads = 0
        self._last = FIRST_SEQUENCE
        self._callbacks: list[Callable[[str, str], None]] = []

    def put(
        self, key: str, data: bytes, *, shard: int = 0, now_ms: int = 1_790_000_000_000
    ) -> FakeRecord:
        self._last += 1
        record = FakeRecord(self._last, now_ms, key, data)
        shard_id = f"shardId-{shard:012d}"
        assert not self.by_id[shard_id].closed, "the shard is open"
        self.by_id[shard_id].records.append(record)
        self._tell(shard_id)
        return record

    def split(self, shard: int) -> None:
        """Close a shard; its two children get the next two numbers."""
        parent = f"shardId-{shard:012d}"
        self.by_id[parent].closed = True
        for _ in range(2):
            child = f"shardId-{len(self.by_id):012d}"
            self.by_id[child] = FakeShard(child, (parent,))
            self._tell(child)
        self._tell(parent)

    def read(
        self, stream_name: str, shard_id: str, *, after: int, records_max: int, bytes_max: int
    ) -> FakeRead:
        assert stream_name == STREAM, "one stream"
        self.reads += 1
        shard = self.by_id[shard_id]
        ahead = [record for record in shard.records if record.sequence_number > after]
        taken: list[FakeRecord] = []
        size = 0
        for record in ahead[:records_max]:
            size += len(record.data)
            if taken and size > bytes_max:
                break
            taken.append(record)
        left = ahead[len(taken) :]
        behind_ms = ahead[-1].arrival_ms - left[0].arrival_ms if left else 0
        return FakeRead(taken, behind_ms, shard.closed and not left)

    def shards(self, stream_name: str) -> list[FakeShard]:
        assert stream_name == STREAM, "one stream"
        return list(self.by_id.values())

    def latest(self, stream_name: str, shard_id: str) -> int:
        records = self.by_id[shard_id].records
        return records[-1].sequence_number if records else 0

    def sequence_at(self, stream_name: str, shard_id: str, timestamp_ms: int) -> int:
        before = [r for r in self.by_id[shard_id].records if r.arrival_ms < timestamp_ms]
        return before[-1].sequence_number if before else 0

    def subscribe(self, callback: Callable[[str, str], None]) -> None:
        self._callbacks.append(callback)

    def describe_stream_summary(self, *, StreamName: str) -> dict[str, Any]:
        return {"StreamDescriptionSummary": {"RetentionPeriodHours": self.retention_hours}}

    def _tell(self, shard_id: str) -> None:
        for callback in self._callbacks:
            callback(STREAM, shard_id)
