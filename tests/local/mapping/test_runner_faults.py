"""A mapping in real time when things go wrong: destinations, pools, reads, stops, clocks."""

import asyncio
import json
import random
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from core.clock import ManualClock, SystemClock
from core.errors import Misconfigured
from local.invoke.outcome import Outcome
from local.mapping import MappingRunner, PositionStore
from local.mapping.steady_clock import SteadyClock
from local.sqs import SqsService
from tests.local.mapping.desk import SPEC, error
from tests.local.mapping.fake_stream import FakeRead, FakeStream
from tests.local.mapping.real_time import Bucket, Function, positions, running, until


async def test_a_failure_object_is_stored_in_the_end() -> None:
    """B30, B36: also when the first try to store it fails."""
    stream, function, bucket = FakeStream(), Function(), Bucket()
    function.answers = [error()]
    bucket.refusals = 2
    record = stream.put("bad", b"payload")
    changes: dict[str, Any] = {"retries_max": 0, "failure_bucket": "cube-lake"}
    async with running(stream, function, bucket=bucket, **changes) as runner:
        await until(lambda: record.sequence_number in positions(runner).values())
    ((name, key), body) = next(iter(bucket.objects.items()))
    assert (name, key.split("/")[:4]) == (
        "cube-lake",
        ["aws", "lambda", SPEC.uuid, "shardId-000000000000"],
    )
    assert msgspec.json.decode(body)["KinesisBatchInfo"]["batchSize"] == 1


async def test_a_function_pool_that_raises_costs_nothing_but_time() -> None:
    """B19: a fault of the engine is no failure of the records."""
    stream, function = FakeStream(), Function()
    calls = 0

    async def invoke(name: str, payload: bytes, *, affinity: str = "") -> Outcome:
        nonlocal calls
        calls += 1
        if calls < 3:
            raise RuntimeError("no more file descriptors")
        return await function(name, payload, affinity=affinity)

    runner = MappingRunner(
        replace(SPEC, retries_max=0), stream, invoke, PositionStore(None), None, SystemClock()
    )
    stream.put("a", b"")
    await runner.start()
    await until(lambda: function.seen == ["a"])
    await runner.stop()


async def test_a_read_that_fails_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """B2: and is shown meanwhile."""
    stream, function = FakeStream(), Function()
    stream.put("a", b"")
    read, faults = stream.read, 1

    def failing(stream_name: str, shard_id: str, **how: int) -> FakeRead:
        nonlocal faults
        if faults:
            faults -= 1
            raise OSError("input/output error")
        return read(stream_name, shard_id, **how)

    monkeypatch.setattr(stream, "read", failing)
    async with running(stream, function) as runner:
        await until(lambda: "input/output" in runner.status().shards[0].last_result)
        await until(lambda: function.seen == ["a"])


async def test_a_stop_lets_the_invocation_under_way_end_and_saves_it() -> None:
    """B1: so that a clean stop delivers nothing twice."""
    stream, function = FakeStream(), Function()
    function.gate = asyncio.Event()
    record = stream.put("a", b"")
    store = PositionStore(None)
    async with running(stream, function, store=store) as runner:
        await until(lambda: runner.status().shards and runner.status().shards[0].in_flight)
        asyncio.get_running_loop().call_later(0.05, function.gate.set)
    assert store.load(SPEC.uuid)["shardId-000000000000"].position == record.sequence_number


async def test_a_crash_between_invocation_and_save_delivers_again() -> None:
    """B1: at least once: the saved position is all that a crash leaves."""
    stream, function = FakeStream(), Function()
    stream.put("a", b"")
    store = PositionStore(None)
    runner = MappingRunner(SPEC, stream, function, store, None, SystemClock())
    function.gate = asyncio.Event()
    await runner.start()
    await until(lambda: runner.status().shards and runner.status().shards[0].in_flight)
    await runner.stop(grace_s=0)
    assert store.load(SPEC.uuid)["shardId-000000000000"].position == 0
    function.gate = None
    async with running(stream, function, store=store):
        await until(lambda: function.seen == ["a"])


def test_a_mapping_with_a_destination_needs_an_s3() -> None:
    """B36: refused when it is built, not when the first batch is given up."""
    spec = replace(SPEC, failure_bucket="cube-lake")
    with pytest.raises(Misconfigured, match="no S3"):
        MappingRunner(spec, FakeStream(), Function(), PositionStore(None), None, SystemClock())


def test_a_mapping_with_a_queue_needs_an_sqs_and_no_second_destination() -> None:
    """B35: as for a bucket."""
    for spec, said in [
        (replace(SPEC, failure_queue="failures"), "no SQS"),
        (replace(SPEC, failure_queue="q", failure_bucket="b"), "one destination"),
    ]:
        with pytest.raises(Misconfigured, match=said):
            MappingRunner(spec, FakeStream(), Function(), PositionStore(None), None, SystemClock())


async def test_a_queue_that_refuses_holds_its_records_until_it_takes_them() -> None:
    """B30, B35: AWS would drop them; the message is on disk before the position moves."""
    stream, function = FakeStream(), Function()
    function.answers = [error()]
    stream.put("bad", b"")
    stream.put("good", b"")
    sqs = SqsService(None, SystemClock(), rng=random.Random(1))
    spec = replace(SPEC, retries_max=0, batch_size=1, failure_queue="failures")
    runner = MappingRunner(
        spec, stream, function, PositionStore(None), None, SystemClock(), queues=sqs
    )
    await runner.start()
    await until(lambda: "does not exist" in runner.status().shards[0].last_result)
    assert function.seen == []
    url = sqs.create_queue(QueueName="failures")["QueueUrl"]
    await until(lambda: function.seen == ["good"])
    await runner.stop()
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert json.loads(message["Body"])["KinesisBatchInfo"]["batchSize"] == 1
    sqs.close()


def test_a_clock_set_back_does_not_stop_a_mapping() -> None:
    """B4: waits are measured on a clock that never steps backwards."""

    class Stepping(ManualClock):
        step_ms = 0

        def now_ms(self) -> int:
            return super().now_ms() + self.step_ms

    clock = Stepping(1_000_000)
    steady = SteadyClock(clock)
    clock.step_ms = -500_000
    clock.advance(10)
    assert steady.now_ms() == 1_000_010
    clock.step_ms = 700_000
    assert steady.now_ms() == 1_700_010


async def test_the_streams_retention_ends_retries() -> None:
    """B17: records beyond it are given up, though the mapping has no age of its own."""
    stream, function = FakeStream(retention_hours=24), Function()
    now_ms = SystemClock().now_ms()
    stream.put("expired", b"", now_ms=now_ms - 25 * 3_600_000)
    stream.put("fresh", b"", now_ms=now_ms - 23 * 3_600_000)
    async with running(stream, function):
        await until(lambda: function.seen)
    assert function.seen == ["fresh"]
