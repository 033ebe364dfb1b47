"""A record of the stream and a vote's identity in, the lines of it that are that vote out. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from core.record import Line, payload_lines, read_payloads
from core.vote import Identity
from processors.delivery import Delivery, slot_of

Batch = tuple[str, int, int]  # producer, lane, number


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a line is, as far as the one who says so knows; `shard` is "" for one who does not.

    `ordinal` counts the lines of the payload that hold something from 0, -1 where nobody read it.
    """

    sequence_number: str
    subsequence: int
    line: int
    arrival_ms: int
    shard: str = ""
    batch: Batch | None = None
    ordinal: int = -1


@dataclass(frozen=True, slots=True)
class Sighting:
    """A line of a record that says the vote's identity, whether it is a vote or not."""

    place: Place
    delivery: Delivery
    line: Line

    @property
    def cast_ms(self) -> int | None:
        return self.line.vote.voted_at if self.line.vote else None


def may_hold(data: bytes, wanted: Identity) -> bool:
    """Return whether bytes may say an identity: a look at them, without reading the lines.

    JSON can write the same text with escapes, so whatever has some is read.
    """
    device = msgspec.json.encode(wanted.device_id)[1:-1]
    return b"\\" in data or (device in data and b"%d" % wanted.seq in data)


def sightings_in(
    data: bytes,
    wanted: Identity,
    *,
    shard: str,
    sequence_number: str,
    partition_key: str,
    arrival_ms: int,
) -> Iterator[Sighting]:
    """Yield each line of a record that is the vote."""
    if not may_hold(data, wanted):
        return
    for payload in read_payloads(data):
        stamp = payload.stamp
        delivery = Delivery(
            0,
            shard,
            sequence_number,
            partition_key,
            arrival_ms,
            slot_of(payload, partition_key),
            payload,
            data,
        )
        for ordinal, line in enumerate(payload_lines(payload)):
            if says(line, wanted):
                place = Place(
                    sequence_number=sequence_number,
                    subsequence=payload.subsequence,
                    line=line.number,
                    arrival_ms=arrival_ms,
                    shard=shard,
                    batch=(stamp.producer, stamp.lane, stamp.number) if stamp else None,
                    ordinal=ordinal,
                )
                yield Sighting(place, delivery, line)


def says(line: Line, wanted: Identity) -> bool:
    """Return whether a line has the identity; also one that is no vote for another reason."""
    if line.vote is not None:
        return line.vote.identity == wanted
    try:
        value: Any = msgspec.json.decode(line.raw)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return False
    return isinstance(value, dict) and all(
        type(value.get(name)) is type(part) and value[name] == part  # true is no 1
        for name, part in zip(_NAMES, wanted, strict=True)
    )


_NAMES: Final = Identity._fields
