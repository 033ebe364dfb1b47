"""Records in, a shard's durable log out: invisible until committed, readable from any point."""

from bisect import bisect_left
from pathlib import Path
from typing import Final, NamedTuple

from local.kinesis.disk import Disk
from local.kinesis.footer import Mark
from local.kinesis.frame import Frame, frames, scan_chunk_bytes
from local.kinesis.limits import INDEX_STRIDE_BYTES, TAIL_BYTES_MIN
from local.kinesis.record import StoredRecord
from local.kinesis.segment import Segment, create_segment, recover_segment
from local.kinesis.sequence import SequenceFormat, counter_of
from local.kinesis.tail import Tail, size_of

_SUFFIX: Final = ".segment"


class LogMark(NamedTuple):
    """Where a log ended: its growing segment, how far that went, the last number."""

    segment: Segment
    mark: Mark
    last: int


class ShardLog:
    """The segments of one shard, oldest first. The caller holds the service's lock.

    `appended` and `visible` are the last sequence numbers written and committed. A commit is
    `begin_commit()`, `sync()` of what that returned with the lock released, then `publish()` or
    `discard()`, one at a time. A full segment gives way to a new one at a commit, so at most two
    hold bytes that are not durable yet.
    """

    def __init__(self, disk: Disk, folder: Path, numbers: SequenceFormat, *, start: int) -> None:
        """Recover the log of a shard whose numbers lie above `start`; raise OSError."""
        self._disk = disk
        self._folder = folder
        self._numbers = numbers
        self._rolling: Segment | None = None  # full, and its commit is under way
        self._growing: Segment | None = None
        self._durable = Mark()  # of the rolling segment, else of the growing one
        paths = sorted(folder.glob(f"*{_SUFFIX}"))
        self._files_made = int(paths[-1].stem) if paths else 0
        recovered = [recover_segment(disk, path) for path in paths]
        self._sealed = [segment for segment in recovered if segment is not None]
        self.visible = start
        if self._sealed:
            last = self._sealed[-1].mark
            self.visible = numbers.number(last.last_counter, last.last_arrival_ms)
        self.appended = self.visible
        self.losses = 0  # how often bytes were written, and not taken by the disk
        self.tail = Tail(self.visible if self._sealed else 0, TAIL_BYTES_MIN)

    @property
    def bytes_on_disk(self) -> int:
        return sum(segment.file_bytes for segment in self._segments())

    def append(self, records: list[StoredRecord]) -> LogMark:
        """Write records that arrived together; return what `undo` takes.

        Raises OSError with nothing changed.
        """
        if self._growing is None:
            self._files_made += 1  # also when that fails: no name is tried twice
            path = self._folder / f"{self._files_made:010d}{_SUFFIX}"
            self._growing = create_segment(self._disk, path)
        before = LogMark(self._growing, self._growing.mark, self.appended)
        self._growing.append(records)
        self.tail.extend(records)
        self.appended = records[-1].sequence_number
        return before

    def undo(self, before: LogMark) -> None:
        """Take back the last append."""
        before.segment.reset(before.mark)
        self._forget_after(before.last)

    def begin_commit(self) -> LogMark | None:
        """Return what a commit covers: all that has been written; None when all is durable."""
        growing = self._growing
        if growing is None or self.appended == self.visible:
            return None
        covered = LogMark(growing, growing.mark, self.appended)
        if growing.full:
            self._rolling, self._growing = growing, None
        return covered

    def sync(self, covered: LogMark) -> None:
        """Force to disk what the commit covers; needs no lock. Raises OSError."""
        covered.segment.sync()
        if covered.segment is self._rolling:
            covered.segment.seal()

    def publish(self, covered: LogMark) -> None:
        """Make what the commit covers visible: it is durable."""
        self.visible = covered.last
        if self._rolling is None:
            self._durable = covered.mark
        else:
            self._retire(self._rolling)

    def discard(self) -> None:
        """Forget all that is not visible: the disk did not take it."""
        self.losses += 1
        if self._rolling is not None:
            self._rolling.reset(self._durable)
            self._retire(self._rolling)
        if self._growing is not None:
            self._growing.reset(self._durable)
        self._forget_after(self.visible)

    def read(self, after: int, *, records_max: int, bytes_max: int) -> list[StoredRecord]:
        """Return visible records above `after`: one at least, if there is one.

        Raises OSError, and FrameDamaged where the disk returns other bytes than it was given.
        """
        if after >= self.visible:
            return []
        found = self.tail.read(after, self.visible, records_max=records_max, bytes_max=bytes_max)
        if found is None:
            found = self._read_disk(after, records_max=records_max, bytes_max=bytes_max)
        return found

    def first_since(self, arrival_ms: int, after: int) -> int | None:
        """Return the first visible number above `after` that arrived at that time or later."""
        first = self._numbers.first_counter_beyond(after)
        for segment in self._segments_from(first):
            if segment.mark.arrival_max_ms < arrival_ms:
                continue
            with segment.opened() as (descriptor, index):
                start = max(index.offset_of(first), index.offset_at(arrival_ms))
                for frame in frames(
                    descriptor, start, segment.mark.end, chunk_bytes=INDEX_STRIDE_BYTES
                ):
                    if frame.counter >= first and frame.arrival_ms >= arrival_ms:
                        number = self._numbers.number(frame.counter, frame.arrival_ms)
                        return number if number <= self.visible else None
        return None

    def trim(self, arrival_ms: int) -> int:
        """Delete whole segments in which everything arrived before; return bytes freed."""
        freed = 0
        growing = self._growing
        idle = self.appended == self.visible and self._rolling is None
        if growing is not None and idle and growing.mark.arrival_max_ms < arrival_ms:
            self._retire(growing)
            self._growing = None
        while self._sealed and self._sealed[0].mark.arrival_max_ms < arrival_ms:
            self._sealed[0].path.unlink(missing_ok=True)
            freed += self._sealed.pop(0).file_bytes
        return freed

    def close(self) -> None:
        """Seal what grows, so that the next start need not scan it; all must be durable."""
        if self._growing is not None:
            self._growing.seal()
            self._retire(self._growing)
            self._growing = None

    def abandon(self) -> None:
        """Let the files go without another write: the stream is being deleted."""
        for segment in self._segments():
            segment.release()

    def _retire(self, segment: Segment) -> None:
        """Put a segment that does not grow any more among the sealed ones."""
        segment.release()
        self._rolling, self._durable = None, Mark()
        if segment.mark.records:
            self._sealed.append(segment)
        else:
            segment.path.unlink(missing_ok=True)

    def _forget_after(self, last: int) -> None:
        self.appended = last
        self.tail.drop_after(last)

    def _segments(self) -> list[Segment]:
        unsealed = [segment for segment in (self._rolling, self._growing) if segment is not None]
        return self._sealed + unsealed

    def _segments_from(self, first_counter: int) -> list[Segment]:
        """Return the segments that may hold records from a counter on."""
        start = bisect_left(self._sealed, first_counter, key=lambda one: one.mark.last_counter)
        return self._sealed[start:] + self._segments()[len(self._sealed) :]

    def _read_disk(self, after: int, *, records_max: int, bytes_max: int) -> list[StoredRecord]:
        first = self._numbers.first_counter_beyond(after)
        last = counter_of(self.visible)
        found: list[StoredRecord] = []
        taken = 0
        for segment in self._segments_from(first):
            with segment.opened() as (descriptor, index):
                for frame in frames(
                    descriptor,
                    index.offset_of(first),
                    segment.mark.end,
                    chunk_bytes=scan_chunk_bytes(bytes_max),
                ):
                    if frame.counter < first:
                        continue
                    if frame.counter > last or len(found) == records_max:
                        return found
                    record = self._record_of(frame)
                    taken += size_of(record)
                    if taken > bytes_max and found:
                        return found
                    found.append(record)
        return found

    def _record_of(self, frame: Frame) -> StoredRecord:
        number = self._numbers.number(frame.counter, frame.arrival_ms)
        return StoredRecord(number, frame.arrival_ms, frame.key.decode(), frame.data)
