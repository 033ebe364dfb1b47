"""A partition key in, a place in the 128-bit hash space out; and the space cut into ranges."""

import hashlib
from typing import NamedTuple

from local.kinesis.limits import HASH_KEY_END


class HashRange(NamedTuple):
    """Hash keys from `start` to `end`, both included."""

    start: int
    end: int


def hash_of(partition_key: bytes) -> int:
    """Return the MD5 of the key's UTF-8, read as an unsigned big-endian integer (A12)."""
    return int.from_bytes(hashlib.md5(partition_key, usedforsecurity=False).digest(), "big")


def even_ranges(count: int) -> list[HashRange]:
    """Cut the whole space into `count` ranges of floor(2^128 / count); the last takes the rest.

    Clause A15.
    """
    size = HASH_KEY_END // count
    starts = [index * size for index in range(count)]
    ends = [start - 1 for start in starts[1:]] + [HASH_KEY_END - 1]
    return [HashRange(start, end) for start, end in zip(starts, ends, strict=True)]
