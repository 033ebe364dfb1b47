"""One lane of an outbox: lines that wait, sealed batches that wait, and how far it has come."""

from collections import deque
from pathlib import Path

from producers.pack import Batch, LaneBuffer


class OutboxLane:
    """The outbox, which owns it, holds its lock."""

    __slots__ = ("acked_number", "acked_total", "buffer", "number", "sealed", "total")

    def __init__(self) -> None:
        self.buffer = LaneBuffer.empty()
        self.sealed: deque[tuple[Batch, Path]] = deque()
        self.number = 0
        self.total = 0
        self.acked_number = 0
        self.acked_total = 0

    def pending_bytes(self) -> int:
        """Return the bytes that are not acknowledged."""
        return self.buffer.size_bytes + sum(len(batch.data) for batch, _ in self.sealed)
