"""One shard's state machine in, its actions carried out: the I/O of a mapping, on an event loop."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Protocol

from core.clients import ObjectClient
from local.invoke.outcome import Outcome
from local.mapping.action import (
    Fetch,
    Finished,
    Invoke,
    Save,
    SendToDestination,
    SendToQueue,
    Wait,
)
from local.mapping.consumer import ShardConsumer
from local.mapping.limits import FAULT_PAUSE_S
from local.mapping.source import StreamSource
from local.mapping.status import PROBLEM
from local.mapping.steady_clock import SteadyClock
from local.sqs.failure_queues import FailureQueues

log = logging.getLogger("cube.mapping")


class Invoker(Protocol):
    """Invokes a function synchronously: `local.invoke.FunctionPool.invoke`."""

    async def __call__(self, name: str, payload: bytes, *, affinity: str) -> Outcome: ...


class ShardDriver:
    """Runs one consumer until its shard is finished, or the task is cancelled."""

    def __init__(
        self,
        consumer: ShardConsumer,
        *,
        source: StreamSource,
        invoke: Invoker,
        save: Callable[[Save], None],
        destination: ObjectClient | None,
        queues: FailureQueues | None,
        clock: SteadyClock,
    ) -> None:
        self.consumer = consumer
        self._source = source
        self._invoke = invoke
        self._save = save
        self._destination = destination
        self._queues = queues
        self._clock = clock
        self._wake = asyncio.Event()
        self._under_way: set[asyncio.Task[None]] = set()
        self._in_trouble = False  # one log line an outage, not one a try

    async def run(self) -> None:
        try:
            while True:
                self._wake.clear()
                match self.consumer.step(self._clock.now_ms()):
                    case Fetch() as fetch:
                        self._read(fetch)
                        await asyncio.sleep(0)  # a backlog must not starve the event loop
                    case Invoke() as invocation:
                        self._start(self._call(invocation))
                    case SendToDestination() | SendToQueue() as farewell:
                        self._start(self._store(farewell))
                    case Save() as save:
                        self._start(self._keep(save))
                    case Wait(until_ms):
                        await self._sleep(until_ms)
                    case Finished():
                        return
        finally:
            for task in self._under_way:
                task.cancel()
            await asyncio.gather(*self._under_way, return_exceptions=True)

    def wake(self) -> None:
        """Look again: the consumer was told something."""
        self._wake.set()

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
        self._wake.set()

    def _read(self, fetch: Fetch) -> None:
        try:
            result = self._source.read(
                self.consumer.spec.stream_name,
                self.consumer.shard_id,
                after=fetch.after,
                records_max=fetch.records_max,
                bytes_max=fetch.bytes_max,
            )
        except Exception as error:  # whatever the disk or the stream says, try again later
            self._report(f"reading shard: {error}")
            self.consumer.last_result = f"PROBLEM: reading shard: {error}"
            self.consumer.fetch_failed(self._clock.now_ms())
        else:
            self._in_trouble = False
            self.consumer.fetched(result, self._clock.now_ms())

    async def _call(self, invocation: Invoke) -> None:
        consumer = self.consumer
        affinity = f"{consumer.shard_id}:{invocation.lane}"
        try:
            payload = consumer.payload(invocation.records)
            outcome = await self._invoke(consumer.spec.function_name, payload, affinity=affinity)
        except Exception as error:  # the pool's fault, not the records': try again (B19)
            self._report(f"invoking {consumer.spec.function_name}: {error}")
            outcome = Outcome("service_error", b"", "")
        consumer.invoked(invocation.attempt_id, outcome, self._clock.now_ms())

    async def _store(self, farewell: SendToDestination | SendToQueue) -> None:
        try:
            await asyncio.to_thread(self._deliver, farewell)
        except Exception as error:  # the records wait: dropping them would lose votes
            self._report(f"storing failure: {error}")
            self.consumer.last_result = f"{PROBLEM}; storing failure: {error}"
            self.consumer.sent(farewell.attempt_id, self._clock.now_ms(), stored=False)
        else:
            self.consumer.sent(farewell.attempt_id, self._clock.now_ms())

    def _deliver(self, farewell: SendToDestination | SendToQueue) -> None:
        if isinstance(farewell, SendToQueue):
            assert self._queues is not None, "the runner checked that there are queues"
            self._queues.send(farewell.queue, farewell.body)
            return
        assert self._destination is not None, "the runner checked that there is one"
        self._destination.put_object(Bucket=farewell.bucket, Key=farewell.key, Body=farewell.body)

    async def _keep(self, save: Save) -> None:
        while True:
            try:
                self._save(save)
            except Exception as error:  # a full disk: going on means delivering again later
                self._report(f"saving position: {error}")
                await asyncio.sleep(FAULT_PAUSE_S)
            else:
                self.consumer.saved(save)
                return

    def _report(self, what: str) -> None:
        level = logging.DEBUG if self._in_trouble else logging.WARNING
        self._in_trouble = True
        consumer = self.consumer
        log.log(level, "%s %s: %s", consumer.spec.logical_id, consumer.shard_id, what)
