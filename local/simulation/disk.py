"""Bytes in, durable files out, or half of them: the disks of the outboxes and of the stream."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.kinesis.disk import Disk as StreamDisk
from local.simulation.chance import Chance, Died
from producers.journal import Disk as OutboxDisk


class FaultyOutboxDisk(OutboxDisk):
    """Fails a write or a sync, or lets the producer die half-way through one."""

    def __init__(self, chance: Chance) -> None:
        self._chance = chance

    def write(self, descriptor: int, data: bytes) -> None:
        half = data[: len(data) // 2]
        try:
            self._chance.may_die()
        except Died:
            super().write(descriptor, half)
            raise
        if self._chance.strikes("outbox_disk_full"):
            super().write(descriptor, half)
            raise self._chance.disk_error()
        super().write(descriptor, data)

    def sync(self, descriptor: int) -> None:
        if self._chance.strikes("outbox_disk_full"):
            raise self._chance.disk_error()
        self._chance.may_die()

    def truncate(self, descriptor: int, size: int) -> None:
        if self._chance.strikes("outbox_disk_full"):
            raise self._chance.disk_error()
        super().truncate(descriptor, size)


class FaultyStreamDisk(StreamDisk):
    """Fails, or lets the engine die, during one call; nothing here is truly forced to disk.

    What goes wrong is drawn before the call: the stream syncs its shards in threads.
    """

    def __init__(self, chance: Chance) -> None:
        self.dead = False  # the process is gone: whatever it still does reaches no file
        self._chance = chance
        self._writes_left: int | None = None
        self._dies = False
        self._sync_fails = False

    @contextmanager
    def faults(self, writes: int) -> Iterator[None]:
        """Let faults strike one of the next `writes` writes, or the sync behind them."""
        self._dies = self._chance.strikes("engine_dies")
        if self._dies or self._chance.strikes("stream_disk_full"):
            self._writes_left = self._chance.below(writes + 1)
            self._sync_fails = self._writes_left == writes
        try:
            yield
            if self._dies:  # all is written, and nobody is told
                raise Died("engine_dies")
        finally:
            self._writes_left, self._dies, self._sync_fails = None, False, False

    def write(self, descriptor: int, data: bytes, offset: int) -> None:
        if self.dead:
            return
        if self._writes_left is not None:
            self._writes_left -= 1
            if self._writes_left < 0:
                super().write(descriptor, data[: len(data) // 2], offset)
                self._fail()
        super().write(descriptor, data, offset)

    def sync(self, descriptor: int) -> None:
        if self._sync_fails:
            self._fail()

    def sync_folder(self, folder: Path) -> None:
        """Do nothing: no simulated machine loses its power."""

    def truncate(self, descriptor: int, size: int) -> None:
        if not self.dead:
            super().truncate(descriptor, size)

    def replace(self, path: Path, data: bytes) -> None:
        if not self.dead:
            super().replace(path, data)

    def _fail(self) -> None:
        if self._dies:
            raise Died("engine_dies")
        raise self._chance.disk_error()
