"""Events in, each invoked until done or given up out: asynchronous invocation, durable.

`accept` returns when the event is on disk (AWS: 202). Commits are shared by all who wait at the
time. At least once, in no order (clause B51).
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping

from core.clients import ObjectClient
from core.clock import Clock
from local.drawing import FunctionSpec
from local.invoke.async_policy import Condition, GiveUp, Retry, after, failure_body, failure_key
from local.invoke.async_queue import AsyncEvent, AsyncQueue, Changes
from local.invoke.event_age import EventAges
from local.invoke.limits import ASYNC_BACKOFF_MS_CAP, ASYNC_IN_FLIGHT_MAX, FAULT_PAUSE_S
from local.invoke.outcome import Outcome
from local.sqs.failure_queues import FailureQueues

log = logging.getLogger("cube.invoke")

Invoke = Callable[[AsyncEvent], Awaitable[Outcome]]


class AsyncInvoker:
    """Takes events in, and works the queue off in a task of its own."""

    def __init__(
        self,
        queue: AsyncQueue,
        invoke: Invoke,
        functions: Mapping[str, FunctionSpec],
        *,
        objects: ObjectClient | None,
        queues: FailureQueues | None = None,
        clock: Clock,
        rng: random.Random,
        wait_scale: float,
        in_flight_max: int = ASYNC_IN_FLIGHT_MAX,
    ) -> None:
        self._queue = queue
        self._ages = EventAges(queue)
        self._invoke = invoke
        self._functions = functions
        self._objects = objects
        self._queues = queues
        self._clock = clock
        self._rng = rng
        self._wait_scale = wait_scale
        self._in_flight_max = in_flight_max
        self._changes = Changes()
        self._waiting: list[asyncio.Future[None]] = []
        self._committer: asyncio.Task[None] | None = None
        self._in_flight: dict[int, asyncio.Task[None]] = {}
        self._wake = asyncio.Event()
        self._worker: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._worker = asyncio.create_task(self._work())

    async def accept(self, request_id: str, function: str, payload: bytes) -> None:
        """Store the event; when this returns it is on disk."""
        self._changes.put.append((request_id, function, payload, self._clock.now_ms()))
        await self._stored()

    async def _stored(self) -> None:
        """Wait until every change so far is on disk: the loop itself never waits for it."""
        stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(stored)
        if self._committer is None or self._committer.done():
            self._committer = asyncio.create_task(self._commit())
        await stored

    def pending(self) -> int:
        """Return how many events are not done."""
        return len(self._queue)

    def oldest_arrival_ms(self) -> int | None:
        """Return the arrival of the oldest record of a stream that an event holds, if one does."""
        return self._ages.oldest_arrival_ms()

    async def stop(self) -> None:
        """Stop working; events in flight stay in the queue."""
        tasks = [task for task in (self._worker, *self._in_flight.values()) if task]
        for task in tasks:
            task.cancel()
        if self._committer is not None:
            tasks.append(self._committer)
        await asyncio.gather(*tasks, return_exceptions=True)
        self._queue.close()

    async def _commit(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting, []
            changes, self._changes = self._changes, Changes()
            try:
                await asyncio.to_thread(self._queue.write, changes)
            except Exception as error:
                for stored in group:
                    if not stored.done():
                        stored.set_exception(error)
            else:
                for stored in group:
                    if not stored.done():
                        stored.set_result(None)
                self._wake.set()

    async def _work(self) -> None:
        while True:
            self._wake.clear()
            try:
                self._begin_due()
                due_ms = self._queue.next_due_ms(self._in_flight)
            except Exception as error:  # the disk: look again
                log.warning("reading asynchronous events: %s", error)
                due_ms = self._clock.now_ms() + round(FAULT_PAUSE_S * 1_000)
            full = len(self._in_flight) >= self._in_flight_max
            await self._sleep(None if full else due_ms)

    def _begin_due(self) -> None:
        room = self._in_flight_max - len(self._in_flight)
        if room <= 0:
            return
        for event in self._queue.due(self._clock.now_ms(), count_max=room, but=self._in_flight):
            task = asyncio.create_task(self._run(event))
            self._in_flight[event.id] = task

    async def _sleep(self, until_ms: int | None) -> None:
        alarm: asyncio.TimerHandle | None = None
        if until_ms is not None:
            delay_s = max(0, until_ms - self._clock.now_ms()) / 1_000
            alarm = asyncio.get_running_loop().call_later(delay_s, self._wake.set)
        try:
            await self._wake.wait()
        finally:
            if alarm is not None:
                alarm.cancel()

    async def _run(self, event: AsyncEvent) -> None:
        try:
            outcome = await self._invoke(event)
            await self._settle(event, outcome)
        except Exception as error:  # a destination or a disk that refuses: keep the event
            log.warning("%s: settling asynchronous event: %s", event.function, error)
            await asyncio.sleep(FAULT_PAUSE_S)
        finally:
            self._in_flight.pop(event.id, None)
            self._wake.set()

    async def _settle(self, event: AsyncEvent, outcome: Outcome) -> None:
        spec = self._functions.get(event.function)
        now_ms = self._clock.now_ms()
        if spec is None:  # the template no longer has it; it may come back
            log.warning("%s: keeping an event of an unknown function", event.function)
            event.due_ms = now_ms + ASYNC_BACKOFF_MS_CAP
            self._changes.postponed.append(event)
            await self._stored()
            return
        next_step = after(
            event, outcome, spec, now_ms=now_ms, scale=self._wait_scale, rng=self._rng
        )
        match next_step:
            case Retry(due_ms, throttled):
                event.due_ms = due_ms
                event.throttles = event.throttles + 1 if throttled else 0
                event.failures += 0 if throttled else 1
                self._changes.postponed.append(event)
            case GiveUp(condition):
                await self._give_up(event, outcome, spec, condition)
                self._changes.removed.append(event)
            case None:
                self._changes.removed.append(event)
        await self._stored()

    async def _give_up(
        self, event: AsyncEvent, outcome: Outcome, spec: FunctionSpec, condition: Condition
    ) -> None:
        log.warning("%s: giving event %s up: %s", event.function, event.request_id, condition)
        now_ms = self._clock.now_ms()
        invokes = event.failures + (outcome.kind == "function_error")
        body = failure_body(event, outcome, condition, invokes=invokes, now_ms=now_ms)
        if spec.async_failure_queue is not None:
            assert self._queues is not None, "the pool checked that there is an SQS"
            await asyncio.to_thread(self._queues.send, spec.async_failure_queue, body)
        if spec.async_failure_bucket is None:
            return
        assert self._objects is not None, "the pool checked that there is an S3"
        await asyncio.to_thread(
            self._objects.put_object,
            Bucket=spec.async_failure_bucket,
            Key=failure_key(event.function, now_ms, self._rng),
            Body=body,
        )
