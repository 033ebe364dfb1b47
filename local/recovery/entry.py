"""What failed, or was parked, as one entry each: where it lies, why, and since when."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import msgspec

Kind = Literal["history", "live", "parked"]
KINDS: Final[tuple[Kind, ...]] = ("history", "live", "parked")
Way = Literal["rows", "stream", "function"]
UNREADABLE: Final = "unreadable"  # the reason of an object that is not what its key says
GONE: Final = "gone"  # the reason of records that had left the stream before they were read back
WHOLE: Final = 0  # the number of an entry that is its record as a whole


class Recovered(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How an entry was recovered: `place` is the rows' object, or shard and sequence number."""

    number: int
    by: Way
    at_ms: int
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One record, or one parked line. `number` counts from 1 within the object `key`.

    `data` are its bytes; `detail` says more than the reason, for people.
    """

    key: str
    number: int
    kind: Kind
    reason: str
    arrival_ms: int
    data: bytes
    detail: str = ""

    @property
    def name(self) -> str:
        return f"{self.key}#{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedRecord(Entry):
    """A record that gave no rows: the live path has counted it, history has not."""

    sequence_number: str  # the name that its rows get: the failure does not say its own


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedDelivery(Entry):
    """A record that the live path gave up on, as its function got it; history has its rows."""

    record: Mapping[str, Any]
    function: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedEntry(Entry):
    """A line that does not count, or a record of which no line does (`number` is WHOLE)."""

    partition_key: str
