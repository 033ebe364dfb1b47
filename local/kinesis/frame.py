"""A record in, the bytes that stand for it in a segment out; and back, with damage noticed.

A frame is: checksum (4 bytes), then what it covers: body length (4), counter (8), arrival in
milliseconds (8), key length (2), key, data. Numbers are little-endian, the checksum is CRC-32.
"""

import os
import struct
import zlib
from collections.abc import Iterator
from typing import Final, NamedTuple

from local.kinesis.limits import READ_CHUNK_BYTES

_HEADER: Final = struct.Struct("<IIQQH")
_COVERED: Final = struct.Struct("<IQQH")
HEADER_BYTES: Final = _HEADER.size
_CHECKSUM_BYTES: Final = 4


class FrameDamaged(Exception):
    """No whole frame begins at `offset`: a torn tail, or a damaged disk."""

    def __init__(self, offset: int) -> None:
        super().__init__(f"reading segment: no whole frame at offset {offset}")
        self.offset = offset


class Frame(NamedTuple):
    """One record in a segment; `end` is the offset behind it."""

    offset: int
    end: int
    counter: int
    arrival_ms: int
    key: bytes
    data: bytes


def header(counter: int, arrival_ms: int, key: bytes, data: bytes) -> bytes:
    """Return what stands before the key and the data."""
    covered = _COVERED.pack(len(key) + len(data), counter, arrival_ms, len(key))
    checksum = zlib.crc32(data, zlib.crc32(key, zlib.crc32(covered)))
    return checksum.to_bytes(_CHECKSUM_BYTES, "little") + covered


def frames(descriptor: int, start: int, end: int, *, chunk_bytes: int) -> Iterator[Frame]:
    """Yield the frames between two offsets of a file.

    Reads about `chunk_bytes` at a time. Raises FrameDamaged where no whole frame begins.
    """
    chunk, chunk_at, offset = b"", start, start

    def read_on(size: int) -> None:
        """Make `size` bytes from `offset` on be in the chunk."""
        nonlocal chunk, chunk_at
        if offset + size > end:
            raise FrameDamaged(offset)
        if offset + size > chunk_at + len(chunk):
            wanted = min(max(size, chunk_bytes), end - offset)
            chunk, chunk_at = os.pread(descriptor, wanted, offset), offset
            if len(chunk) < size:
                raise FrameDamaged(offset)

    while offset < end:
        read_on(HEADER_BYTES)
        at = offset - chunk_at
        checksum, body_bytes, counter, arrival_ms, key_bytes = _HEADER.unpack_from(chunk, at)
        frame_end = offset + HEADER_BYTES + body_bytes
        read_on(HEADER_BYTES + body_bytes)
        at = offset - chunk_at
        frame = memoryview(chunk)[at : at + HEADER_BYTES + body_bytes]
        if key_bytes > body_bytes or zlib.crc32(frame[_CHECKSUM_BYTES:]) != checksum:
            raise FrameDamaged(offset)
        data_at = HEADER_BYTES + key_bytes
        key, data = bytes(frame[HEADER_BYTES:data_at]), bytes(frame[data_at:])
        yield Frame(offset, frame_end, counter, arrival_ms, key, data)
        offset = frame_end


def scan_chunk_bytes(bytes_max: int) -> int:
    """Return how much to read at a time for an answer of at most `bytes_max`."""
    return min(READ_CHUNK_BYTES, bytes_max + HEADER_BYTES)
