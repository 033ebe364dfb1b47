"""The newest records of a shard in, an answer for a reader that keeps up out: no disk needed."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

from local.kinesis.limits import RECORD_OBJECT_BYTES
from local.kinesis.record import StoredRecord

_SLACK: Final = 8  # drop an eighth at a time: the lists are not moved for every record


def size_of(record: StoredRecord) -> int:
    """Return what a record counts for in an answer: its data and its key (A1)."""
    return len(record.data) + len(record.partition_key)


class Tail:
    """All records above `floor`, as long as they fit; also those that are not yet visible."""

    def __init__(self, floor: int, bytes_max: int) -> None:
        self.bytes_max = bytes_max
        self._floor = floor
        self._numbers: list[int] = []
        self._records: list[StoredRecord] = []
        self._bytes = 0

    def extend(self, records: Sequence[StoredRecord]) -> None:
        self._records.extend(records)
        for record in records:
            self._numbers.append(record.sequence_number)
            self._bytes += size_of(record) + RECORD_OBJECT_BYTES
        if self._bytes > self.bytes_max:
            self._shrink(self.bytes_max - self.bytes_max // _SLACK)

    def drop_after(self, number: int) -> None:
        """Forget the records above `number`: they were never stored."""
        keep = bisect_right(self._numbers, number)
        for record in self._records[keep:]:
            self._bytes -= size_of(record) + RECORD_OBJECT_BYTES
        del self._numbers[keep:], self._records[keep:]

    def read(
        self, after: int, last: int, *, records_max: int, bytes_max: int
    ) -> list[StoredRecord] | None:
        """Return records above `after` up to `last`; None when some of them are only on disk."""
        if after < self._floor:
            return None
        start = bisect_right(self._numbers, after)
        stop = min(bisect_right(self._numbers, last), start + records_max)
        found = self._records[start:stop]
        taken = 0
        for count, record in enumerate(found):
            taken += size_of(record)
            if taken > bytes_max and count:
                return found[:count]
        return found

    def _shrink(self, bytes_max: int) -> None:
        drop = 0
        while self._bytes > bytes_max and drop < len(self._records):
            self._bytes -= size_of(self._records[drop]) + RECORD_OBJECT_BYTES
            drop += 1
        if drop:
            self._floor = self._numbers[drop - 1]
            del self._numbers[:drop], self._records[:drop]
