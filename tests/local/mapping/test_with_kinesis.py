"""The mapping on the engine's own Kinesis: commits from threads, splits, restarts."""

import asyncio
import base64
from pathlib import Path

import msgspec

from core.clock import SystemClock
from local.invoke.outcome import Outcome
from local.kinesis import KinesisService
from local.mapping import MappingRunner, PositionStore
from tests.local.mapping.desk import SPEC, ok
from tests.local.mapping.real_time import until


class Seen:
    """A function that keeps what it gets, by partition key."""

    def __init__(self) -> None:
        self.by_key: dict[str, list[int]] = {}

    async def __call__(self, name: str, payload: bytes, *, affinity: str = "") -> Outcome:
        for record in msgspec.json.decode(payload)["Records"]:
            number = int(base64.b64decode(record["kinesis"]["data"]))
            self.by_key.setdefault(record["kinesis"]["partitionKey"], []).append(number)
        return ok()

    @property
    def total(self) -> int:
        return sum(map(len, self.by_key.values()))


def put(kinesis: KinesisService, first: int, count: int) -> None:
    for number in range(first, first + count):
        kinesis.put_record(
            StreamName=SPEC.stream_name, PartitionKey=f"key-{number % 7}", Data=b"%d" % number
        )


async def test_every_record_arrives_once_and_in_order_over_a_split_and_a_restart(
    tmp_path: Path,
) -> None:
    """B1, B10: per partition key, across parents and children."""
    clock = SystemClock()
    kinesis = KinesisService(tmp_path / "kinesis", clock, limits_enforced=False)
    kinesis.create_stream(StreamName=SPEC.stream_name, ShardCount=1)
    store = PositionStore(tmp_path / "positions.sqlite")
    seen = Seen()
    runner = MappingRunner(SPEC, kinesis, seen, store, None, clock)
    await runner.start()
    await asyncio.to_thread(put, kinesis, 0, 100)
    (shard,) = kinesis.shards(SPEC.stream_name)
    await asyncio.to_thread(
        lambda: kinesis.split_shard(
            StreamName=SPEC.stream_name,
            ShardToSplit=shard.shard_id,
            NewStartingHashKey=str(2**127),
        )
    )
    await asyncio.to_thread(put, kinesis, 100, 100)
    await until(lambda: seen.total >= 200)
    await runner.stop()
    await asyncio.to_thread(put, kinesis, 200, 50)
    again = MappingRunner(SPEC, kinesis, seen, store, None, clock)
    await again.start()
    await until(lambda: seen.total >= 250)
    await until(lambda: all(s.iterator_age_ms == 0 for s in again.status().shards))
    await again.stop()
    assert seen.by_key == {
        f"key-{key}": [number for number in range(250) if number % 7 == key] for key in range(7)
    }
    store.close()
    kinesis.close()
