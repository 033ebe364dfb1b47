"""A reader and the time in, frames for the hub and snapshots for the API out: the one loop."""

import asyncio
import logging
import random
from typing import Any

import msgspec

from core.backoff import full_jitter_ms
from core.clock import Clock
from core.poll import PollBook
from dashboard.hub import Frame, Hub
from dashboard.limits import (
    BACKOFF_MS_BASE,
    BACKOFF_MS_CAP,
    HISTORY_S,
    IDLE_AFTER_MS,
    IDLE_PERIOD_MS,
    LATE_PERIOD_MS,
    LATE_S,
    POLLS_PERIOD_MS,
    POLLS_READ_MAX,
    READ_PERIOD_MS,
    READY_AGE_MS_MAX,
    REREAD_S,
    UNCHANGED_PERIOD_MS,
)
from dashboard.poll_tally import PollReading, PollTally
from dashboard.reader import TallyReader, TrendReader
from dashboard.rotation import polls_to_read
from dashboard.snapshot import opening, snapshot, tick
from dashboard.trend_feed import TrendFeed

log = logging.getLogger("cube.dashboard")


class Feed:
    """Keeps the last good tally of every poll; publishes what changed, and ages when it fails."""

    def __init__(
        self,
        reader: TallyReader,
        hub: Hub,
        *,
        clock: Clock,
        rng: random.Random,
        default_poll: str,
        trends: TrendReader | None = None,
    ) -> None:
        self._reader = reader
        self._hub = hub
        self._clock = clock
        self._rng = rng
        self._default_poll = default_poll
        self._trends = TrendFeed(
            trends, clock=clock, watched=lambda: hub.watched() | {default_poll}
        )
        self._book: PollBook | None = None
        self._tallies: dict[str, PollTally] = {}
        self._seq = 0
        self._turn = 0
        self._failures = 0
        self._asked_ms = clock.monotonic_ms()
        self._late_ms: dict[str, int] = {}
        self._published: dict[str, tuple[int, int | None, int]] = {}
        self.as_of: int | None = None

    async def run(self) -> None:
        """Read and publish until cancelled; an error is logged once, and retried for ever.

        Trends are read beside: however long that takes, tallies do not wait for it.
        """
        beside = asyncio.create_task(self._trends.run())
        try:
            await self._run()
        finally:
            beside.cancel()

    async def _run(self) -> None:
        while True:
            started_ms = self._clock.monotonic_ms()
            try:
                await self.step()
            except Exception as error:  # whatever the table does, the page must say so and go on
                if self._failures == 0:
                    log.warning("reading tallies: %s; retrying", error)
                self._failures += 1
            else:
                if self._failures:
                    log.info("reading tallies: back after %d failures", self._failures)
                self._failures = 0
            self.publish()
            spent_ms = self._clock.monotonic_ms() - started_ms
            await asyncio.sleep(max(0, self._wait_ms() - spent_ms) / 1000)

    async def step(self) -> None:
        """Read once: the polls when it is time, then the polls whose turn it is."""
        now_ms = self._clock.now_ms()
        if self._book is None or not 0 <= now_ms - self._book.read_ms < POLLS_PERIOD_MS:
            self._take_book(await asyncio.to_thread(self._reader.read_polls))
        watched = self._hub.watched() | {self._default_poll}
        polls = polls_to_read(self.polls(), watched, turn=self._turn, others_max=POLLS_READ_MAX)
        self._turn += 1
        wanted = [(poll, self._from_second(poll)) for poll in polls]
        for poll, reading in await asyncio.to_thread(self._read, wanted):
            self._tallies[poll].apply(reading)
        self.as_of = now_ms

    def publish(self) -> None:
        """Hand the hub what changed, and now and then what did not: its age did."""
        now_ms = self._clock.now_ms()
        for poll, tally in self._tallies.items():
            revision, full_second, sent_ms = self._published.get(poll, (-1, None, 0))
            quiet = (tally.revision, tally.full_second) == (revision, full_second)
            if quiet and 0 <= now_ms - sent_ms < UNCHANGED_PERIOD_MS:
                continue
            self._published[poll] = (tally.revision, tally.full_second, now_ms)
            self._hub.publish(poll, self._frame(poll, tally, now_ms))

    def polls(self) -> list[str]:
        """Return the polls that are known, sorted."""
        return sorted(self._tallies)

    def knows(self, poll: str) -> bool:
        """Return whether a poll can be shown; before the first reading nobody can tell."""
        return self._book is None or poll in self._tallies

    def snapshot(self, poll: str | None = None) -> dict[str, Any]:
        """Return `/api/snapshot`; asking counts as looking."""
        self.look()
        chosen = {name: t for name, t in self._tallies.items() if poll in (None, name)}
        now_ms = self._clock.now_ms()
        if poll is not None:
            self._trends.ask(poll)
        trends = {name: self._trends.entry(name, t, now_ms=now_ms) for name, t in chosen.items()}
        return snapshot(chosen, trends, as_of=self.as_of, server_now=now_ms)

    def opening(self, poll: str) -> dict[str, Any] | None:
        """Return what a viewer of a poll needs first, None for a poll that is not known yet."""
        tally = self._tallies.get(poll)
        if tally is None:
            return None
        now_ms = self._clock.now_ms()
        trend = self._trends.entry(poll, tally, now_ms=now_ms)
        return opening(
            tally, poll=poll, polls=self.polls(), seq=self._seq, server_now=now_ms, trend=trend
        )

    def look(self) -> None:
        """Remember that somebody looks: reading is quick while somebody does."""
        self._asked_ms = self._clock.monotonic_ms()

    @property
    def ready(self) -> bool:
        """Whether the last good reading is young enough to stand behind."""
        return self.as_of is not None and self._clock.now_ms() - self.as_of < READY_AGE_MS_MAX

    def _take_book(self, book: PollBook) -> None:
        self._book = book
        for poll in {*book.polls(), self._default_poll}:
            rules = book.rules_at(poll, book.read_ms) or book.latest(poll)
            palette = rules.palette if rules else ()
            if poll not in self._tallies:
                self._tallies[poll] = PollTally(palette)
                for tally in self._tallies.values():
                    tally.reseed()
            self._tallies[poll].set_palette(palette)

    def _from_second(self, poll: str) -> int:
        """Return where reading has to start so that nothing counted since is missed."""
        now_ms = self._clock.now_ms()
        oldest = now_ms // 1000 - HISTORY_S
        as_of = self._tallies[poll].as_of
        if as_of is None:
            return oldest
        reach = REREAD_S
        if not 0 <= now_ms - self._late_ms.get(poll, 0) < LATE_PERIOD_MS:
            self._late_ms[poll] = now_ms
            reach = LATE_S
        return max(as_of // 1000 - reach, oldest)

    def _read(self, wanted: list[tuple[str, int]]) -> list[tuple[str, PollReading]]:
        return [(poll, self._reader.read_poll(poll, from_second=second)) for poll, second in wanted]

    def _frame(self, poll: str, tally: PollTally, now_ms: int) -> Frame:
        self._seq += 1
        trend = self._trends.entry(poll, tally, now_ms=now_ms)
        data = tick(tally, seq=self._seq, server_now=now_ms, trend=trend)
        return Frame(
            seq=self._seq,
            epoch=tally.epoch,
            as_of=tally.as_of,
            tick=msgspec.json.encode(data),
            opening=lambda: msgspec.json.encode(self.opening(poll)),
        )

    def _wait_ms(self) -> int:
        if self._failures:
            return READ_PERIOD_MS + full_jitter_ms(
                self._rng,
                attempt=self._failures,
                base_ms=BACKOFF_MS_BASE,
                cap_ms=BACKOFF_MS_CAP,
            )
        idle = self._clock.monotonic_ms() - self._asked_ms > IDLE_AFTER_MS
        return IDLE_PERIOD_MS if idle and not self._hub.viewers else READ_PERIOD_MS
