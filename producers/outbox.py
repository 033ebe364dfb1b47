"""Lines in, durable stamped batches out, until the stream has acknowledged them.

What is sealed is on disk before it can be sent, and stays there until it is acknowledged; after a
crash the same bytes are sent under the same lane and number, so the tallies count them once.
"""

import fcntl
import os
import random
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from core import limits
from core.clock import Clock
from core.errors import AlreadyRunning, DataFolderUnusable, OutboxFull, UsageError
from core.lane import lane_of
from core.vote import Vote, encode_votes
from producers.journal import Ack, Journal, encode_ack, encode_batch, read_entries
from producers.outbox_lane import OutboxLane
from producers.outbox_meta import read_meta, write_meta
from producers.pack import Batch, LaneBuffer, seal


@dataclass(frozen=True, slots=True)
class OutboxSummary:
    """What an outbox on disk says of itself: one of the two sides of the ledger's first line."""

    producer: str
    lanes: int
    sealed_votes: int
    acknowledged_votes: int
    acknowledged_by_lane: tuple[int, ...]

    @staticmethod
    def read(folder: Path) -> "OutboxSummary":
        """Read a folder without locking it; raise OutboxDamaged when it is none."""
        producer, lanes = read_meta(folder)
        sealed, acknowledged = [0] * lanes, [0] * lanes
        for _, entry in read_entries(folder, lanes):
            totals = acknowledged if isinstance(entry, Ack) else sealed
            totals[entry.lane] = max(totals[entry.lane], entry.total)
        both = [max(pair) for pair in zip(sealed, acknowledged, strict=True)]
        return OutboxSummary(producer, lanes, sum(both), sum(acknowledged), tuple(acknowledged))


class Outbox:
    """A producer's durable queue. Take `lock` for anything but the methods, which take it."""

    def __init__(
        self,
        folder: Path,
        *,
        clock: Clock,
        lock_file: int,
        bytes_max: int,
        journal: Callable[[Path], Journal] = Journal,
    ) -> None:
        self.producer, self.lanes = read_meta(folder)
        self.lock = threading.RLock()
        self._folder = folder
        self._clock = clock
        self._lock_file = lock_file
        self._bytes_max = bytes_max
        self._lanes = [OutboxLane() for _ in range(self.lanes)]
        self._unacked_by_segment: dict[Path, int] = {}
        self._pending_bytes = 0
        self._recover()
        self._journal = journal(folder)
        try:
            self._forget_empty_segments()
        except BaseException:
            self._journal.close()
            raise

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        clock: Clock,
        rng: random.Random,
        lanes: int = limits.LANES,
        producer: str | None = None,
        bytes_max: int = limits.OUTBOX_BYTES_MAX,
        journal: Callable[[Path], Journal] = Journal,
    ) -> "Outbox":
        """Open a folder, or make one; what it holds unacknowledged is ready to be sent again.

        `producer` and `lanes` are fixed when the folder is made. Raise AlreadyRunning when another
        process has it open, DataFolderUnusable when it cannot be written.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lock_file = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise DataFolderUnusable(f"opening outbox: {error}") from error
        try:
            fcntl.flock(lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(lock_file)
            raise AlreadyRunning(f"opening outbox: {folder.name} is in use") from error
        try:
            if not (folder / "outbox.json").exists():
                write_meta(folder, producer or f"p{rng.getrandbits(64):016x}", lanes)
            return cls(
                folder, clock=clock, lock_file=lock_file, bytes_max=bytes_max, journal=journal
            )
        except OSError as error:
            os.close(lock_file)
            raise DataFolderUnusable(f"opening outbox: {error}") from error
        except BaseException:
            os.close(lock_file)
            raise

    def _recover(self) -> None:
        kept: list[dict[int, tuple[Batch, Path]]] = [{} for _ in self._lanes]
        for path, entry in read_entries(self._folder, self.lanes):
            lane = self._lanes[entry.lane]
            if isinstance(entry, Ack):
                lane.acked_number = max(lane.acked_number, entry.number)
                lane.acked_total = max(lane.acked_total, entry.total)
            else:
                # The last of a number: an earlier one is a try that the disk would not take back.
                kept[entry.lane][entry.number] = (entry, path)
            lane.number = max(lane.number, entry.number)
            lane.total = max(lane.total, entry.total)
            self._unacked_by_segment.setdefault(path, 0)
        for lane, batches in zip(self._lanes, kept, strict=True):
            for batch, path in batches.values():
                if batch.number > lane.acked_number:
                    lane.sealed.append((batch, path))
                    self._unacked_by_segment[path] += 1
                    self._pending_bytes += len(batch.data)

    def _empty_segments(self) -> list[Path]:
        """Return segments, but for the one being written, whose batches are all acknowledged."""
        segments = self._unacked_by_segment.items()
        return [path for path, unacked in segments if not unacked and path != self._journal.path]

    def _forget_empty_segments(self) -> None:
        """Write the acknowledgements once more, then delete segments that nothing needs."""
        acks = [
            Ack(index, lane.acked_number, lane.acked_total)
            for index, lane in enumerate(self._lanes)
            if lane.acked_number
        ]
        self._journal.append(b"".join(map(encode_ack, acks)), durable=True)
        for path in self._empty_segments():
            path.unlink(missing_ok=True)
            del self._unacked_by_segment[path]

    def offer(self, lane: int, lines: bytes, votes: int, now_ms: int) -> None:
        """Take complete JSON lines for one lane; raise OutboxFull, taking nothing, when full."""
        assert lines.endswith(b"\n"), "a line ends in a newline"
        if len(lines) > limits.LINE_BYTES_MAX:
            _check_lines(lines)
        with self.lock:
            if self._pending_bytes + len(lines) > self._bytes_max:
                raise OutboxFull(f"offering votes: {self._pending_bytes} bytes wait already")
            self._lanes[lane].buffer.add(lines, votes, now_ms)
            self._pending_bytes += len(lines)

    def offer_votes(self, votes: Sequence[Vote], now_ms: int) -> None:
        """Take votes, each for its device's lane: all of them or, raising OutboxFull, none."""
        by_lane: dict[int, list[Vote]] = {}
        for vote in votes:
            by_lane.setdefault(lane_of(vote.device_id, self.lanes), []).append(vote)
        encoded = {lane: encode_votes(group) for lane, group in by_lane.items()}
        size_bytes = sum(map(len, encoded.values()))
        with self.lock:
            if self._pending_bytes + size_bytes > self._bytes_max:
                raise OutboxFull(f"offering votes: {self._pending_bytes} bytes wait already")
            for lane, lines in encoded.items():
                self.offer(lane, lines, len(by_lane[lane]), now_ms)

    def seal(self, now_ms: int, *, everything: bool = False) -> int:
        """Make durable batches of what is full or has lingered; return how many.

        Raise DataFolderUnusable when the disk does not take them: the lines stay and can be sealed
        again, and nothing that is not on disk is ever sent.
        """
        with self.lock:
            sealed: list[Batch] = []
            for index, lane in enumerate(self._lanes):
                if lane.buffer.due(now_ms) or (everything and lane.buffer.chunks):
                    sealed += seal(
                        lane.buffer,
                        producer=self.producer,
                        lanes=self.lanes,
                        lane=index,
                        number=lane.number + 1,
                        total=lane.total,
                    )
            if not sealed:
                return 0
            try:
                path = self._journal.append(b"".join(map(encode_batch, sealed)), durable=True)
            except OSError as error:
                raise DataFolderUnusable(f"sealing batches: {error}") from error
            self._keep(sealed, path)
            return len(sealed)

    def _keep(self, sealed: list[Batch], path: Path) -> None:
        for batch in sealed:
            lane = self._lanes[batch.lane]
            self._pending_bytes -= lane.buffer.size_bytes
            lane.buffer = LaneBuffer.empty()
            lane.sealed.append((batch, path))
            lane.number, lane.total = batch.number, batch.total
            self._pending_bytes += len(batch.data)
        unacked = self._unacked_by_segment.get(path, 0)
        self._unacked_by_segment[path] = unacked + len(sealed)

    def ready(self, lane: int) -> Batch | None:
        """Return the lane's oldest batch that is not acknowledged."""
        with self.lock:
            sealed = self._lanes[lane].sealed
            return sealed[0][0] if sealed else None

    def acknowledge(self, batches: Sequence[Batch]) -> None:
        """Forget batches that the stream has taken.

        The note of it need not be durable: a batch sent again after a crash is counted once.
        """
        with self.lock:
            for batch in batches:
                lane = self._lanes[batch.lane]
                oldest, path = lane.sealed.popleft()
                assert oldest is batch, "one batch is in flight per lane, the oldest"
                lane.acked_number, lane.acked_total = batch.number, batch.total
                self._pending_bytes -= len(batch.data)
                self._unacked_by_segment[path] -= 1
            acks = [Ack(batch.lane, batch.number, batch.total) for batch in batches]
            with suppress(OSError):
                self._journal.append(b"".join(map(encode_ack, acks)), durable=False)
                if self._empty_segments():
                    self._forget_empty_segments()

    @property
    def pending_bytes(self) -> int:
        return self._pending_bytes

    def full_lanes(self) -> frozenset[int]:
        """Return lanes that hold their share of the bound, a lane's part of it, unacknowledged.

        Who offers to them goes on until the whole outbox is full; who has votes for other lanes
        leaves these alone, so that a shard which is hot or away does not use up everyone's room.
        """
        share = self._bytes_max // self.lanes
        with self.lock:
            if self._pending_bytes < share:
                return frozenset()
            return frozenset(
                index for index, lane in enumerate(self._lanes) if lane.pending_bytes() >= share
            )

    @property
    def pending_votes(self) -> int:
        """Votes offered and not acknowledged, those not sealed yet included."""
        with self.lock:
            waiting = sum(lane.buffer.votes for lane in self._lanes)
            return waiting + self.sealed_votes - self.acknowledged_votes

    @property
    def sealed_votes(self) -> int:
        return sum(lane.total for lane in self._lanes)

    @property
    def acknowledged_votes(self) -> int:
        """Votes the stream has taken over the outbox's life."""
        return sum(lane.acked_total for lane in self._lanes)

    @property
    def drained(self) -> bool:
        return self.pending_votes == 0

    def summary(self) -> OutboxSummary:
        with self.lock:
            by_lane = tuple(lane.acked_total for lane in self._lanes)
            return OutboxSummary(
                self.producer, self.lanes, self.sealed_votes, sum(by_lane), by_lane
            )

    def close(self) -> None:
        """Let go of the folder; lines that were never sealed are given up, as nobody took them."""
        self._journal.close()
        os.close(self._lock_file)


def _check_lines(lines: bytes) -> None:
    longest = max(map(len, lines.split(b"\n")))
    if longest > limits.LINE_BYTES_MAX:
        raise UsageError(f"offering votes: a line of {longest} bytes fits no record")
