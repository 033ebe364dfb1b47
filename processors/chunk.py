"""Records of a Kinesis event in, chunks of whole lanes as JSON, each under a limit of bytes, out.

A chunk has the shape of the event, `{"Records": [...]}`, so that whatever reads the one reads the
other. Pure: the same records give the same chunks.
"""

import hashlib
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import msgspec

from core.event_record import shard_of
from core.keys import slot_of_hash, slot_of_lane
from core.lane import partition_key
from core.record import STAMP_START, read_stamp

PREFIX: Final = "dispatch"
OBJECT: Final = "object"  # where a record that is too large for a chunk has its object's key
_FRAME: Final = (b'{"Records":[', b"]}")
_FRAME_BYTES: Final = sum(map(len, _FRAME))
_HEAD_CHARS: Final = 400  # base64 of 300 bytes: a stamp as we write it takes at most 170


class Lane(NamedTuple):
    """What stays together and in order: `slot` says which tallies it writes."""

    slot: int
    name: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """One worker's share. `records` are indexes into the event, `objects` must exist first."""

    payload: bytes
    records: tuple[int, ...]
    objects: tuple[tuple[str, bytes], ...] = ()


@dataclass(slots=True)
class _Parcel:
    """A chunk that is being filled."""

    bytes_max: int
    size: int = _FRAME_BYTES
    parts: list[bytes] = field(default_factory=list)
    records: list[int] = field(default_factory=list)
    objects: list[tuple[str, bytes]] = field(default_factory=list)

    def takes(self, more_bytes: int) -> bool:
        return not self.parts or self.size + more_bytes <= self.bytes_max

    def close(self) -> Chunk:
        payload = _FRAME[0] + b",".join(self.parts) + _FRAME[1]
        return Chunk(payload, tuple(self.records), tuple(self.objects))


def split(records: Sequence[Mapping[str, Any]], *, bytes_max: int) -> list[Chunk]:
    """Return chunks whose payloads are at most `bytes_max` long, every record in one of them.

    A lane is cut only when it alone is longer than a chunk. Lanes that write the same tallies are
    neighbours, so that few workers meet at an item. A record that is longer than a chunk goes by
    reference: its event is one of the chunk's objects, the record has its key instead of its data.
    """
    lanes: dict[str, list[int]] = {}
    slots: dict[str, int] = {}
    for index, record in enumerate(records):
        slot, name = lane_of(record)
        lanes.setdefault(name, []).append(index)
        slots.setdefault(name, slot)
    chunks: list[Chunk] = []
    parcel = _Parcel(bytes_max)
    for name in sorted(lanes, key=lambda name: (slots[name], lanes[name][0])):
        parts = [(index, *_encode(records[index], bytes_max)) for index in lanes[name]]
        if not parcel.takes(sum(len(part) + 1 for _, part, _ in parts)):
            chunks.append(parcel.close())
            parcel = _Parcel(bytes_max)
        for index, part, objects in parts:
            if not parcel.takes(len(part) + 1):
                chunks.append(parcel.close())
                parcel = _Parcel(bytes_max)
            parcel.parts.append(part)
            parcel.size += len(part) + 1
            parcel.records.append(index)
            parcel.objects += objects
    return [*chunks, parcel.close()] if parcel.parts else chunks


def lane_of(record: Mapping[str, Any]) -> Lane:
    """Return the lane of a record: its stamp's, else that of its partition key."""
    kinesis = record["kinesis"]
    key = str(kinesis["partitionKey"])
    head = b64decode(kinesis["data"][:_HEAD_CHARS])
    stamp = read_stamp(head.partition(b"\n")[0]) if head.startswith(STAMP_START) else None
    if stamp is not None and stamp.lane < stamp.lanes:
        name = partition_key(stamp.producer, stamp.lane)
        return Lane(slot_of_lane(stamp.lane, stamp.lanes), name)
    digest = hashlib.md5(key.encode(), usedforsecurity=False).digest()
    return Lane(slot_of_hash(int.from_bytes(digest, "big")), key)


def _encode(record: Mapping[str, Any], bytes_max: int) -> tuple[bytes, list[tuple[str, bytes]]]:
    """Return a record's JSON and the objects it leads to: none, unless it is too large."""
    encoded = msgspec.json.encode(record)
    if _FRAME_BYTES + len(encoded) <= bytes_max:
        return encoded, []
    key = object_key(record)
    kinesis = {name: value for name, value in record["kinesis"].items() if name != "data"}
    short = msgspec.json.encode({**record, "kinesis": kinesis, OBJECT: key})
    assert _FRAME_BYTES + len(short) <= bytes_max, "what is left of a record is short"
    return short, [(key, _FRAME[0] + encoded + _FRAME[1])]


def object_key(record: Mapping[str, Any]) -> str:
    """Return where a record lies: by its place in the stream, so that twice is once."""
    kinesis = record["kinesis"]
    arrived = datetime.fromtimestamp(float(kinesis["approximateArrivalTimestamp"]), UTC)
    return f"{PREFIX}/{arrived:%Y/%m/%d}/{shard_of(record)}-{kinesis['sequenceNumber']}.json"
