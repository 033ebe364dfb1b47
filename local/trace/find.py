"""What each place answers when it is asked for a vote: plain facts, nothing concluded yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from core.vote import Identity
from local.trace.sighting import Batch, Place, Sighting

# What the tallies say of a line. `missing`: not applied; `forgotten`: too long ago to be told.
Fate = Literal["counted", "parked", "duplicate", "missing", "forgotten"]


class Unknown(NamedTuple):
    """A place that could not be asked, and why."""

    reason: str


class LiveFind(NamedTuple):
    """What the live path has made of one line: a reason and an object where it is parked."""

    fate: Fate
    says: str
    reason: str = ""
    key: str = ""
    at_ms: int | None = None


class OutboxFind(NamedTuple):
    """A batch of an outbox here that holds the vote; the stream has it once acknowledged.

    `live` is what the tallies say of a batch that is.
    """

    outbox: str
    batch: Batch
    acknowledged: bool
    cast_ms: int
    live: LiveFind | None = None


class CallFind(NamedTuple):
    """A call whose records may include the line: its shard and numbers fit."""

    function: str
    event: str
    at_ms: int
    request_id: str
    trace_id: str
    lag_ms: int
    took_ms: int
    first: str
    last: str


class ObjectFind(NamedTuple):
    """An object that holds the line: its row, or its record's bytes."""

    key: str
    stored_ms: int | None
    line: int


class Nowhere(NamedTuple):
    """A place that was asked and has nothing: what was looked at."""

    looked_at: str


class LoadFind(NamedTuple):
    """The load that merged an object of rows."""

    load_id: str
    loaded_ms: int


class WarehouseRow(NamedTuple):
    """A row of `votes`, `parked_votes` or `duplicate_votes` with the vote's identity."""

    table: str
    place: Place | None
    arrival_ms: int
    cast_ms: int | None
    says: str


class FailedFind(NamedTuple):
    """A record that a path gave up: `cube recover` knows it by this name."""

    kind: str
    name: str
    reason: str
    recovered: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One line that is the vote, and what every place says of it."""

    place: Place
    sighting: Sighting | None  # None: the stream no longer has it, the warehouse named it
    live: LiveFind
    calls: Sequence[CallFind] | Unknown
    rows: ObjectFind | Nowhere | Unknown
    backup: ObjectFind | Nowhere | Unknown
    load: LoadFind | Nowhere | Unknown
    failed: Sequence[FailedFind] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Everything that was asked. `done_until_ms`: what arrived before, consumers had done."""

    identity: Identity
    now_ms: int
    from_ms: int
    outboxes: Sequence[OutboxFind] | Unknown
    copies: Sequence[Copy]
    more_copies: bool
    warehouse: Sequence[WarehouseRow] | Unknown
    done_until_ms: int | None
