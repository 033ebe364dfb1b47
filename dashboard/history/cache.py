"""Answers in, the same answers out for some seconds: the oldest make room for new ones."""

import threading
from collections import OrderedDict
from collections.abc import Hashable

from core.clock import Clock
from dashboard.history.limits import CACHE_BYTES_MAX


class Cache:
    """Bytes by key, until their time is over or there is no room for them; for many threads."""

    def __init__(self, clock: Clock, *, bytes_max: int = CACHE_BYTES_MAX) -> None:
        self._clock = clock
        self._bytes_max = bytes_max
        self._kept: OrderedDict[Hashable, tuple[int, bytes]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> bytes | None:
        """Return what is kept, None for nothing and for what is too old."""
        with self._lock:
            until_ms, body = self._kept.get(key, (0, None))
        return body if self._clock.monotonic_ms() < until_ms else None

    def put(self, key: Hashable, body: bytes, *, for_ms: int) -> None:
        """Keep an answer for so many milliseconds; one that is larger than all room is not."""
        if len(body) > self._bytes_max:
            return
        with self._lock:
            self._drop(key)
            self._kept[key] = (self._clock.monotonic_ms() + for_ms, body)
            self._bytes += len(body)
            while self._bytes > self._bytes_max:
                self._drop(next(iter(self._kept)))

    def _drop(self, key: Hashable) -> None:
        if kept := self._kept.pop(key, None):
            self._bytes -= len(kept[1])
