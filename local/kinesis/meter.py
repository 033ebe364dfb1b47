"""Amounts and the time in, "within the limit" or not out: token buckets of one second."""

from local.kinesis import limits


class Bucket:
    """Holds what one second refills; starts full."""

    def __init__(self, per_s: int) -> None:
        self._per_s = per_s
        self._tokens = float(per_s)
        self._refilled_ms = 0

    def has(self, amount: int, now_ms: int) -> bool:
        """Refill; return whether `amount` is there."""
        elapsed_ms = max(now_ms - self._refilled_ms, 0)
        self._refilled_ms = now_ms
        self._tokens = min(self._tokens + elapsed_ms * self._per_s / 1000, float(self._per_s))
        return self._tokens >= amount

    def take(self, amount: int) -> None:
        """Take tokens out, also more than there are."""
        self._tokens -= amount


class WriteMeter:
    """What a shard takes: 1 MiB/s and 1,000 records/s (A4)."""

    def __init__(self) -> None:
        self._bytes = Bucket(limits.WRITE_BYTES_PER_S)
        self._records = Bucket(limits.WRITE_RECORDS_PER_S)

    def admit(self, size: int, now_ms: int) -> bool:
        if not (self._bytes.has(size, now_ms) and self._records.has(1, now_ms)):
            return False
        self._bytes.take(size)
        self._records.take(1)
        return True


class ReadMeter:
    """What a shard gives: 5 calls/s, 2 MiB/s, a pause after a full answer (A28, A33)."""

    def __init__(self) -> None:
        self._calls = Bucket(limits.READ_CALLS_PER_S)
        self._iterators = Bucket(limits.READ_CALLS_PER_S)
        self._bytes = Bucket(limits.READ_BYTES_PER_S)
        self._paused_until_ms = 0

    def admit_iterator(self, now_ms: int) -> bool:
        if not self._iterators.has(1, now_ms):
            return False
        self._iterators.take(1)
        return True

    def admit_read(self, now_ms: int) -> bool:
        within = self._calls.has(1, now_ms) and self._bytes.has(1, now_ms)
        if not within or now_ms < self._paused_until_ms:
            return False
        self._calls.take(1)
        return True

    def gave(self, size: int, now_ms: int, *, full: bool) -> None:
        """Take in an answer; `full` when it was cut at 10 MiB."""
        self._bytes.take(size)
        if full:
            self._paused_until_ms = now_ms + limits.GET_RECORDS_PAUSE_MS
