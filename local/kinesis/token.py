"""A place in a shard or in a list in, an opaque string that survives a restart out; and back."""

import base64
import binascii
import hashlib
from datetime import UTC, datetime
from typing import Final, TypeVar

import msgspec

from local.aws_error import AwsError
from local.kinesis import limits, refusal

_DIGEST_BYTES: Final = 8
Place = TypeVar("Place", bound=msgspec.Struct)


class Iterator(msgspec.Struct, frozen=True, array_like=True, tag="iterator"):
    """What a shard iterator stands for; `after` is text, as numbers have 188 bits."""

    created_ms: int
    stream_name: str
    stream_second: int
    shard_id: str
    after: str


class ShardPage(msgspec.Struct, frozen=True, array_like=True, tag="shards"):
    """Where ListShards goes on."""

    created_ms: int
    stream_name: str
    after_shard_id: str
    filter_type: str
    filter_shard_id: str
    filter_timestamp_ms: int


class StreamPage(msgspec.Struct, frozen=True, array_like=True, tag="streams"):
    """Where ListStreams goes on."""

    created_ms: int
    after_name: str


def seal(place: msgspec.Struct) -> str:
    payload = msgspec.msgpack.encode(place)
    return base64.b64encode(_digest(payload) + payload).decode()


def unseal(text: str, kind: type[Place]) -> Place | None:
    """Return what was sealed, None for anything that we did not make."""
    try:
        sealed = base64.b64decode(text, validate=True)
        place = msgspec.msgpack.decode(sealed[_DIGEST_BYTES:], type=kind)
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        return None
    return place if seal(place) == text else None


def open_iterator(text: str, now_ms: int) -> Iterator:
    """Return a live iterator's place; raise AwsError for an old one or garbage (A24, A25)."""
    place = unseal(text, Iterator)
    if place is None:
        raise refusal.invalid_argument("Invalid ShardIterator.")
    if now_ms - place.created_ms > limits.ITERATOR_LIFE_MS:
        raise AwsError(
            "ExpiredIteratorException",
            f"Iterator expired. The iterator was created at time {_utc(place.created_ms)} while "
            f"right now it is {_utc(now_ms)} which is further in the future than the tolerated "
            f"delay of {limits.ITERATOR_LIFE_MS} milliseconds.",
        )
    return place


def open_shard_page(text: str, now_ms: int) -> ShardPage:
    """Return where ListShards goes on; raise AwsError for an old token or garbage (A40)."""
    place = unseal(text, ShardPage)
    if place is None:
        raise refusal.invalid_argument("Invalid NextToken.")
    if now_ms - place.created_ms > limits.TOKEN_LIFE_MS:
        raise AwsError(
            "ExpiredNextTokenException",
            f"NextToken expired. It was created at time {_utc(place.created_ms)} while right now "
            f"it is {_utc(now_ms)}.",
        )
    return place


def _digest(payload: bytes) -> bytes:
    return hashlib.blake2b(payload, digest_size=_DIGEST_BYTES, person=b"kinesis").digest()


def _utc(ms: int) -> str:
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%a %b %d %H:%M:%S UTC %Y}"
