"""What a delivery stream's state machine asks its driver to do next, as values."""

from dataclasses import dataclass

from local.drawing import Compression
from local.firehose.source_record import SourceRecord


@dataclass(frozen=True, slots=True)
class Fetch:
    """Read a shard after that sequence number; answer with `fetched` (or `fetch_failed`)."""

    shard_id: str
    after: int
    records_max: int
    bytes_max: int


@dataclass(frozen=True, slots=True)
class Transform:
    """Invoke the function with these records (JSON: `payload`); answer with `transformed`."""

    attempt_id: int
    function_name: str
    shard_id: str
    records: tuple[SourceRecord, ...]


@dataclass(frozen=True, slots=True)
class StoreObject:
    """Put an object of these chunks, compressed as it says; answer with `stored`."""

    attempt_id: int
    bucket: str
    key: str
    chunks: tuple[bytes, ...]
    compression: Compression


@dataclass(frozen=True, slots=True)
class Copy:
    """Run that COPY in Redshift; answer with `copied`."""

    attempt_id: int
    sql: str


@dataclass(frozen=True, slots=True)
class Save:
    """Make a position durable; answer with `saved`. `finished`: the shard is done for good."""

    shard_id: str
    position: int
    finished: bool


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do before `until_ms`, or (None) before an answer comes."""

    until_ms: int | None


@dataclass(frozen=True, slots=True)
class Finished:
    """The shard is closed, every record is stored, and that is saved: its children may start."""

    shard_id: str


Action = Fetch | Transform | StoreObject | Copy | Save | Wait | Finished
