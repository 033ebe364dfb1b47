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

from core.errors import OutboxDamaged
from producers.pack import Batch

_HEAD: Final = struct.Struct("<IIB")  # crc32 of kind and body, length of body, kind
_BATCH: Final = struct.Struct("<IQIQ")  # lane, number, votes, total
_ACK: Final = struct.Struct("<IQQ")  # lane, number, total
BATCH_KIND: Final = 1
ACK_KIND: Final = 2
NUMBER_MAX: Final = 2**53  # of a batch, as a stamp takes it
TOTAL_MAX: Final = 2**53  # of a lane's votes: JSON readers keep whole numbers up to here
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
    """Yield (offset after the entry, entry) up to the first entry that is torn.

    Raise OutboxDamaged for an entry that is whole and cannot be one of ours.
    """
    offset = 0
    while offset + _HEAD.size <= len(data):
        crc, length, kind = _HEAD.unpack_from(data, offset)
        body = data[offset + _HEAD.size : offset + _HEAD.size + length]
        if len(body) < length or zlib.crc32(body, kind) != crc:
            return
        offset += _HEAD.size + length
        try:
            if kind == BATCH_KIND:
                lane, number, votes, total = _BATCH.unpack_from(body)
                yield offset, Batch(lane, number, votes, total, body[_BATCH.size :])
            elif kind == ACK_KIND:
                yield offset, Ack(*_ACK.unpack(body))
        except struct.error as error:
            raise OutboxDamaged(f"reading outbox: an entry of kind {kind}: {error}") from error


def segment_paths(folder: Path) -> list[Path]:
    return sorted(folder.glob("segment-*.log"))


def read_entries(folder: Path, lanes: int) -> Iterator[tuple[Path, Batch | Ack]]:
    """Yield every whole entry of every segment, oldest first; change nothing.

    A segment that its writer deletes meanwhile held nothing that a later one does not say again.
    Raise OutboxDamaged for an entry that an outbox of so many lanes cannot hold.
    """
    for path in segment_paths(folder):
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            continue
        for _, entry in decode(data):
            if entry.lane >= lanes or entry.number > NUMBER_MAX or entry.total > TOTAL_MAX:
                what = f"lane {entry.lane} of {lanes}, number {entry.number}, {entry.total} votes"
                raise OutboxDamaged(f"reading outbox: {path.name}: {what}")
            yield path, entry


class Disk:
    """The seam to the operating system; tests put faults here. All methods may raise OSError."""

    def create(self, path: Path) -> int:
        """Return a descriptor of a file to append to, whose name is durable."""
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError:
            os.close(descriptor)
            raise
        return descriptor

    def write(self, descriptor: int, data: bytes) -> None:
        """Append all of `data`; after an error any part of it may be there."""
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]

    def sync(self, descriptor: int) -> None:
        os.fdatasync(descriptor)

    def truncate(self, descriptor: int, size: int) -> None:
        os.ftruncate(descriptor, size)


class Journal:
    """The writing end of a folder of segments. Not thread-safe: the outbox holds its lock."""

    def __init__(
        self,
        folder: Path,
        *,
        disk: Disk | None = None,
        segment_bytes_max: int | None = None,
    ) -> None:
        self._folder = folder
        self._disk = disk or Disk()
        self._segment_bytes_max = segment_bytes_max or SEGMENT_BYTES_MAX
        paths = segment_paths(folder)
        self._index = int(paths[-1].stem.removeprefix("segment-")) if paths else 0
        self._file: int | None = None
        self._torn = False  # the segment ends in half an entry: nothing behind it would be read
        self._next_segment()

    def _next_segment(self) -> None:
        """Go on in a new file; when there can be none, nothing has changed."""
        path = self._folder / f"segment-{self._index + 1:08d}.log"
        file = self._disk.create(path)
        self.close()
        self._index += 1
        self.path, self._file, self._size_bytes, self._torn = path, file, 0, False

    def append(self, frames: bytes, *, durable: bool) -> Path:
        """Write whole entries; with `durable` they are on disk when this returns.

        Raise OSError when the disk does not take them: the next entries go where the last whole one
        ends, or into a new segment.
        """
        if self._torn or self._size_bytes >= self._segment_bytes_max:
            self._next_segment()
        file = self._file
        assert file is not None, "nothing is appended to a journal that is closed"
        try:
            self._disk.write(file, frames)
            if durable:
                self._disk.sync(file)
        except OSError:
            self._torn = True
            self._disk.truncate(file, self._size_bytes)
            self._torn = False
            raise
        self._size_bytes += len(frames)
        return self.path

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
