"""A mapping's runner with a function and a bucket in memory: what tests in real time share."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import msgspec

from core.clock import SystemClock
from local.invoke.outcome import Outcome
from local.mapping import MappingRunner, PositionStore
from tests.local.mapping.desk import SPEC, ok
from tests.local.mapping.fake_stream import FakeStream

WAIT_S = 30.0


class Function:
    """A function in memory: what it was called with, and what it shall answer."""

    def __init__(self) -> None:
        self.seen: list[str] = []  # partition keys, in the order of invocation
        self.affinities: list[str] = []
        self.answers: list[Outcome] = []
        self.gate: asyncio.Event | None = None

    async def __call__(self, name: str, payload: bytes, *, affinity: str = "") -> Outcome:
        assert name == SPEC.function_name
        if self.gate is not None:
            await self.gate.wait()
        if self.answers:
            return self.answers.pop(0)
        event = msgspec.json.decode(payload)
        self.seen += [record["kinesis"]["partitionKey"] for record in event["Records"]]
        self.affinities.append(affinity)
        return ok()


class Bucket:
    """An S3 in memory that may refuse."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], bytes] = {}
        self.refusals = 0

    def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> dict[str, Any]:
        if self.refusals:
            self.refusals -= 1
            raise OSError("disk full")
        self.objects[Bucket, Key] = Body
        return {}


async def until(condition: Callable[[], object]) -> None:
    """Wait for a condition, with a deadline."""
    async with asyncio.timeout(WAIT_S):
        while not condition():
            await asyncio.sleep(0.002)


@contextlib.asynccontextmanager
async def running(
    stream: FakeStream,
    function: Function,
    *,
    store: PositionStore | None = None,
    bucket: Bucket | None = None,
    **changes: Any,
) -> AsyncIterator[MappingRunner]:
    runner = MappingRunner(
        replace(SPEC, **changes),
        stream,
        function,
        store or PositionStore(None),
        bucket,
        SystemClock(),
        rng=random.Random(1),
    )
    await runner.start()
    try:
        yield runner
    finally:
        await runner.stop()


def positions(runner: MappingRunner) -> dict[str, int]:
    return {shard.shard_id: shard.saved_position for shard in runner.status().shards}
