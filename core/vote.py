"""One line of JSON in, a vote out: the event that everything else is about."""

import re
from typing import Annotated, Final, Literal, NamedTuple

import msgspec

from core import limits

POLL_PATTERN: Final = re.compile(r"[a-z0-9-]{1,64}")
UNKNOWN_REGION: Final = "unknown"

Poll = Annotated[str, msgspec.Meta(min_length=1, max_length=limits.POLL_CHARS_MAX)]
DeviceId = Annotated[str, msgspec.Meta(min_length=1, max_length=limits.DEVICE_ID_CHARS_MAX)]
Seq = Annotated[int, msgspec.Meta(ge=0, le=limits.SEQ_MAX)]
Region = Annotated[str, msgspec.Meta(max_length=limits.REGION_CHARS_MAX)]


class Vote(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A press of a colour. `voted_at` is epoch milliseconds, UTC, by the device's clock.

    Unknown fields are ignored for counting. A new field must have a default; a field never changes
    its type; `v` is the version of this shape.
    """

    poll: Poll
    device_id: DeviceId
    seq: Seq
    colour: str
    voted_at: int
    region: Region = UNKNOWN_REGION
    v: Literal[1] = 1

    @property
    def identity(self) -> "Identity":
        return Identity(self.poll, self.device_id, self.seq)


class KnownVote(Vote, frozen=True, gc=False, forbid_unknown_fields=True):
    """A vote without a member that no vote has: a decoder of it refuses any other."""


class Identity(NamedTuple):
    """What makes two votes the same vote."""

    poll: str
    device_id: str
    seq: int


REQUIRED_FIELDS: Final = ("poll", "device_id", "seq", "colour", "voted_at")

_encoder = msgspec.json.Encoder()


def encode_votes(votes: list[Vote]) -> bytes:
    """Return the votes as JSON lines, a newline after each."""
    return _encoder.encode_lines(votes)


def canonical_colour(colour: str) -> str:
    """Return the name a palette knows the colour by: trimmed, lower case."""
    return colour.strip().lower()


def fits_palette(colour: str) -> bool:
    """Return whether a palette may hold a canonical colour: a name that a person can read."""
    return 0 < len(colour) <= limits.COLOUR_CHARS_MAX and colour.isprintable()
