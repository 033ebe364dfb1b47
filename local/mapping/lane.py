"""Records of some partition keys in, one batch at a time out: what runs one after the other.

A shard has ParallelizationFactor lanes; a partition key always falls into the same one, so its
records keep their order while lanes run side by side (clause B9).

A lane rests between invocations, so long that all lanes of a mapping together keep about one
process busy: with many shards, or on a busy machine, each call carries more records, and what a
call costs by itself is paid less often. AWS polls a shard about once a second (B2); a rest is less
than half of that. A full batch goes at once, and so does the first record after a pause.
"""

import zlib
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from local.mapping.event import EVENT_FRAME_BYTES
from local.mapping.limits import PAYLOAD_BYTES_MAX, REST_MS_MAX
from local.mapping.source import StreamRecord


def lane_of(partition_key: str, lanes: int) -> int:
    """Return the lane of a key. Not MD5: a shard is a range of MD5 already."""
    return zlib.crc32(partition_key.encode()) % lanes if lanes > 1 else 0


@dataclass(slots=True)
class Batch:
    """Records that are invoked together, and how that went so far."""

    records: tuple[StreamRecord, ...]
    due_ms: int = 0  # not before
    failures: int = 0  # invocations that used up the retry quota
    throttles: int = 0  # refusals in a row, for the back-off only (B19)
    invokes: int = 0
    request_id: str = ""  # of the last invocation
    by_response: bool = False  # the last failure was a response, not an error

    def cut(self, horizon_ms: int) -> tuple[StreamRecord, ...]:
        """Take the records out that arrived before `horizon_ms`, and return them."""
        expired = tuple(record for record in self.records if record.arrival_ms < horizon_ms)
        if expired:
            self.records = tuple(r for r in self.records if r.arrival_ms >= horizon_ms)
        return expired


@dataclass(slots=True)
class Farewell:
    """Records given up, on their way to the failure destination."""

    records: tuple[StreamRecord, ...]
    key: str
    body: bytes
    due_ms: int
    tries: int = 0


class Lane:
    """One lane: records waiting, batches under way (the last one first), a farewell."""

    def __init__(self, *, batch_size: int, window_ms: int, now_ms: int) -> None:
        self.batches: list[Batch] = []
        self.farewell: Farewell | None = None
        self.attempt_id: int | None = None  # what is in flight: an invocation or a farewell
        self.lanes_in_all = 1  # of the mapping: they share the machine
        self._batch_size = batch_size
        self._window_ms = window_ms
        self._window_start_ms = now_ms
        self._began_ms = now_ms  # the invocation under way, else the last one
        self._rest_until_ms = now_ms
        self._waiting: deque[tuple[StreamRecord, int]] = deque()
        self._waiting_bytes = EVENT_FRAME_BYTES

    def add(self, record: StreamRecord, size: int, now_ms: int) -> None:
        """Let a record of `size` bytes of JSON wait."""
        if self._window_ms and not self._waiting:
            # Windows without records follow each other without a gap.
            since_ms = max(0, now_ms - self._window_start_ms)
            self._window_start_ms = now_ms - since_ms % self._window_ms
        self._waiting.append((record, size))
        self._waiting_bytes += size

    def open_window(self, now_ms: int) -> None:
        """Start the next batching window: the previous invocation has ended (B4)."""
        self._window_start_ms = now_ms
        took_ms = now_ms - self._began_ms
        self._rest_until_ms = self._began_ms + min(REST_MS_MAX, took_ms * self.lanes_in_all)

    def batch_due_ms(self, now_ms: int, *, last: bool) -> int | None:
        """Return when the next batch may run; `last`: the shard brings no more records."""
        if self.batches:
            return self.batches[-1].due_ms
        if not self._waiting:
            return None
        full = len(self._waiting) >= self._batch_size or self._waiting_bytes > PAYLOAD_BYTES_MAX
        if full or last:
            return now_ms
        return max(self._window_start_ms + self._window_ms, self._rest_until_ms)

    def next_batch(self, now_ms: int) -> Batch:
        """Return the batch to run now; there must be one (`batch_due_ms`)."""
        self._began_ms = now_ms
        if not self.batches:
            self.batches.append(Batch(tuple(self._take())))
        return self.batches[-1]

    def split(self, due_ms: int) -> None:
        """Put two halves into the place of the batch under way, the earlier one first (B23)."""
        records = self.batches.pop().records
        middle = len(records) // 2
        self.batches.append(Batch(records[middle:]))
        self.batches.append(Batch(records[:middle], due_ms=due_ms))

    def oldest(self) -> StreamRecord | None:
        """Return the first record that is not done."""
        if self.farewell:
            return self.farewell.records[0]
        if self.batches:
            return self.batches[-1].records[0]
        return self._waiting[0][0] if self._waiting else None

    def _take(self) -> Iterator[StreamRecord]:
        """Take what one batch holds: at least one record, at most 6 MB of event (B3)."""
        size, count = EVENT_FRAME_BYTES, 0
        while self._waiting and count < self._batch_size:
            record, record_size = self._waiting[0]
            if count and size + record_size > PAYLOAD_BYTES_MAX:
                return
            self._waiting.popleft()
            self._waiting_bytes -= record_size
            size += record_size
            count += 1
            yield record
