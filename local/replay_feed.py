"""Runs of votes in, an outbox whose batches depend on the votes alone, filled and drained, out."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.clock import Clock
from core.errors import OutboxFull
from local.publishing import PublishThread
from producers.generate import Chunk
from producers.journal import read_entries
from producers.lane_packer import LanePacker
from producers.outbox import Outbox
from producers.run import Run

PROGRESS_MS: Final = 100
POLL_S: Final = 0.02  # how often a drain looks whether the outbox is empty
FULL_WAIT_S: Final = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayProgress:
    """How far a replay is. `read` counts votes of the file, sent in earlier runs or in this."""

    read: int
    accepted: int
    waiting: int
    note: str


class Feed:
    """Moves a file's votes into the outbox, a body a batch."""

    def __init__(
        self,
        outbox: Outbox,
        publishing: PublishThread,
        packer: LanePacker,
        *,
        clock: Clock,
        stop: threading.Event,
        rate: float | None,
        on_progress: Callable[[ReplayProgress], None],
    ) -> None:
        self._outbox = outbox
        self._publishing = publishing
        self._packer = packer
        self._clock = clock
        self._stop = stop
        self._rate = rate
        self._on_progress = on_progress
        self._offered_lanes: set[int] = set()
        self._started_ms = clock.monotonic_ms()
        self._told_ms = self._started_ms
        self._read = 0

    def read(self, runs: Iterable[Run]) -> None:
        """Offer every vote that is not in the outbox yet; stop early when told to."""
        for run in runs:
            for body in self._packer.add(run):
                self._offer(body)
            self._read += run.votes
            self._pace()
            if self._stop.is_set():
                return
        for body in self._packer.finish():
            self._offer(body)

    def _offer(self, body: Chunk) -> None:
        """Offer a body; a lane holds one at most when it is sealed, so it becomes one batch."""
        if body.lane in self._offered_lanes:
            self._seal()
        while not self._stop.is_set():
            try:
                self._outbox.offer(body.lane, body.lines, body.votes, self._clock.now_ms())
            except OutboxFull:
                self._seal()
                self._stop.wait(FULL_WAIT_S)
                self._tell("stream is slower than the file is read")
                continue
            self._offered_lanes.add(body.lane)
            return

    def _seal(self) -> None:
        self._publishing.check()
        self._offered_lanes.clear()
        if self._outbox.seal(self._clock.now_ms(), everything=True):
            self._publishing.wake.set()

    def _pace(self) -> None:
        """Keep to the rate, if there is one; votes sent in earlier runs cost no time."""
        if self._rate:
            now_ms = self._clock.monotonic_ms()
            fresh = self._read - self._packer.skipped_votes
            ahead_ms = fresh * 1000 / self._rate - (now_ms - self._started_ms)
            if ahead_ms > PROGRESS_MS:
                self._seal()
                self._stop.wait(ahead_ms / 1000)
        self._tell("")

    def drain(self, drain_s: float) -> None:
        """Wait until the stream has taken everything, time is up, or the replay is stopped."""
        deadline_ms = self._clock.monotonic_ms() + int(drain_s * 1000)
        self._seal()
        while not self._outbox.drained and self._clock.monotonic_ms() < deadline_ms:
            if self._stop.wait(POLL_S):
                break
            self._publishing.check()
            self._tell("")
        self._tell("", always=True)

    def _tell(self, note: str, *, always: bool = False) -> None:
        now_ms = self._clock.monotonic_ms()
        if not always and now_ms - self._told_ms < PROGRESS_MS:
            return
        self._told_ms = now_ms
        reason = self._publishing.last_reason
        self._on_progress(
            ReplayProgress(
                read=self._read,
                accepted=self._outbox.acknowledged_votes,
                waiting=self._outbox.pending_votes,
                note=f"{reason}: sending again" if reason else note,
            )
        )


def sealed_by_lane(folder: Path, lanes: int) -> list[int]:
    """Return how many votes of each lane an outbox on disk has made into batches."""
    sealed = [0] * lanes
    for _, entry in read_entries(folder, lanes):
        sealed[entry.lane] = max(sealed[entry.lane], entry.total)
    return sealed
