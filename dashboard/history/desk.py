"""Work for the warehouse in, its results out: few at a time, and none that nobody waits for.

Each piece of work has a thread of its own, apart from those that read the tallies: a warehouse that
hangs holds up a question, never the Live page.
"""

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

from core.errors import ParameterRefused
from core.warehouse import WarehouseClient
from dashboard.history.limits import (
    CLOSE_S,
    GRACE_S,
    RUN_NAME_CHARS_MAX,
    RUNNING_MAX,
    STOP_AGAIN_S,
    STOPS_MAX,
    TIMEOUT_S,
    WAIT_S,
    WAITING_MAX,
)
from dashboard.history.refusal import HistoryBusy, QueryStopped, QueryTimedOut, RunUnknown

log = logging.getLogger("cube.dashboard")

T = TypeVar("T")
Work = Callable[[WarehouseClient], T]


class Desk:
    """Where questions wait for one of a few connections; used from one event loop."""

    def __init__(
        self,
        open_client: Callable[[], WarehouseClient],
        *,
        running_max: int = RUNNING_MAX,
        waiting_max: int = WAITING_MAX,
        wait_s: float = WAIT_S,
        timeout_s: float = TIMEOUT_S,
        grace_s: float = GRACE_S,
    ) -> None:
        self._open = open_client
        self._free = asyncio.Semaphore(running_max)
        self._running_max = running_max
        self._waiting_max = waiting_max
        self._wait_s = wait_s
        self.timeout_s = timeout_s
        self._grace_s = grace_s
        self._idle: list[WarehouseClient] = []
        self._runs: dict[str, asyncio.Task[Any]] = {}
        self._stops: set[asyncio.Task[None]] = set()
        self._all: set[asyncio.Task[Any]] = set()
        self._waiting = 0

    async def ask(self, work: Work[T], *, run: str = "") -> T:
        """Return what the work returns; cancelling the caller stops it at the warehouse as well.

        Raise QueryStopped after `stop(run)`, QueryTimedOut when even the warehouse's own time
        limit did not end it, HistoryBusy when its turn does not come, and what the work raises.
        """
        if len(run) > RUN_NAME_CHARS_MAX or run in self._runs:
            raise ParameterRefused(f"starting a run: {run[:RUN_NAME_CHARS_MAX]!r} cannot be used")
        task = asyncio.ensure_future(self._ask(work))
        self._all.add(task)
        task.add_done_callback(self._forget)
        if run:
            self._runs[run] = task
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:
            task.cancel()
            raise
        finally:
            self._runs.pop(run, None)
        if task.cancelled():
            raise QueryStopped("asking the warehouse: stopped")
        return task.result()

    def stop(self, run: str) -> None:
        """Stop a run, waiting or running; raise RunUnknown when there is none of that name."""
        task = self._runs.get(run)
        if task is None:
            raise RunUnknown("stopping a run: none of that name")
        task.cancel()

    async def close(self) -> None:
        """Stop everything, and wait a moment for the warehouse to hear it."""
        for task in self._all:
            task.cancel()
        if self._all:
            await asyncio.wait(self._all)
        if self._stops:
            await asyncio.wait(self._stops, timeout=CLOSE_S)
        for client in self._idle:
            _in_thread(client.close)
        self._idle.clear()

    async def _ask(self, work: Work[T]) -> T:
        await self._take_turn()
        client = await self._take_client()
        job = _in_thread(lambda: work(client))
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()

        def give_back() -> None:
            ended.set()
            self._idle.append(client)
            self._free.release()

        def told(_: Future[T]) -> None:
            with suppress(RuntimeError):  # the loop has ended before the thread
                loop.call_soon_threadsafe(give_back)

        job.add_done_callback(told)
        try:
            async with asyncio.timeout(self.timeout_s + self._grace_s):
                return await asyncio.wrap_future(job)
        except TimeoutError:
            raise QueryTimedOut(f"asking the warehouse: over {self.timeout_s:g} s") from None
        finally:
            if not job.done():
                stop = asyncio.ensure_future(_stop(client, ended))
                self._stops.add(stop)
                stop.add_done_callback(self._stops.discard)

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._all.discard(task)
        if not task.cancelled():
            task.exception()  # looked at, also when whoever asked has gone

    async def _take_client(self) -> WarehouseClient:
        try:
            if self._idle:
                return self._idle.pop()
            return await asyncio.wrap_future(_in_thread(self._open))
        except BaseException:
            self._free.release()
            raise

    async def _take_turn(self) -> None:
        if self._free.locked() and self._waiting >= self._waiting_max:
            raise HistoryBusy(
                f"asking the warehouse: {self._running_max} questions run"
                f" and {self._waiting} wait already"
            )
        self._waiting += 1
        try:
            async with asyncio.timeout(self._wait_s):
                await self._free.acquire()
        except TimeoutError:
            raise HistoryBusy(
                f"asking the warehouse: no turn within {self._wait_s:g} s,"
                f" {self._running_max} questions run"
            ) from None
        finally:
            self._waiting -= 1


async def _stop(client: WarehouseClient, ended: asyncio.Event) -> None:
    """Say cancel until the work ends: a word that came before its query did nothing."""

    def cancel() -> None:
        try:
            client.cancel()
        except Exception as error:  # the time limit ends what could not be told to
            log.warning("cancelling a query: %s", error)

    for _ in range(STOPS_MAX):
        await asyncio.wrap_future(_in_thread(cancel))
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_AGAIN_S):
                await ended.wait()
                return


def _in_thread(work: Callable[[], T]) -> Future[T]:
    """Start work in a daemon thread: one that hangs does not keep the process from ending."""
    future: Future[T] = Future()
    future.set_running_or_notify_cancel()  # from here on only the work itself ends it

    def run() -> None:
        try:
            result = work()
        except BaseException as error:  # it is the caller's
            future.set_exception(error)
        else:
            future.set_result(result)

    threading.Thread(target=run, name="history", daemon=True).start()
    return future
