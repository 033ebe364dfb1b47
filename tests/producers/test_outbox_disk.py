"""An outbox on a disk that takes half, or nothing, or does not take it back: nothing is lost."""

import random
from pathlib import Path

import pytest

from core.clock import ManualClock
from core.errors import DataFolderUnusable
from producers import journal
from producers.outbox import Outbox, OutboxSummary
from producers.pack import Batch

LINE = b'{"poll":"cube","device_id":"d","seq":1,"colour":"red","voted_at":1}\n'


class FailingDisk(journal.Disk):
    """A disk on which the named calls fail."""

    def __init__(self) -> None:
        self.failing: set[str] = set()

    def create(self, path: Path) -> int:
        self._fail("create")
        return super().create(path)

    def write(self, descriptor: int, data: bytes) -> None:
        half = data[: len(data) // 2] if "write" in self.failing else data
        super().write(descriptor, half)
        self._fail("write")

    def sync(self, descriptor: int) -> None:
        self._fail("sync")

    def truncate(self, descriptor: int, size: int) -> None:
        self._fail("truncate")
        super().truncate(descriptor, size)

    def _fail(self, call: str) -> None:
        if call in self.failing:
            raise OSError(5, "Input/output error")


def batches(outbox: Outbox) -> list[Batch]:
    return [batch for lane in range(outbox.lanes) if (batch := outbox.ready(lane))]


def open_on(disk: journal.Disk, folder: Path, segment_bytes_max: int = 10_000) -> Outbox:
    def new_journal(folder: Path) -> journal.Journal:
        return journal.Journal(folder, disk=disk, segment_bytes_max=segment_bytes_max)

    return Outbox.open(
        folder, clock=ManualClock(), rng=random.Random(1), lanes=4, journal=new_journal
    )


def test_what_is_sealed_behind_half_an_entry_is_read_again(tmp_path: Path) -> None:
    """The disk takes half of a batch, and then not even the repair: later batches stay safe."""
    disk = FailingDisk()
    outbox = open_on(disk, tmp_path)
    outbox.offer(0, LINE, 1, 0)
    disk.failing = {"write", "truncate"}
    with pytest.raises(DataFolderUnusable, match="Input/output"):
        outbox.seal(0, everything=True)
    disk.failing = set()
    assert outbox.seal(0, everything=True) == 1
    outbox.close()
    again = open_on(journal.Disk(), tmp_path)
    assert [batch.number for batch in batches(again)] == [1]
    again.close()


def test_a_batch_that_the_disk_would_not_take_back_is_not_sent_beside_its_successor(
    tmp_path: Path,
) -> None:
    """It was written whole, not forced to disk, and not cut off: nobody ever sent it."""
    disk = FailingDisk()
    outbox = open_on(disk, tmp_path)
    outbox.offer(0, LINE, 1, 0)
    disk.failing = {"sync", "truncate"}
    with pytest.raises(DataFolderUnusable, match="Input/output"):
        outbox.seal(0, everything=True)
    disk.failing = set()
    outbox.offer(0, LINE, 1, 0)
    outbox.seal(0, everything=True)
    sent = batches(outbox)
    outbox.close()
    again = open_on(journal.Disk(), tmp_path)
    assert batches(again) == sent
    again.acknowledge(batches(again))
    assert again.drained
    again.close()


def test_a_new_segment_that_the_disk_refuses_costs_nothing(tmp_path: Path) -> None:
    disk = FailingDisk()
    outbox = open_on(disk, tmp_path, segment_bytes_max=100)
    outbox.offer(0, LINE, 1, 0)
    outbox.seal(0, everything=True)
    outbox.offer(0, LINE, 1, 0)
    disk.failing = {"create"}
    for _ in range(2):
        with pytest.raises(DataFolderUnusable, match="Input/output"):
            outbox.seal(0, everything=True)
    disk.failing = set()
    assert outbox.seal(0, everything=True) == 1
    outbox.close()
    assert OutboxSummary.read(tmp_path).sealed_votes == 2


def test_an_outbox_that_cannot_be_opened_says_so(tmp_path: Path) -> None:
    disk = FailingDisk()
    disk.failing = {"create"}
    with pytest.raises(DataFolderUnusable, match="opening outbox"):
        open_on(disk, tmp_path)
    disk.failing = set()
    open_on(disk, tmp_path).close()
