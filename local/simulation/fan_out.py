"""Batches of the stream in, their chunks worked off late, twice and in no order, out.

The shipped dispatcher and worker, with the shipped policy of asynchronous invocation between them:
what is given up lies in the lake, for the recovery.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import msgspec

from core.clock import ManualClock
from local.aws_error import AwsError
from local.invoke.async_policy import GiveUp, Retry, after, failure_body, failure_key
from local.invoke.async_queue import AsyncEvent
from local.invoke.outcome import Outcome
from local.simulation.chance import Chance, Died
from local.simulation.options import BUCKET, FanOutOptions
from local.simulation.ports import FaultyLake, Reply
from processors.batch import Processor
from processors.dispatch import Dispatcher
from processors.reply import partial_reply
from processors.work import Worker, check_finished

_WORKER: Final = "worker"


class SimulatedFanOut:
    """Dispatcher, Lambda's queue and workers. Accepted events outlive every crash, as on AWS."""

    def __init__(
        self,
        options: FanOutOptions,
        processor: Callable[[], Processor],
        *,
        lake: FaultyLake,
        clock: ManualClock,
        chance: Chance,
        rng: random.Random,
    ) -> None:
        self.on = options.starts_on
        self.given_up = 0
        self._options = options
        self._processor = processor
        self._lake = lake
        self._clock = clock
        self._chance = chance
        self._rng = rng
        self._events: dict[int, AsyncEvent] = {}
        self._accepted = 0
        self._dispatcher = Dispatcher(
            functions=self,
            worker=_WORKER,
            objects=lake,
            bucket=BUCKET,
            bytes_max=options.chunk_bytes_max,
        )

    def dispatch(self, records: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
        """Hand a batch over and answer the mapping."""
        return partial_reply(self._dispatcher.run(records).failed_record, records)

    def invoke(self, *, FunctionName: str, InvocationType: str, Payload: bytes) -> Reply:
        """Accept an event as Lambda does, at least once (B51)."""
        assert (FunctionName, InvocationType) == (_WORKER, "Event")
        assert len(Payload) <= self._options.chunk_bytes_max, "a chunk fits"
        if self._chance.strikes("event_refused"):
            raise AwsError("TooManyRequestsException", "Rate Exceeded.", status=429)
        self._accept(Payload)
        if self._chance.strikes("event_repeated"):
            self._accept(Payload)
        if self._chance.strikes("event_answer_lost"):
            raise TimeoutError("read timed out")
        return {"StatusCode": 202}

    def act(self) -> bool:
        """Run one event that is due, whichever; return whether there was one."""
        now_ms = self._clock.now_ms()
        due = [event for event in self._events.values() if event.due_ms <= now_ms]
        if not due:
            return False
        self._settle(event := self._rng.choice(due), self._run(event))
        return True

    def caught_up(self) -> bool:
        """Return whether every event is done, or given up."""
        return not self._events

    def work(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Hand a worker the records of a chunk; raise what it raises."""
        self._work(msgspec.json.encode({"Records": records}))

    def _accept(self, payload: bytes) -> None:
        self._accepted += 1
        now_ms = self._clock.now_ms()
        request_id = f"request-{self._accepted}"
        self._events[self._accepted] = AsyncEvent(
            self._accepted, request_id, _WORKER, payload, now_ms, now_ms
        )

    def _run(self, event: AsyncEvent) -> Outcome:
        if self._chance.strikes("invoke_throttled"):
            return Outcome("throttled", b"", event.request_id)
        try:
            with self._chance.life("function_dies"):
                self._work(event.payload)
        except Died:
            return Outcome("function_error", b'"Task timed out"', event.request_id)
        except Exception as error:
            return Outcome("function_error", msgspec.json.encode(str(error)), event.request_id)
        if self._chance.strikes("invoke_killed"):
            return Outcome("function_error", b'"Task timed out"', event.request_id)
        return Outcome("ok", b"null", event.request_id)

    def _work(self, payload: bytes) -> None:
        worker = Worker(self._processor(), self._lake, BUCKET)
        check_finished(worker.run(msgspec.json.decode(payload)))

    def _settle(self, event: AsyncEvent, outcome: Outcome) -> None:
        now_ms = self._clock.now_ms()
        function = self._options.worker
        scale = self._options.wait_scale
        match after(event, outcome, function, now_ms=now_ms, scale=scale, rng=self._rng):
            case Retry(due_ms, throttled):
                self._events[event.id] = replace(
                    event,
                    due_ms=due_ms,
                    throttles=event.throttles + 1 if throttled else 0,
                    failures=event.failures + (not throttled),
                )
            case GiveUp(condition):
                invokes = event.failures + (outcome.kind == "function_error")
                body = failure_body(event, outcome, condition, invokes=invokes, now_ms=now_ms)
                key = failure_key(_WORKER, now_ms, self._rng)
                try:
                    self._lake.put_object(Bucket=BUCKET, Key=key, Body=body)
                except AwsError:  # the destination is away: the event stays
                    return
                self.given_up += 1
                del self._events[event.id]
            case None:
                del self._events[event.id]
