"""Functions in, their outcomes out: Lambda's Invoke on one machine, sync and async."""

import os
import random
import uuid
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import msgspec

from core.clients import ObjectClient
from core.clock import Clock
from core.errors import Misconfigured
from core.limits import INVOKE_ASYNC_BYTES_MAX, INVOKE_SYNC_BYTES_MAX
from local.aws_error import AwsError
from local.drawing import FunctionSpec
from local.invoke import error_object
from local.invoke.async_invoker import AsyncInvoker
from local.invoke.async_queue import AsyncEvent, AsyncQueue
from local.invoke.environment import function_environment
from local.invoke.limits import ASYNC_IN_FLIGHT_MAX
from local.invoke.outcome import Outcome
from local.invoke.process import FunctionProcess, InitFailed
from local.invoke.roster import Roster
from local.sqs.failure_queues import FailureQueues


class FunctionPool:
    """All functions of a drawing, each in warm processes of its own.

    State and logs live below `folder`: `async.sqlite`, `logs/FUNCTION.log`. Every method runs on
    one event loop. `objects` and `queues` take failures of asynchronous invocations;
    `async_wait_scale` shortens AWS's waits of one and two minutes between their tries. A function
    that is not among `warm` (None: all are) gets its first process with its first event.
    """

    def __init__(
        self,
        functions: Sequence[FunctionSpec],
        *,
        folder: Path,
        clock: Clock,
        base_environment: Mapping[str, str],
        processes_max: int,
        objects: ObjectClient | None = None,
        queues: FailureQueues | None = None,
        async_wait_scale: float = 1.0,
        warm: Collection[str] | None = None,
        async_in_flight_max: int = ASYNC_IN_FLIGHT_MAX,
        rng: random.Random | None = None,
    ) -> None:
        self._functions = {spec.name: spec for spec in functions}
        self._logs = folder / "logs"
        self._logs.mkdir(parents=True, exist_ok=True)
        self._base_environment = dict(base_environment)
        self._warm = self._functions.keys() if warm is None else warm
        self._active = dict.fromkeys(self._functions, 0)
        for spec in functions:
            if spec.async_failure_bucket is not None and objects is None:
                raise Misconfigured(f"starting function {spec.name}: no S3 for failure objects")
            if spec.async_failure_queue is not None and queues is None:
                raise Misconfigured(f"starting function {spec.name}: no SQS for failures")
        rng = rng or random.Random()
        names = list(self._functions)
        self._roster = Roster(self._spawn, names, processes_max=processes_max, clock=clock, rng=rng)
        self._async = AsyncInvoker(
            AsyncQueue(folder / "async.sqlite"),
            self._invoke_event,
            self._functions,
            objects=objects,
            queues=queues,
            clock=clock,
            rng=rng,
            wait_scale=async_wait_scale,
            in_flight_max=async_in_flight_max,
        )

    async def start(self) -> None:
        """Begin to start what is kept warm, and to work the queue off; return at once."""
        self._roster.warm_up(self._warm)
        self._async.start()

    async def invoke(self, name: str, payload: bytes, *, affinity: str = "") -> Outcome:
        """Run the function with a JSON event and wait for its outcome.

        `affinity` names what the caller works on (a shard): the process that served it last is
        preferred. AwsError ResourceNotFoundException for an unknown function.
        """
        self._spec(name)
        return await self._run(name, payload, affinity, str(uuid.uuid4()))

    async def invoke_async(self, name: str, payload: bytes) -> str:
        """Store the event, to be run at least once; return its request id when it is on disk.

        AwsError: ResourceNotFoundException, RequestTooLargeException (over 1 MB, B48),
        InvalidRequestContentException (not JSON).
        """
        self._spec(name)
        if len(payload) > INVOKE_ASYNC_BYTES_MAX:
            message = (
                f"{len(payload)} byte payload is too large for the Event invocation type "
                f"(limit {INVOKE_ASYNC_BYTES_MAX} bytes)"
            )
            raise AwsError("RequestTooLargeException", message, status=413)
        try:
            msgspec.json.decode(payload)
        except msgspec.DecodeError as error:
            message = f"Could not parse request body into json: {error}"
            raise AwsError("InvalidRequestContentException", message) from error
        request_id = str(uuid.uuid4())
        await self._async.accept(request_id, name, payload)
        return request_id

    async def stop(self) -> None:
        """End every process; accepted events stay in the queue for the next start."""
        await self._async.stop()
        await self._roster.close()

    def pids(self) -> dict[str, list[int]]:
        """Return the process ids of each function, for `cube status`."""
        return self._roster.pids()

    def pending(self) -> int:
        """Return how many asynchronous events are not done."""
        return self._async.pending()

    def oldest_arrival_ms(self) -> int | None:
        """Return the arrival of the oldest record that such an event holds, None for none."""
        return self._async.oldest_arrival_ms()

    # --- inside ---

    def _spec(self, name: str) -> FunctionSpec:
        spec = self._functions.get(name)
        if spec is None:
            arn = f"arn:aws:lambda:us-east-1:000000000000:function:{name}"
            raise AwsError("ResourceNotFoundException", f"Function not found: {arn}", status=404)
        return spec

    async def _run(self, name: str, payload: bytes, affinity: str, request_id: str) -> Outcome:
        spec = self._functions[name]
        if len(payload) > INVOKE_SYNC_BYTES_MAX:
            too_large = error_object.request_too_large(len(payload), request_id)
            return Outcome("function_error", too_large, request_id)
        if self._active[name] >= (spec.reserved_concurrency or 0) and (
            spec.reserved_concurrency is not None
        ):
            return Outcome("throttled", error_object.throttled(), request_id)
        self._active[name] += 1
        try:
            return await self._run_in_process(spec, payload, affinity, request_id)
        finally:
            self._active[name] -= 1

    async def _run_in_process(
        self, spec: FunctionSpec, payload: bytes, affinity: str, request_id: str
    ) -> Outcome:
        try:
            process = await self._roster.acquire(spec.name, affinity)
        except InitFailed as failure:
            return Outcome(failure.kind, failure.payload, request_id)
        try:
            return await process.call(payload, request_id=request_id, timeout_s=spec.timeout_s)
        finally:
            self._roster.release(process)

    async def _invoke_event(self, event: AsyncEvent) -> Outcome:
        if event.function not in self._functions:
            return Outcome("service_error", b"", event.request_id)
        return await self._run(event.function, event.payload, "", event.request_id)

    def _spawn(self, name: str) -> FunctionProcess:
        machine = os.environ  # noqa: TID251 - children are started here, from what the machine has
        environment = function_environment(self._functions[name], self._base_environment, machine)
        return FunctionProcess.spawn(name, environment, self._logs / f"{name}.log")
