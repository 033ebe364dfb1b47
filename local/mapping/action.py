"""What a shard's state machine asks its driver to do next, as values."""

from dataclasses import dataclass

from local.mapping.source import StreamRecord


@dataclass(frozen=True, slots=True)
class Fetch:
    """Read the shard after that sequence number; answer with `fetched` (or `fetch_failed`)."""

    after: int
    records_max: int
    bytes_max: int


@dataclass(frozen=True, slots=True)
class Invoke:
    """Invoke the function with these records (JSON: `payload()`); answer with `invoked`."""

    lane: int
    attempt_id: int
    records: tuple[StreamRecord, ...]


@dataclass(frozen=True, slots=True)
class SendToDestination:
    """Store a failure object; answer with `sent`."""

    lane: int
    attempt_id: int
    bucket: str
    key: str
    body: bytes


@dataclass(frozen=True, slots=True)
class SendToQueue:
    """Send a failure message; answer with `sent`."""

    lane: int
    attempt_id: int
    queue: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Save:
    """Make the position durable; answer with `saved`. `finished`: the shard is done for good."""

    position: int
    finished: bool


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do before `until_ms`, or (None) before an answer or a notification comes."""

    until_ms: int | None


@dataclass(frozen=True, slots=True)
class Finished:
    """The shard is closed, every record is done, and that is saved."""


Action = Fetch | Invoke | SendToDestination | SendToQueue | Save | Wait | Finished
