"""A file of votes and a poll in, each of its votes on the stream exactly once out.

The producer's id is a digest of file and poll, and how votes are cut into batches depends on the
votes alone: the same replay makes the same batches under the same numbers, which the tallies count
once. So it can be interrupted, killed and run again.
"""

import hashlib
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from core import limits
from core.clients import StreamClient, TableClient
from core.clock import Clock
from core.errors import UsageError
from core.poll import PollRules
from local.poll_palette import ensure_palette, wait_until_effective
from local.publishing import PUBLISHERS, PublishThread, lane_groups
from local.replay_feed import Feed, ReplayProgress, sealed_by_lane
from local.supervise.folder import replace_file
from local.vote_file import FileFacts, read_runs
from producers.lane_packer import BODY_BYTES_MAX, LanePacker
from producers.outbox import Outbox
from producers.publish import Publisher

NOTE_FILE: Final = "replay.json"
FRESH_MS: Final = 86_400_000  # rules older than this are no measure of when a replay began


class ReplayNote(msgspec.Struct, frozen=True, kw_only=True):
    """What a replay decided when it was first started; kept beside its outbox."""

    poll: str
    kind: str
    digest: str
    voted_at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayReport:
    """What came of a replay. `accepted` votes were taken in this run, `earlier` ones before."""

    poll: str
    producer: str
    votes: int
    accepted: int
    earlier: int
    left: int
    colours: int
    took_ms: int


@dataclass(slots=True, kw_only=True)
class Replay:
    """One replay and what it works with. `folder` holds the outboxes of all replays."""

    facts: FileFacts
    poll: str
    folder: Path
    stream: str
    table: str
    stream_client: StreamClient
    table_client: TableClient
    clock: Clock
    rng: random.Random
    on_progress: Callable[[ReplayProgress], None]
    stop: threading.Event
    rate: float | None = None
    overlap_checked: bool = False
    drain_s: float = 120.0
    lanes: int = limits.LANES

    @property
    def producer(self) -> str:
        """The name that makes this replay the same replay every time."""
        settings = f"1/{self.facts.digest}/{self.poll}/{self.lanes}/{BODY_BYTES_MAX}"
        return f"replay-{hashlib.blake2b(settings.encode(), digest_size=10).hexdigest()}"

    def run(self) -> ReplayReport:
        """Make the poll, send what has not been sent, and wait until the stream has it.

        Raise PollRuleRefused for a palette that no poll may have, UsageError when another file
        with votes of the same identity may be in the poll, and what `Outbox.open` raises.
        """
        started_ms = self.clock.monotonic_ms()
        self._check_overlap()
        rules = ensure_palette(
            self.table_client, self.table, self.poll, self.facts.palette, clock=self.clock
        )
        outbox = Outbox.open(
            self.folder / self.producer,
            clock=self.clock,
            rng=self.rng,
            lanes=self.lanes,
            producer=self.producer,
        )
        try:
            note = self._note(rules)
            wait_until_effective(rules, clock=self.clock, wait=self.stop.wait)
            earlier = outbox.acknowledged_votes
            self._send(outbox, note)
            return ReplayReport(
                poll=self.poll,
                producer=self.producer,
                votes=self.facts.votes,
                accepted=outbox.acknowledged_votes - earlier,
                earlier=earlier,
                left=self.facts.votes - outbox.acknowledged_votes,
                colours=len(self.facts.palette),
                took_ms=self.clock.monotonic_ms() - started_ms,
            )
        finally:
            outbox.close()

    def _note(self, rules: PollRules) -> ReplayNote:
        """Return what the first start decided, or decide it.

        The survey's votes are cast when the poll came to have its colours, less a minute: they are
        backlog, and their age is no latency of ours.
        """
        path = self.folder / self.producer / NOTE_FILE
        if path.exists():
            return msgspec.json.decode(path.read_bytes(), type=ReplayNote)
        now_ms = self.clock.now_ms()
        fresh = now_ms - rules.effective_ms < FRESH_MS
        voted_at_ms = (rules.effective_ms if fresh else now_ms) - limits.CAST_LATENCY_MS_MAX
        note = ReplayNote(
            poll=self.poll,
            kind=self.facts.kind,
            digest=self.facts.digest,
            voted_at_ms=max(voted_at_ms, rules.opens_ms or 0),
        )
        replace_file(path, msgspec.json.encode(note))
        return note

    def _check_overlap(self) -> None:
        """Refuse a second file of JSON lines for a poll: a vote in both would be counted twice."""
        if self.facts.kind == "survey" or self.overlap_checked:
            return
        for path in self.folder.glob(f"replay-*/{NOTE_FILE}"):
            note = msgspec.json.decode(path.read_bytes(), type=ReplayNote)
            other = (note.poll, note.kind) == (self.poll, self.facts.kind)
            if other and note.digest != self.facts.digest:
                raise UsageError(
                    f"replaying: poll {self.poll!r} has the votes of another file already, and a "
                    "vote in both would count twice: choose another poll, or say --no-overlap"
                )

    def _send(self, outbox: Outbox, note: ReplayNote) -> None:
        publishers = [
            Publisher(
                outbox,
                self.stream_client,
                stream=self.stream,
                clock=self.clock,
                rng=self.rng,
                lanes=group,
            )
            for group in lane_groups(outbox.lanes, PUBLISHERS)
        ]
        publishing = PublishThread(*publishers, clock=self.clock)
        publishing.start()
        try:
            feed = Feed(
                outbox,
                publishing,
                LanePacker(self.lanes, sealed_by_lane(self.folder / self.producer, self.lanes)),
                clock=self.clock,
                stop=self.stop,
                rate=self.rate,
                on_progress=self.on_progress,
            )
            feed.read(read_runs(self.facts, poll=self.poll, voted_at_ms=note.voted_at_ms))
            feed.drain(self.drain_s)
        finally:
            publishing.stop()
