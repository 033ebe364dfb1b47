"""A reader and the polls somebody looks at in, the trends last read of them out.

It has a loop of its own: where trends cannot be read, the rest of the page is none the worse.
"""

import asyncio
import logging
from collections.abc import Callable, Collection
from typing import Any, NamedTuple

from core.clock import Clock
from core.trend import TrendState
from dashboard.limits import IDLE_AFTER_MS, TREND_PERIOD_MS
from dashboard.poll_tally import PollTally
from dashboard.reader import TrendReader
from dashboard.trend import read_trend
from dashboard.trend_entry import trend_entry

log = logging.getLogger("cube.dashboard")


class TrendReading(NamedTuple):
    """What one look at the trend table saw of a poll, one state a shard."""

    as_of: int
    states: tuple[TrendState, ...]


class TrendFeed:
    """Keeps the last good reading of every poll that somebody looks at, once a second.

    `reader` None: nothing is known of any trend.
    """

    def __init__(
        self, reader: TrendReader | None, *, clock: Clock, watched: Callable[[], Collection[str]]
    ) -> None:
        self._reader = reader
        self._clock = clock
        self._watched = watched
        self._asked_ms: dict[str, int] = {}
        self._readings: dict[str, TrendReading] = {}
        self._entries: dict[str, tuple[object, dict[str, Any]]] = {}
        self._failing = False

    async def run(self) -> None:
        """Read until cancelled; an error is logged once, and reading goes on."""
        while True:
            try:
                await self.step()
            except Exception as error:  # no table, no right, no network: trends are unknown
                if not self._failing:
                    log.warning("reading trends: %s; retrying", error)
                self._failing = True
            else:
                self._failing = False
            await asyncio.sleep(TREND_PERIOD_MS / 1000)

    async def step(self) -> None:
        """Read the polls that are watched, or were asked for a moment ago."""
        if self._reader is None:
            return
        now_ms = self._clock.monotonic_ms()
        self._asked_ms = {
            poll: ms for poll, ms in self._asked_ms.items() if now_ms - ms < IDLE_AFTER_MS
        }
        for poll in sorted({*self._watched(), *self._asked_ms}):
            as_of = self._clock.now_ms()
            states = await asyncio.to_thread(self._reader.read_trend, poll)
            self._readings[poll] = TrendReading(as_of, states)

    def ask(self, poll: str) -> None:
        """Remember that somebody wants to know a poll's trend."""
        self._asked_ms[poll] = self._clock.monotonic_ms()

    def entry(self, poll: str, tally: PollTally, *, now_ms: int) -> dict[str, Any] | None:
        """Return a poll's trend for the wire, None where it was not read yet.

        It is worked out once a second, however often it is sent.
        """
        reading = self._readings.get(poll)
        if reading is None:
            return None
        now_s, counted_s = now_ms // 1000, tally.newest_second
        made_of = (reading.as_of, now_s, counted_s, tally.palette)
        if self._entries.get(poll, (None,))[0] != made_of:
            trend = read_trend(
                reading.states, now_s=now_s, counted_s=counted_s, known=tally.palette
            )
            self._entries[poll] = (made_of, trend_entry(trend, as_of=reading.as_of))
        return self._entries[poll][1]
