"""A delivery stream's state machine in, its actions carried out: the I/O, on an event loop."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Protocol

from local.firehose.action import Copy, Fetch, Finished, Save, StoreObject, Transform, Wait
from local.firehose.limits import FAULT_PAUSE_S, INVOKE_S_MAX
from local.firehose.object_store import ObjectStore, put
from local.firehose.pipeline import Pipeline
from local.invoke import error_object
from local.invoke.outcome import Outcome
from local.mapping.source import StreamSource
from local.mapping.steady_clock import SteadyClock

log = logging.getLogger("cube.firehose")

SavePosition = Callable[[Save], None]
FinishShard = Callable[[str], None]


class Invoker(Protocol):
    """Invokes a function synchronously: `local.invoke.FunctionPool.invoke`."""

    async def __call__(self, name: str, payload: bytes) -> Outcome: ...


class Copier(Protocol):
    """Runs one COPY in Redshift and commits it; raises whatever went wrong. May block."""

    def __call__(self, sql: str, /) -> None: ...


class PipelineDriver:
    """Runs one pipeline until the task is cancelled, or a belief of ours turns out wrong."""

    def __init__(
        self,
        pipeline: Pipeline,
        *,
        name: str,
        source: StreamSource,
        invoke: Invoker,
        objects: ObjectStore,
        copy: Copier | None,
        save: SavePosition,
        finished: FinishShard,
        clock: SteadyClock,
    ) -> None:
        self.pipeline = pipeline
        self._name = name
        self._source = source
        self._invoke = invoke
        self._objects = objects
        self._copy = copy
        self._save = save
        self._finished = finished
        self._clock = clock
        self._wake = asyncio.Event()
        self._under_way: set[asyncio.Task[None]] = set()
        self._fault: BaseException | None = None  # of ours, in work that was under way
        self._troubles: set[str] = set()  # one log line an outage, not one a try

    async def run(self) -> None:
        """Drive; raise what went wrong on our side: a new driver has to go on."""
        try:
            while self._fault is None:
                self._wake.clear()
                match self.pipeline.step(self._clock.now_ms()):
                    case Fetch() as fetch:
                        self._read(fetch)
                        await asyncio.sleep(0)  # a backlog must not starve the event loop
                    case Transform() as invocation:
                        self._start(self._call(invocation))
                    case StoreObject() as action:
                        self._start(self._store(action))
                    case Copy() as copy:
                        self._start(self._run_copy(copy))
                    case Save() as save:
                        self._start(self._keep(save))
                    case Wait(until_ms):
                        await self._sleep(until_ms)
                    case Finished(shard_id):
                        self._finished(shard_id)
            raise self._fault
        finally:
            for task in self._under_way:
                task.cancel()
            await asyncio.gather(*self._under_way, return_exceptions=True)

    def wake(self) -> None:
        """Look again: the pipeline was told something."""
        self._wake.set()

    def drain(self) -> None:
        """Take nothing in any more, and store what is held at once."""
        self.pipeline.drain()
        self.wake()

    async def _sleep(self, until_ms: int | None) -> None:
        if until_ms is None:
            await self._wake.wait()
            return
        delay_s = max(0, until_ms - self._clock.now_ms()) / 1_000
        alarm = asyncio.get_running_loop().call_later(delay_s, self._wake.set)
        try:
            await self._wake.wait()
        finally:
            alarm.cancel()

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        if not task.cancelled():
            self._fault = self._fault or task.exception()
        self._wake.set()

    def _read(self, fetch: Fetch) -> None:
        what = f"reading {fetch.shard_id}"
        try:
            result = self._source.read(
                self.pipeline.stream_name,
                fetch.shard_id,
                after=fetch.after,
                records_max=fetch.records_max,
                bytes_max=fetch.bytes_max,
            )
        except Exception as error:  # whatever the disk or the stream says, try again later (C3)
            self._report(what, error)
            self.pipeline.fetch_failed(fetch.shard_id, self._clock.now_ms())
        else:
            self._troubles.discard(what)
            self.pipeline.fetched(fetch.shard_id, result, self._clock.now_ms())

    async def _call(self, invocation: Transform) -> None:
        function_name = invocation.function_name
        what = f"invoking {function_name}"
        try:
            payload = self.pipeline.payload(invocation)
            async with asyncio.timeout(INVOKE_S_MAX):
                outcome = await self._invoke(function_name, payload)
        except TimeoutError:  # C17
            outcome = Outcome("function_error", error_object.timed_out(INVOKE_S_MAX, ""), "")
        except Exception as error:  # the pool's fault, not the records': try again
            self._report(what, error)
            outcome = Outcome("service_error", b"", "")
        else:
            self._troubles.discard(what)
        self.pipeline.transformed(invocation.attempt_id, outcome, self._clock.now_ms())

    async def _store(self, action: StoreObject) -> None:
        what = f"storing in {action.bucket}"
        try:
            await asyncio.to_thread(put, self._objects, action)
        except Exception as error:  # S3 is asked again, without end (C47)
            self._report(what, error)
            self.pipeline.stored(action.attempt_id, self._clock.now_ms(), ok=False)
        else:
            self._troubles.discard(what)
            self.pipeline.stored(action.attempt_id, self._clock.now_ms())

    async def _run_copy(self, action: Copy) -> None:
        assert self._copy is not None, "the runner checked that there is one"
        try:
            await asyncio.to_thread(self._copy, action.sql)
        except Exception as error:  # C51
            self._report("copying", error)
            self.pipeline.copied(action.attempt_id, self._clock.now_ms(), ok=False)
        else:
            self._troubles.discard("copying")
            self.pipeline.copied(action.attempt_id, self._clock.now_ms())

    async def _keep(self, save: Save) -> None:
        while True:
            try:
                self._save(save)
            except Exception as error:  # a full disk: going on means delivering again later
                self._report("saving position", error)
                await asyncio.sleep(FAULT_PAUSE_S)
            else:
                self._troubles.discard("saving position")
                self.pipeline.saved(save)
                return

    def _report(self, what: str, error: Exception) -> None:
        level = logging.DEBUG if what in self._troubles else logging.WARNING
        self._troubles.add(what)
        self.pipeline.delivered.last_error = f"{what}: {error}"
        log.log(level, "%s: %s: %s", self._name, what, error)
