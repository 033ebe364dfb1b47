"""Sessions that write in, one at a time out: the warehouse's one writer lock.

DuckDB lets several transactions write and fails the slower one at the end; Redshift lets the second
one wait. Here the first write of a transaction, or LOCK, takes the lock and the transaction's end
gives it back. Who waits too long is told so (55P03). A transaction that holds the lock and is idle
for too long is rolled back (25P03) when another waits, so that a forgotten one stops nobody.
"""

import threading
from typing import Final, Protocol

from core.clock import Clock
from local.warehouse.error import WarehouseError

_SLICE_S: Final = 0.02  # how soon a waiter sees a cancel, or a clock that was moved by hand


class Writer(Protocol):
    """A transaction as the lock sees it."""

    name: str

    def is_cancelled(self) -> bool: ...

    def idle_ms(self) -> int | None:
        """Return for how long it has been idle; None while it executes."""
        ...

    def abandon(self) -> bool:
        """Roll it back from another thread, if it still is idle; return whether it was."""
        ...


class WriterLock:
    """The one lock; not re-entrant by itself: a holder that asks again has it already."""

    def __init__(self, clock: Clock, *, wait_ms_max: int, idle_ms_max: int) -> None:
        self._clock = clock
        self._wait_ms_max = wait_ms_max
        self._idle_ms_max = idle_ms_max
        self._changed = threading.Condition()
        self._holder: Writer | None = None

    @property
    def holder(self) -> Writer | None:
        return self._holder

    def acquire(self, writer: Writer) -> None:
        """Wait for the lock. Raises WarehouseError 55P03 at the time-out, 57014 when cancelled."""
        deadline = self._clock.monotonic_ms() + self._wait_ms_max
        while True:
            with self._changed:
                if self._holder is None or self._holder is writer:
                    self._holder = writer
                    return
                self._changed.wait(_SLICE_S)
                holder = self._holder
            if writer.is_cancelled():
                raise WarehouseError("57014", "Query cancelled on user's request")
            if holder is not None and (holder.idle_ms() or 0) >= self._idle_ms_max:
                holder.abandon()  # which releases the lock
            if self._clock.monotonic_ms() >= deadline:
                raise self._timed_out(holder)

    def _timed_out(self, holder: Writer | None) -> WarehouseError:
        name = holder.name if holder else "another session"
        return WarehouseError(
            "55P03",
            f"could not obtain the writer lock within {self._wait_ms_max} ms",
            hint=f"One transaction writes at a time; now it is {name}'s. End it, or wait.",
        )

    def release(self, writer: Writer) -> None:
        """Give the lock back, if this writer has it."""
        with self._changed:
            if self._holder is writer:
                self._holder = None
                self._changed.notify_all()
