"""The key a client was given in, its running statement cancelled out."""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BackendKey:
    """What a client shows, on a connection of its own, to have its statement cancelled."""

    process_id: int
    secret: int


class CancelRegistry:
    """Which statement stands behind which key. Safe to use from any thread."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._lock = threading.Lock()
        self._cancels: dict[BackendKey, Callable[[], None]] = {}
        self._last_id = 0

    def add(self, cancel: Callable[[], None]) -> BackendKey:
        with self._lock:
            self._last_id += 1
            key = BackendKey(self._last_id, self._rng.getrandbits(32))
            self._cancels[key] = cancel
            return key

    def remove(self, key: BackendKey) -> None:
        """Forget a key; afterwards nobody calls its `cancel` any more."""
        with self._lock:
            del self._cancels[key]

    def cancel(self, key: BackendKey) -> bool:
        """Cancel what runs behind the key; an unknown one is no error: nobody is told."""
        with self._lock:
            cancel = self._cancels.get(key)
            if cancel is not None:
                cancel()
            return cancel is not None

    def cancel_all(self) -> None:
        with self._lock:
            for cancel in self._cancels.values():
                cancel()
