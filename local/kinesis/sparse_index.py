"""Every 64th kilobyte of a segment in, where to start reading for a counter or a time out."""

import struct
from array import array
from bisect import bisect_left, bisect_right

from local.kinesis.limits import INDEX_STRIDE_BYTES


class SparseIndex:
    """Entries of (counter, offset, latest arrival before it), all of them rising."""

    def __init__(self) -> None:
        self._counters = array("Q")
        self._offsets = array("Q")
        self._arrivals_ms = array("Q")

    def __len__(self) -> int:
        return len(self._counters)

    def note(self, counter: int, offset: int, arrival_max_ms: int) -> None:
        """Take in a record; it becomes an entry when the last one is far enough behind."""
        if not self._offsets or offset - self._offsets[-1] >= INDEX_STRIDE_BYTES:
            self._counters.append(counter)
            self._offsets.append(offset)
            self._arrivals_ms.append(arrival_max_ms)

    def cut(self, end: int) -> None:
        """Forget the entries from offset `end` on."""
        keep = bisect_left(self._offsets, end)
        for column in (self._counters, self._offsets, self._arrivals_ms):
            del column[keep:]

    def offset_of(self, counter: int) -> int:
        """Return an offset at or before the first record whose counter is not below."""
        entry = bisect_right(self._counters, counter) - 1
        return self._offsets[entry] if entry >= 0 else 0

    def offset_at(self, arrival_ms: int) -> int:
        """Return an offset at or before the first record that arrived at that time or later."""
        entry = bisect_left(self._arrivals_ms, arrival_ms) - 1
        return self._offsets[entry] if entry >= 0 else 0

    def to_bytes(self) -> bytes:
        columns = [*self._counters, *self._offsets, *self._arrivals_ms]
        return struct.pack(f"<{len(columns)}Q", *columns)

    @classmethod
    def from_bytes(cls, payload: bytes) -> "SparseIndex":
        values = struct.unpack(f"<{len(payload) // 8}Q", payload)
        entries = len(values) // 3
        index = cls()
        index._counters = array("Q", values[:entries])
        index._offsets = array("Q", values[entries : 2 * entries])
        index._arrivals_ms = array("Q", values[2 * entries :])
        return index
