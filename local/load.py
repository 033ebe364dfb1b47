"""A plan in, votes on the stream and an account of every one of them out.

One thread casts votes into the outbox at the pattern's rate, one sends. When the stream is slower,
the outbox fills, casting waits, and the progress says so: a vote is never dropped.
"""

import random
import threading
from collections.abc import Callable, Sequence
from typing import Final

from core.clients import StreamClient
from core.clock import Clock
from core.errors import OutboxFull
from local.load_plan import LoadPlan, LoadReport, Progress
from local.publishing import PUBLISHERS, PublishThread, lane_groups
from producers.generate import Chunk, Generator
from producers.mischief import Mischief
from producers.outbox import Outbox
from producers.pattern import Pace
from producers.publish import Publisher

TICK_MS: Final = 20  # a fifth of the linger: votes are spread, and a tick has some for each lane
BURST_MS: Final = 250  # after a stall this much is caught up; more would be a burst of our own
PROGRESS_MS: Final = 100
FULL_WAIT_MS: Final = 10  # how soon a full outbox is tried again

OnProgress = Callable[[Progress], None]
OnOffered = Callable[[int, int], None]


def run_load(
    plan: LoadPlan,
    *,
    client: StreamClient,
    clock: Clock,
    rng: random.Random,
    on_progress: OnProgress,
    stop: threading.Event,
    abort: threading.Event | None = None,
    on_offered: OnOffered | None = None,
) -> LoadReport:
    """Carry out a plan; what an earlier run left in the outbox is sent first.

    `stop` ends the casting, then the outbox is drained for up to `plan.drain_s`; `abort` ends that
    too. `on_offered` is told (epoch ms, votes offered so far) after each tick. Raise UsageError
    for a plan that makes no sense, and what `Outbox.open` and `Outbox.seal` raise.
    """
    plan.check()
    outbox = Outbox.open(
        plan.outbox, clock=clock, rng=rng, lanes=plan.lanes, bytes_max=plan.outbox_bytes_max
    )
    try:
        load = _Load(plan, outbox, client, clock, rng, on_progress)
        load.publishing.start()
        try:
            load.cast(stop, on_offered)
            load.drain(abort or threading.Event())
        finally:
            load.publishing.stop()
        return load.report()
    finally:
        outbox.close()


class _Load:
    """One run: the crowd, the outbox, and what has been counted so far."""

    def __init__(
        self,
        plan: LoadPlan,
        outbox: Outbox,
        client: StreamClient,
        clock: Clock,
        rng: random.Random,
        on_progress: OnProgress,
    ) -> None:
        self._plan = plan
        self._outbox = outbox
        self._clock = clock
        self._on_progress = on_progress
        self._mischief = Mischief(
            client,
            rng=rng,
            duplicate_share=plan.duplicate_share,
            garbage_share=plan.malformed_share,
        )
        publishers = [
            Publisher(outbox, self._mischief, stream=plan.stream, clock=clock, rng=rng, lanes=group)
            for group in lane_groups(outbox.lanes, PUBLISHERS)
        ]
        self.publishing = PublishThread(*publishers, clock=clock)
        crowd = plan.crowd(producer=outbox.producer, lanes=outbox.lanes)
        self._generator = Generator(crowd, start_ms=clock.now_ms())
        self._recovered = outbox.pending_votes
        self._accepted_before = outbox.acknowledged_votes
        self._offered = 0
        self._behind_ms = 0
        self._blocked_ms = 0
        self._blocked = False
        self._full_lanes: frozenset[int] = frozenset()
        self._started_ms = clock.monotonic_ms()
        self._cast_ms = 0
        self._reported_ms = self._started_ms

    def cast(self, stop: threading.Event, on_offered: OnOffered | None) -> None:
        """Cast votes at the pattern's rate until the plan is fulfilled or `stop` is set."""
        plan, clock = self._plan, self._clock
        pace = Pace(plan.pattern, plan.rate)
        left_ms = float("inf") if plan.seconds is None else plan.seconds * 1000
        left_votes = float("inf") if plan.votes is None else plan.votes
        last_ms = self._started_ms
        while left_ms > 0 and left_votes > 0 and not stop.is_set():
            stop.wait(max(0, last_ms + TICK_MS - clock.monotonic_ms()) / 1000)
            now_ms = clock.monotonic_ms()
            passed_ms, last_ms = min(now_ms - last_ms, left_ms), now_ms
            left_ms -= passed_ms
            self._behind_ms += int(max(0, passed_ms - BURST_MS))
            votes = int(min(pace.advance(min(passed_ms, BURST_MS)), left_votes))
            voted_at_ms = clock.now_ms()
            left_votes -= votes
            left_votes += self._cast_at(voted_at_ms, votes, stop)
            if on_offered:
                on_offered(voted_at_ms, self._offered)
            self._tell(draining=False)
        self._offer(self._generator.finish(clock.now_ms()), stop)
        self._cast_ms = max(1, clock.monotonic_ms() - self._started_ms)

    def _cast_at(self, now_ms: int, votes: int, stop: threading.Event) -> int:
        """Cast votes, but for devices whose lane has no room; return how many those did not cast.

        A lane that is hot, or whose shard is away, does not make the others wait.
        """
        self._full_lanes = self._outbox.full_lanes()
        before = self._generator.not_cast_votes
        chunks = self._generator.tick(now_ms, votes, self._full_lanes)
        self._offer(chunks, stop)
        not_cast = self._generator.not_cast_votes - before
        if not chunks and not_cast:  # every lane is full: the stream as a whole is slower
            self._blocked = True
            self._blocked_ms += TICK_MS
            self._behind_ms += TICK_MS
        return not_cast

    def _offer(self, chunks: Sequence[Chunk], stop: threading.Event) -> None:
        """Put chunks into the outbox, waiting while it is full; given up only after `stop`."""
        for chunk in chunks:
            while not self._take(chunk):
                started_ms = self._clock.monotonic_ms()
                stop.wait(FULL_WAIT_MS / 1000)
                self._seal()
                self._tell(draining=False)
                self._blocked_ms += self._clock.monotonic_ms() - started_ms
                if stop.is_set():
                    return
        self._seal()

    def _take(self, chunk: Chunk) -> bool:
        try:
            self._outbox.offer(chunk.lane, chunk.lines, chunk.votes, self._clock.now_ms())
        except OutboxFull:
            self._blocked = True
            return False
        self._blocked = False
        self._offered += chunk.votes
        return True

    def _seal(self, *, everything: bool = False) -> None:
        self.publishing.check()
        if self._outbox.seal(self._clock.now_ms(), everything=everything):
            self.publishing.wake.set()

    def drain(self, abort: threading.Event) -> None:
        """Send what is left, until it is all taken, time is up, or `abort` is set."""
        deadline_ms = self._clock.monotonic_ms() + int(self._plan.drain_s * 1000)
        self._seal(everything=True)
        while not self._outbox.drained and self._clock.monotonic_ms() < deadline_ms:
            if abort.wait(TICK_MS / 1000):
                break
            self.publishing.check()
            self._tell(draining=True)
        self._tell(draining=True, always=True)

    def _tell(self, *, draining: bool, always: bool = False) -> None:
        now_ms = self._clock.monotonic_ms()
        if not always and now_ms - self._reported_ms < PROGRESS_MS:
            return
        self._reported_ms = now_ms
        elapsed_ms = now_ms - self._started_ms
        self._on_progress(
            Progress(
                elapsed_ms=elapsed_ms,
                offered=self._offered,
                accepted=self._outbox.acknowledged_votes - self._accepted_before,
                waiting=self._outbox.pending_votes,
                held=self._generator.held_votes,
                rate=self._offered * 1000 / (self._cast_ms or max(1, elapsed_ms)),
                put_ms_p99=self.publishing.figures.put_ms(0.99),
                draining=draining,
                note=self._note(),
                throttled_shards=self.publishing.throttled_shards(),
                waiting_lanes=self.publishing.waiting_lanes,
                full_lanes=len(self._full_lanes),
            )
        )

    def _note(self) -> str:
        """Say what slows the run down."""
        if shards := self.publishing.throttled_shards():
            return throttle_note(shards, self.publishing.waiting_lanes, len(self._full_lanes))
        if reason := self.publishing.last_reason:
            return f"{reason}: sending again"
        if self._blocked:
            waiting = self._outbox.pending_votes
            return f"stream is slower than the producer: {waiting:,} votes waiting"
        if self._behind_ms > 1000:
            return f"this machine is slower than the plan: {self._behind_ms / 1000:.1f} s behind"
        return ""

    def report(self) -> LoadReport:
        figures = self.publishing.figures
        accepted = self._outbox.acknowledged_votes - self._accepted_before
        left = self._outbox.pending_votes
        assert self._offered + self._recovered == accepted + left, "every vote is accounted for"
        return LoadReport(
            offered=self._offered,
            recovered=self._recovered,
            accepted=accepted,
            left=left,
            rate=round(self._offered * 1000 / self._cast_ms, 1),
            put_ms_p50=figures.put_ms(0.5),
            put_ms_p99=figures.put_ms(0.99),
            puts=figures.calls,
            failed_batches=figures.failed_batches,
            reasons=dict(figures.reasons),
            behind_ms=self._behind_ms,
            blocked_ms=self._blocked_ms,
            late_votes=self._generator.late_votes,
            malformed_lines=self._generator.malformed_lines,
            duplicate_votes=self._mischief.duplicate_votes,
            garbage_records=self._mischief.garbage_records,
            took_ms=self._clock.monotonic_ms() - self._started_ms,
            not_cast=self._generator.not_cast_votes,
            throttled=dict(sorted(figures.throttled.items())),
        )


def throttle_note(shards: Sequence[str], waiting_lanes: int, full_lanes: int) -> str:
    """Say which shards take no more, and whom that holds up."""
    few = ", ".join(shard.removeprefix("shardId-").lstrip("0") or "0" for shard in shards[:4])
    more = f" and {len(shards) - 4} more" if len(shards) > 4 else ""
    note = f"past the limit of {'shard' if len(shards) == 1 else 'shards'} {few}{more}"
    note += f": {waiting_lanes} {'lane waits' if waiting_lanes == 1 else 'lanes wait'}"
    return note + (f", {full_lanes} full" if full_lanes else "")
