"""Readers and the time in, `/api/ledger` out: one loop a process, while somebody looks."""

import asyncio
import contextlib
import logging
from collections.abc import Callable

import msgspec

from core.clock import Clock
from core.errors import CubeError
from core.invariants.invariant import MINUTE_MS
from core.warehouse import WarehouseClient
from dashboard.history.desk import Desk
from dashboard.pipeline.body import Known, body
from dashboard.pipeline.history_lines import ColourReading
from dashboard.pipeline.history_reader import (
    HistoryReading,
    read_colours,
    read_history,
    read_producers,
)
from dashboard.pipeline.limits import (
    DEEP_PERIOD_MS,
    FRESH_MS,
    FRESH_WAIT_S,
    HISTORY_PERIOD_MS,
    IDLE_AFTER_MS,
    PRODUCERS_MAX,
    REST,
    SHARED_MS,
    STALE_HISTORY_MS,
    TABLE_PERIOD_MS,
    WARMING_PERIOD_MS,
    WINDOW_MINUTES,
)
from dashboard.pipeline.missing import GapWatch, MissingBatches
from dashboard.pipeline.table_reader import LedgerReader, TableReading

log = logging.getLogger("cube.dashboard")


class Pipeline:
    """Keeps the last good readings; nobody looks, nothing is read. `desk` None: no warehouse."""

    def __init__(
        self,
        reader: LedgerReader,
        desk: Desk | None,
        *,
        clock: Clock,
        default_poll: str,
        viewers: Callable[[], int],
    ) -> None:
        self._reader = reader
        self._desk = desk
        self._clock = clock
        self._default_poll = default_poll
        self._viewers = viewers
        self._gaps = GapWatch()
        self._reading: TableReading | None = None
        self._history: HistoryReading | None = None
        self._colours: ColourReading | None = None
        self._producers: list[str] | None = None
        self._missing: list[MissingBatches] | None = None
        self._errors = {"table": "", "history": ""}
        self._asked_ms: int | None = None
        self._next_history_ms = 0
        self._next_deep_ms = 0
        self._asking: asyncio.Task[None] | None = None
        self._revision = 0
        self._body: tuple[tuple[int, int], bytes] | None = None
        self._looked = asyncio.Event()
        self._read = asyncio.Condition()

    async def run(self) -> None:
        """Read while somebody looks, until cancelled; whatever fails is said, and tried again."""
        try:
            while True:
                await self._looked.wait()
                started_ms = self._clock.monotonic_ms()
                if self._asking is None or self._asking.done():
                    self._asking = asyncio.create_task(self.ask_history())
                await self.step()
                if self._idle():
                    self._looked.clear()
                spent_ms = self._clock.monotonic_ms() - started_ms
                period_ms = TABLE_PERIOD_MS if self._whole else WARMING_PERIOD_MS
                await asyncio.sleep(max(0, period_ms - spent_ms) / 1000)
        finally:
            if self._asking:
                self._asking.cancel()

    async def answer(self) -> bytes:
        """Return `/api/ledger`; who asks first, or after a pause, waits a moment for a reading."""
        self._asked_ms = self._clock.monotonic_ms()
        self._looked.set()
        if self._old():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FRESH_WAIT_S), self._read:
                    await self._read.wait_for(lambda: not self._old())
        return self._encoded()

    def _encoded(self) -> bytes:
        """Return the body; many who ask within a moment share one."""
        now_ms = self._clock.now_ms()
        key = (now_ms // SHARED_MS, self._revision)
        if self._body is None or self._body[0] != key:
            known = {"server_now": now_ms} | body(self._known(now_ms))
            self._body = (key, msgspec.json.encode(known))
        return self._body[1]

    @property
    def awake(self) -> bool:
        """Whether the loop reads: somebody has looked lately."""
        return self._looked.is_set()

    async def step(self) -> None:
        """Read the table once."""
        producers = (self._producers or [])[:PRODUCERS_MAX]
        try:
            reading = await asyncio.to_thread(self._reader.read, producers)
        except Exception as error:  # whatever the table does, the page must say so and go on
            self._failed("table", f"the tallies cannot be read: {error}")
        else:
            self._errors["table"] = ""
            self._reading = reading
            if producers:
                self._missing = self._gaps.look(reading.lanes, now_ms=reading.as_of)
        await self._tell()

    async def ask_history(self) -> None:
        """Ask the warehouse what is due: the window often, all of history seldom."""
        if self._desk is None:
            return
        now_ms = self._clock.monotonic_ms()
        try:
            if now_ms >= self._next_history_ms:
                self._history = await self._desk.ask(self._read_history)
                spent_ms = self._clock.monotonic_ms() - now_ms
                self._next_history_ms = now_ms + max(HISTORY_PERIOD_MS, REST * spent_ms)
            if now_ms >= self._next_deep_ms and self._reading is not None:
                self._colours, self._producers = await self._desk.ask(self._read_deep)
                spent_ms = self._clock.monotonic_ms() - now_ms
                self._next_deep_ms = now_ms + max(DEEP_PERIOD_MS, REST * spent_ms)
        except CubeError as error:
            self._next_history_ms = self._clock.monotonic_ms() + HISTORY_PERIOD_MS
            self._failed("history", str(error))
        except Exception as error:
            self._next_history_ms = self._clock.monotonic_ms() + HISTORY_PERIOD_MS
            self._failed("history", "the dashboard failed; its log has the reason")
            log.error("asking the warehouse for the ledger: %s", error, exc_info=error)
        else:
            self._errors["history"] = ""
        await self._tell()

    def _read_history(self, client: WarehouseClient) -> HistoryReading:
        now_ms = self._clock.now_ms()
        from_minute = now_ms // MINUTE_MS - WINDOW_MINUTES + 1
        return read_history(client, from_minute=from_minute, now_ms=now_ms)

    def _read_deep(self, client: WarehouseClient) -> tuple[ColourReading, list[str]]:
        """Read the totals of all polls around the votes of all history; and who sent them."""
        now_ms = self._clock.now_ms()
        reading, history = self._reading, self._history
        polls = self._reader.polls()
        before = {poll: self._reader.read_totals(poll) for poll in polls}
        warehouse = read_colours(client, now_ms=now_ms)
        after = {poll: self._reader.read_totals(poll) for poll in polls}
        producers = read_producers(client, now_ms=now_ms)
        first = history.first_minute if history else None
        skipped = frozenset(
            each.poll
            for each in (reading.ledgers.values() if reading else ())
            if _forgotten(each.first_minute, first)
        )
        colours = ColourReading(
            as_of=now_ms, before=before, warehouse=warehouse, after=after, skipped=skipped
        )
        return colours, producers

    def _known(self, now_ms: int) -> Known:
        producers = self._producers
        return Known(
            now_ms=now_ms,
            default_poll=self._default_poll,
            viewers=self._viewers(),
            reading=self._reading,
            history=self._history,
            colours=self._colours,
            missing=self._missing,
            producers=len(producers) if producers else None,
            producers_left_out=producers is not None and len(producers) > PRODUCERS_MAX,
            table_error=self._errors["table"],
            history_error=self._errors["history"],
            history_off=self._desk is None,
        )

    async def _tell(self) -> None:
        """Wake whoever waits for a reading."""
        self._revision += 1
        async with self._read:
            self._read.notify_all()

    def _old(self) -> bool:
        """Return whether a reading is worth waiting for."""
        now_ms = self._clock.now_ms()
        if self._reading is None or now_ms - self._reading.as_of > FRESH_MS:
            return not self._errors["table"]
        if self._desk is None or self._errors["history"]:
            return False
        if self._history is None or now_ms - self._history.as_of > STALE_HISTORY_MS:
            return True
        return not self._whole

    @property
    def _whole(self) -> bool:
        """Whether everything that can be read has been, once."""
        if self._desk is None or self._errors["history"] or self._errors["table"]:
            return True
        return self._colours is not None and (not self._producers or self._missing is not None)

    def _idle(self) -> bool:
        asked_ms = self._asked_ms
        return asked_ms is None or self._clock.monotonic_ms() - asked_ms > IDLE_AFTER_MS

    def _failed(self, source: str, why: str) -> None:
        if not self._errors[source]:
            log.warning("%s; trying again", why)
        self._errors[source] = why


def _forgotten(live: int | None, history: int | None) -> bool:
    """Return whether history begins later than the ledger: retention has taken the rest."""
    return live is not None and history is not None and live < history
