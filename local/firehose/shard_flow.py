"""One shard's reads and a transform's answers in, its batches in the shard's order out.

Records wait in the transform's buffer until it is full or old enough (C16). Up to five batches are
with the function at a time (C17); they leave in the order they were made, whoever answers first.
Without a transform what one read brought is a batch, and leaves at once.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from local.drawing import TransformSpec
from local.firehose.action import Fetch
from local.firehose.event import EVENT_FRAME_BYTES, record_bytes
from local.firehose.limits import EVENT_BYTES_MAX, OUTSTANDING_MAX
from local.firehose.parcel import Checkpoint
from local.firehose.response import Verdict
from local.firehose.source_record import SourceRecord, source_records
from local.mapping.reader import ShardReader
from local.mapping.source import Fetched


@dataclass(slots=True, eq=False)
class Batch:
    """Records that are transformed together, and how that went so far."""

    records: tuple[SourceRecord, ...]
    data_bytes: int
    through: int  # the position when it and all before it are stored
    due_ms: int
    attempt_id: int | None = None  # with the function now
    tries: int = 0  # invocations that count (C25)
    faults: int = 0  # invocations that never were, in a row, for the back-off only
    ended_ms: int = 0
    verdicts: list[Verdict] | None = None


class ShardFlow:
    """What is known of one shard, from the last read to the last object stored."""

    def __init__(
        self, shard_id: str, position: int, transform: TransformSpec | None, now_ms: int
    ) -> None:
        self.shard_id = shard_id
        self.reader = ShardReader(position, now_ms)
        self.checkpoint = Checkpoint(position)
        self._transform = transform
        self._read_to = position
        self._closed_to = position  # the last Kinesis record whose records are all in batches
        self._waiting: deque[SourceRecord] = deque()
        self._waiting_bytes = 0
        self._waiting_event_bytes = EVENT_FRAME_BYTES
        self._waiting_since_ms = now_ms
        self._batches: deque[Batch] = deque()

    # --- what it shows ---

    @property
    def held_bytes(self) -> int:
        """Bytes of records that have not left yet."""
        return self._waiting_bytes + sum(batch.data_bytes for batch in self._batches)

    @property
    def is_empty(self) -> bool:
        """Whether everything that was read has left."""
        return not self._waiting and not self._batches

    @property
    def ended(self) -> bool:
        """Whether the shard is read to its end for good, and all of it has left."""
        return self.reader.shard_end and self.is_empty

    @property
    def position(self) -> int:
        """The sequence number up to which everything is stored, or was nothing."""
        if self.is_empty and not self.checkpoint.is_open:
            self.checkpoint.skip_to(self._read_to)
        return self.checkpoint.position

    # --- reading ---

    def fetch_due_ms(self) -> int | None:
        held_records = len(self._waiting)
        return self.reader.due_ms(held_bytes=self.held_bytes, held_records=held_records)

    def begin_fetch(self) -> Fetch:
        fetch = self.reader.begin()
        return Fetch(self.shard_id, fetch.after, fetch.records_max, fetch.bytes_max)

    def fetched(self, result: Fetched, now_ms: int) -> None:
        if not self._waiting:
            self._waiting_since_ms = now_ms
        for whole in result.records:
            self._read_to = whole.sequence_number
            for record in source_records(whole):
                self._waiting.append(record)
                self._waiting_bytes += len(record.data)
                self._waiting_event_bytes += record_bytes(record)
        self.reader.took(result, now_ms)

    # --- batches ---

    def batch_due_ms(self, now_ms: int, *, hurry: bool) -> int | None:
        """Return when a batch may be sent; None while there is none, or no room for one."""
        dues_ms = [b.due_ms for b in self._batches if b.attempt_id is None and b.verdicts is None]
        if self._waiting and len(self._batches) < OUTSTANDING_MAX:
            dues_ms.append(self._next_due_ms(now_ms, hurry=hurry or self.reader.shard_end))
        return min(dues_ms, default=None)

    def begin_batch(self, attempt_id: int, now_ms: int) -> Batch:
        """Return the batch to send now; there must be one (`batch_due_ms`)."""
        for batch in self._batches:
            if batch.attempt_id is None and batch.verdicts is None and batch.due_ms <= now_ms:
                break
        else:
            batch = self._take(now_ms)
            self._batches.append(batch)
        batch.attempt_id = attempt_id
        return batch

    def pass_through(self, now_ms: int) -> None:
        """Let what waits leave as it is: there is no transform."""
        if self._waiting:
            batch = self._take(now_ms)
            batch.verdicts = [record.data for record in batch.records]
            self._batches.append(batch)

    def leaving(self) -> Iterator[Batch]:
        """Yield, and let go, the batches whose verdicts are known and that are next in order."""
        while self._batches and self._batches[0].verdicts is not None:
            yield self._batches.popleft()

    # --- inside ---

    def _next_due_ms(self, now_ms: int, *, hurry: bool) -> int:
        if self._transform is None or hurry:
            return now_ms
        buffer = self._transform.buffer
        full = self._waiting_bytes >= buffer.size_bytes
        full = full or self._waiting_event_bytes > EVENT_BYTES_MAX
        return now_ms if full else self._waiting_since_ms + buffer.interval_ms

    def _take(self, now_ms: int) -> Batch:
        """Take one record at least; then as many as fit the buffer, and one event (C17)."""
        bytes_max = self._transform.buffer.size_bytes if self._transform else None
        taken: list[SourceRecord] = []
        data_bytes, event_bytes = 0, EVENT_FRAME_BYTES
        while self._waiting:
            record = self._waiting[0]
            size, in_event = len(record.data), record_bytes(record)
            if bytes_max is not None and taken:
                too_much = data_bytes + size > bytes_max
                if too_much or event_bytes + in_event > EVENT_BYTES_MAX:
                    break
            taken.append(self._waiting.popleft())
            data_bytes += size
            event_bytes += in_event
            if record.closes:
                self._closed_to = record.sequence_number
        self._waiting_bytes -= data_bytes
        self._waiting_event_bytes -= event_bytes - EVENT_FRAME_BYTES
        self._waiting_since_ms = now_ms
        return Batch(tuple(taken), data_bytes, self._closed_to, due_ms=now_ms)
