"""What outlives a delivery stream in real time: its stream, function, bucket, positions."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from dataclasses import replace

import msgspec

from core.clock import SystemClock
from local.drawing import BufferHints, DeliverySpec
from local.firehose import DeliveryStream
from local.invoke.outcome import Outcome
from local.mapping import PositionStore
from local.mapping.source import StreamSource
from tests.local.firehose.desk import MIB, SPEC, Bucket, Handler, echo

AT_ONCE = BufferHints(size_bytes=MIB, interval_ms=0)
assert SPEC.transform is not None
QUICK = replace(
    SPEC,
    target=replace(SPEC.target, buffer=AT_ONCE),
    transform=replace(SPEC.transform, buffer=AT_ONCE),
)
SHARD = "shardId-000000000000"


class Function:
    """A function in memory."""

    def __init__(self) -> None:
        self.handle: Handler = echo
        self.calls = 0

    async def __call__(self, name: str, payload: bytes) -> Outcome:
        assert name == "transform"
        self.calls += 1
        await asyncio.sleep(0)
        return self.handle(msgspec.json.decode(payload))


class Room:
    """What outlives a delivery stream: its stream, function, bucket and positions."""

    def __init__(self, stream: StreamSource, store: PositionStore | None = None) -> None:
        self.stream = stream
        self.function = Function()
        self.bucket = Bucket()
        self.store = store or PositionStore(None)
        self.copies: list[str] = []

    def new(self, spec: DeliverySpec = QUICK) -> DeliveryStream:
        return DeliveryStream(
            spec,
            self.stream,
            self.function,
            self.store,
            self.bucket,
            SystemClock(),
            copy=self.copies.append,
            rng=random.Random(),
        )

    @contextlib.asynccontextmanager
    async def running(self, spec: DeliverySpec = QUICK) -> AsyncIterator[DeliveryStream]:
        delivery = self.new(spec)
        delivery.place()
        await delivery.start()
        try:
            yield delivery
        finally:
            await delivery.stop()

    def rows(self) -> list[str]:
        return self.bucket.lines("votes/")


async def killed(delivery: DeliveryStream) -> None:
    """End a delivery stream as the end of its process does: nothing is stored or saved any more."""
    await delivery.stop(grace_s=0)


def delivered(delivery: DeliveryStream) -> dict[str, int]:
    return {shard.shard_id: shard.delivered for shard in delivery.status().shards}
