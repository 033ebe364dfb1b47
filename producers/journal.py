"""Sealed batches and acknowledgements in, the same after a crash out: the outbox on disk.

A journal is a folder of numbered segments. Each entry is `crc32 length kind` and a body; reading
a segment ends at a torn entry, and a new segment is begun whenever the journal is opened. Segments
whose batches are all acknowledged are deleted.
"""

import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from producers.pack import Batch

_HEAD: Final = struct.Struct("<IIB")  # crc32 of kind and body, length of body, kind
_BATCH: Final = struct.Struct("<IQIQ")  # lane, number, votes, total
_ACK: Final = struct.Struct("<IQQ")  # lane, number, total
BATCH_KIND: Final = 1
ACK_KIND: Final = 2
SEGMENT_BYTES_MAX: Final = 32 * 1024 * 1024  # deleted as a whole: small enough to bound the disk


class Ack(NamedTuple):
    """Everything of `lane` up to batch `number` is acknowledged: `total` votes in all."""

    lane: int
    number: int
    total: int


def encode_batch(batch: Batch) -> bytes:
    head = _BATCH.pack(batch.lane, batch.number, batch.votes, batch.total)
    return _frame(BATCH_KIND, head + batch.data)


def encode_ack(ack: Ack) -> bytes:
    return _frame(ACK_KIND, _ACK.pack(*ack))


def _frame(kind: int, body: bytes) -> bytes:
    crc = zlib.crc32(body, kind)
    return _HEAD.pack(crc, len(body), kind) + body


def decode(data: bytes) -> Iterator[tuple[int, Batch | Ack]]:
    """Yield (offset after the entry, entry) up to the first entry that is torn."""
    offset = 0
    while offset + _HEAD.size <= len(data):
        crc, length, kind = _HEAD.unpack_from(data, offset)
        body = data[offset + _HEAD.size : offset + _HEAD.size + length]
        if len(body) < length or zlib.crc32(body, kind) != crc:
            return
        offset += _HEAD.size + length
        if kind == BATCH_KIND:
            lane, number, votes, total = _BATCH.unpack_from(body)
            yield offset, Batch(lane, number, votes, total, body[_BATCH.size :])
        elif kind == ACK_KIND:
            yield offset, Ack(*_ACK.unpack(body))


def segment_paths(folder: Path) -> list[Path]:
    return sorted(folder.glob("segment-*.log"))


def read_entries(folder: Path) -> Iterator[tuple[Path, Batch | Ack]]:
    """Yield every whole entry of every segment, oldest first; change nothing.

    A segment that its writer deletes meanwhile held nothing that a later one does not say again.
    """
    for path in segment_paths(folder):
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            continue
        for _, entry in decode(data):
            yield path, entry


class Journal:
    """The writing end of a folder of segments. Not thread-safe: the outbox holds its lock."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        paths = segment_paths(folder)
        self._index = int(paths[-1].stem.removeprefix("segment-")) if paths else 0
        self._open_segment(self._index + 1)

    def _open_segment(self, index: int) -> None:
        self._index = index
        self.path = self._folder / f"segment-{index:08d}.log"
        self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        self._size_bytes = 0
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def append(self, frames: bytes, *, durable: bool) -> Path:
        """Write whole entries; with `durable` they are on disk when this returns.

        Raise OSError, with nothing half-written left behind, when the disk does not take them.
        """
        if self._size_bytes >= SEGMENT_BYTES_MAX:
            os.close(self._file)
            self._open_segment(self._index + 1)
        try:
            view = memoryview(frames)
            while view:
                view = view[os.write(self._file, view) :]
            if durable:
                os.fdatasync(self._file)
        except OSError:
            os.ftruncate(self._file, self._size_bytes)
            raise
        self._size_bytes += len(frames)
        return self.path

    def close(self) -> None:
        os.close(self._file)
