"""Records in, one file of a shard's log out: it grows, is sealed with its index, and is read."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.kinesis.disk import Disk
from local.kinesis.footer import Mark, pack_footer, read_footer
from local.kinesis.frame import HEADER_BYTES, FrameDamaged, frames, header
from local.kinesis.limits import READ_CHUNK_BYTES, SEGMENT_BYTES, SEGMENT_RECORDS_MAX
from local.kinesis.record import StoredRecord
from local.kinesis.sequence import counter_of
from local.kinesis.sparse_index import SparseIndex


class Segment:
    """One file. While it has a descriptor it may grow; sealed, it is opened for each read."""

    def __init__(
        self,
        disk: Disk,
        path: Path,
        *,
        descriptor: int | None = None,
        mark: Mark | None = None,
        index: SparseIndex | None = None,
    ) -> None:
        """`index` None stands for "in the footer"."""
        self.path = path
        self.mark = mark or Mark()
        self.file_bytes = self.mark.end
        self._disk = disk
        self._index = index
        self._descriptor = descriptor
        self._torn = False  # bytes beyond the mark could not be cut off yet

    @property
    def full(self) -> bool:
        return self.mark.end >= SEGMENT_BYTES or self.mark.records >= SEGMENT_RECORDS_MAX

    def append(self, records: list[StoredRecord]) -> None:
        """Write records that arrived together; on OSError nothing of them stays."""
        descriptor, index = self._growing()
        if self._torn:
            self._cut(descriptor)
        before = self.mark
        arrival_ms = records[0].arrival_ms
        arrival_max_ms = max(before.arrival_max_ms, arrival_ms)
        offset, counter = before.end, before.last_counter
        parts: list[bytes] = []
        for record in records:
            key, counter = record.partition_key.encode(), counter_of(record.sequence_number)
            index.note(counter, offset, arrival_max_ms)
            parts += header(counter, arrival_ms, key, record.data), key, record.data
            offset += HEADER_BYTES + len(key) + len(record.data)
        count = before.records + len(records)
        self.mark = Mark(offset, count, counter, arrival_ms, arrival_max_ms)
        try:
            self._disk.write(descriptor, b"".join(parts), before.end)
        except OSError:
            self.reset(before)
            raise
        self.file_bytes = offset

    def reset(self, mark: Mark) -> None:
        """Go back to an earlier mark; what cannot be cut off now is cut before the next write."""
        descriptor, index = self._growing()
        self.mark = mark
        index.cut(mark.end)
        self._torn = True
        try:
            self._cut(descriptor)
        except OSError:
            return

    def sync(self) -> None:
        """Force everything written so far to disk."""
        self._disk.sync(self._growing()[0])

    def seal(self) -> None:
        """Write the index behind the records, which are durable already.

        Without it (a full disk) the index stays in memory, and the next start scans the file.
        """
        descriptor, index = self._growing()
        footer = pack_footer(self.mark, index)
        try:
            self._disk.write(descriptor, footer, self.mark.end)
            self._disk.sync(descriptor)
        except OSError:
            self.reset(self.mark)
            return
        self.file_bytes = self.mark.end + len(footer)
        self._index = None

    def release(self) -> None:
        """Close the file: it does not grow any more."""
        if self._descriptor is not None:
            self._disk.close(self._descriptor)
            self._descriptor = None

    @contextmanager
    def opened(self) -> Iterator[tuple[int, SparseIndex]]:
        """Lend a descriptor to read from, and the index."""
        lent = self._disk.open(self.path) if self._descriptor is None else None
        descriptor = self._descriptor if lent is None else lent
        assert descriptor is not None
        try:
            index = self._index
            if index is None:
                _, index = read_footer(descriptor, self.file_bytes)
            yield descriptor, index
        finally:
            if lent is not None:
                self._disk.close(lent)

    def _growing(self) -> tuple[int, SparseIndex]:
        assert self._descriptor is not None, "a sealed segment does not change"
        assert self._index is not None, "sealed once"
        return self._descriptor, self._index

    def _cut(self, descriptor: int) -> None:
        self._disk.truncate(descriptor, self.mark.end)
        self._torn = False
        self.file_bytes = self.mark.end


def create_segment(disk: Disk, path: Path) -> Segment:
    """Return a new, empty segment; raise OSError."""
    return Segment(disk, path, descriptor=disk.create(path), index=SparseIndex())


def recover_segment(disk: Disk, path: Path) -> Segment | None:
    """Return a segment as the last run left it, sealed; None when it held no record.

    A tail without whole frames is cut off: it was never committed. What is left is made durable
    first, because readers see it from now on. Raises OSError.
    """
    descriptor = disk.open(path)
    try:
        file_bytes = path.stat().st_size
        segment = _sealed(disk, path, descriptor, file_bytes)
        if segment is None:
            segment = _repaired(disk, path, descriptor, file_bytes)
    finally:
        disk.close(descriptor)
    if not segment.mark.records:
        path.unlink()
        return None
    return segment


def _sealed(disk: Disk, path: Path, descriptor: int, file_bytes: int) -> Segment | None:
    try:
        mark, _ = read_footer(descriptor, file_bytes)
    except FrameDamaged:
        return None
    segment = Segment(disk, path, mark=mark)
    segment.file_bytes = file_bytes
    return segment


def _repaired(disk: Disk, path: Path, descriptor: int, file_bytes: int) -> Segment:
    """Return a segment cut off where its whole frames end, durable, then sealed."""
    mark, index = _scan(descriptor, file_bytes)
    disk.truncate(descriptor, mark.end)
    disk.sync(descriptor)
    segment = Segment(disk, path, descriptor=descriptor, mark=mark, index=index)
    if mark.records:
        segment.seal()
    segment._descriptor = None  # the caller closes it
    return segment


def _scan(descriptor: int, file_bytes: int) -> tuple[Mark, SparseIndex]:
    """Read frames from the start until one is torn, or older than the one before it."""
    mark, index = Mark(), SparseIndex()
    try:
        for frame in frames(descriptor, 0, file_bytes, chunk_bytes=READ_CHUNK_BYTES):
            if frame.counter <= mark.last_counter:  # left over from a call that was undone
                break
            index.note(frame.counter, frame.offset, mark.arrival_max_ms)
            arrival_max_ms = max(mark.arrival_max_ms, frame.arrival_ms)
            count, arrival_ms = mark.records + 1, frame.arrival_ms
            mark = Mark(frame.end, count, frame.counter, arrival_ms, arrival_max_ms)
    except FrameDamaged:
        pass
    return mark, index
