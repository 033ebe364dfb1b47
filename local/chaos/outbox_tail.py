"""Outboxes that are being written in, the newest batch of each of their lanes out."""

from collections.abc import Iterable
from pathlib import Path

from core.errors import OutboxDamaged
from local.chaos.judge import Lane
from producers.journal import decode, segment_paths
from producers.outbox_meta import read_meta


class OutboxTail:
    """Reads only what was written since it looked last: a look costs little however long it ran."""

    def __init__(self) -> None:
        self._read: dict[Path, int] = {}
        self._newest: dict[Lane, int] = {}

    def newest(self, outboxes: Iterable[Path]) -> dict[Lane, int]:
        """Return the newest batch of every lane that was ever on disk; it is durable, thus cast."""
        for folder in outboxes:
            try:
                producer, _ = read_meta(folder)
                for path in segment_paths(folder):
                    self._follow(path, producer)
            except (OutboxDamaged, OSError):  # it is being made, or a segment was done with
                continue
        return dict(self._newest)

    def _follow(self, path: Path, producer: str) -> None:
        start = self._read.get(path, 0)
        with path.open("rb") as file:
            file.seek(start)
            data = file.read()
        for end, entry in decode(data):
            lane = (producer, entry.lane)
            self._newest[lane] = max(self._newest.get(lane, 0), entry.number)
            self._read[path] = start + end
