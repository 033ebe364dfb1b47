"""Notifications, reads and the time in, when and where to read a shard next out."""

from local.mapping.action import Fetch
from local.mapping.limits import (
    FETCH_BYTES_MAX,
    FETCH_RECORDS_MAX,
    HELD_BYTES_MAX,
    HELD_RECORDS_MAX,
    POLL_MS,
)
from local.mapping.source import Fetched


class ShardReader:
    """How far a shard is read: at once where records may lie, else once a second (B2)."""

    def __init__(self, position: int, now_ms: int) -> None:
        self.shard_end = False
        self.behind_ms = 0
        self.hungry = True  # records may lie beyond the cursor
        self.reading = False
        self._cursor = position
        self._due_ms = now_ms

    def due_ms(self, *, held_bytes: int, held_records: int) -> int | None:
        """Return when to read; None while a read is under way, or nothing more is taken in."""
        full = held_bytes >= HELD_BYTES_MAX or held_records >= HELD_RECORDS_MAX
        if full or self.reading or self.shard_end:
            return None
        return 0 if self.hungry else self._due_ms

    def begin(self) -> Fetch:
        self.reading = True
        self.hungry = False  # a notification from here on counts for the next read
        return Fetch(self._cursor, FETCH_RECORDS_MAX, FETCH_BYTES_MAX)

    def took(self, result: Fetched, now_ms: int) -> None:
        self.reading = False
        self._due_ms = now_ms + POLL_MS
        self.shard_end = result.shard_end
        self.behind_ms = result.millis_behind_latest
        if result.records:
            self.hungry = True  # until a read comes back empty
            self._cursor = result.records[-1].sequence_number

    def failed(self, now_ms: int) -> None:
        self.reading = False
        self.hungry = False
        self._due_ms = now_ms + POLL_MS
