"""What a mapping asks of Kinesis, as a Protocol: records of a shard, and the shards of a stream."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol


class StreamRecord(Protocol):
    """One record as Kinesis stores it; sequence numbers are compared as integers (A22)."""

    @property
    def sequence_number(self) -> int: ...

    @property
    def arrival_ms(self) -> int: ...

    @property
    def partition_key(self) -> str: ...

    @property
    def data(self) -> bytes: ...


class Fetched(Protocol):
    """What one read of a shard brought; `shard_end` says that nothing lies beyond it."""

    @property
    def records(self) -> Sequence[StreamRecord]: ...

    @property
    def millis_behind_latest(self) -> int: ...

    @property
    def shard_end(self) -> bool: ...


class Shard(Protocol):
    """A shard and the shards it came from."""

    @property
    def shard_id(self) -> str: ...

    @property
    def parents(self) -> tuple[str, ...]: ...

    @property
    def closed(self) -> bool: ...


class StreamSource(Protocol):
    """The engine-internal reads of local.kinesis.KinesisService."""

    def read(
        self, stream_name: str, shard_id: str, *, after: int, records_max: int, bytes_max: int
    ) -> Fetched: ...

    def shards(self, stream_name: str) -> Sequence[Shard]: ...

    def latest(self, stream_name: str, shard_id: str) -> int: ...

    def sequence_at(self, stream_name: str, shard_id: str, timestamp_ms: int) -> int: ...

    def subscribe(self, callback: Callable[[str, str], None]) -> None: ...

    def describe_stream_summary(self, *, StreamName: str) -> Mapping[str, Any]: ...
