"""A mapping in real time: tasks, notifications from other threads, positions on disk."""

import asyncio
import contextlib
import random
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.clock import ManualClock, SystemClock
from core.errors import Misconfigured
from local.invoke.outcome import Outcome
from local.mapping import MappingRunner, PositionStore
from local.mapping.steady_clock import SteadyClock
from tests.local.mapping.desk import SPEC, error, ok
from tests.local.mapping.fake_stream import FakeRead, FakeStream

WAIT_S = 10.0


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


async def test_records_reach_the_function_and_positions_the_disk(tmp_path: Path) -> None:
    """B1, B8: after a stop, the next runner goes on behind what was done."""
    stream, function = FakeStream(), Function()
    stream.put("a", b"1")
    store = PositionStore(tmp_path / "positions.sqlite")
    async with running(stream, function, store=store) as runner:
        await until(lambda: function.seen == ["a"])
        last = stream.put("b", b"2")
        await until(lambda: last.sequence_number in positions(runner).values())
        (status,) = runner.status().shards
        assert (status.last_result, status.iterator_age_ms) == ("OK", 0)
    stream.put("c", b"3")
    async with running(stream, function, store=store):
        await until(lambda: len(function.seen) == 3)
    assert function.seen == ["a", "b", "c"]
    store.close()


async def test_a_commit_in_another_thread_wakes_the_shard_at_once() -> None:
    """B2: faster than the poll of a second, which is switched off here."""
    stream, function = FakeStream(), Function()
    async with running(stream, function) as runner:
        await until(lambda: runner.status().shards[0].in_flight == 0 and stream.reads)
        started = asyncio.get_running_loop().time()
        for round_ in range(20):
            thread = threading.Thread(target=stream.put, args=(str(round_), b""))
            thread.start()
            await until(lambda: len(function.seen) == round_ + 1)  # noqa: B023 - awaited here
            thread.join()
        assert asyncio.get_running_loop().time() - started < 10, "20 polls would take 20 s"


async def test_children_start_when_their_parent_is_done() -> None:
    """B10: also while the parent's last batch fails for a while."""
    stream, function = FakeStream(), Function()
    function.answers = [error(), error()]
    stream.put("parent", b"")
    stream.split(0)
    stream.put("left", b"", shard=1)
    stream.put("right", b"", shard=2)
    store = PositionStore(None)
    async with running(stream, function, store=store, starting_position="TRIM_HORIZON") as runner:
        await until(lambda: len(function.seen) == 3)
        assert function.seen[0] == "parent"
        await until(lambda: set(positions(runner)) == set(list(stream.by_id)[1:]))
    assert store.load(SPEC.uuid)[next(iter(stream.by_id))].finished


async def test_a_shard_split_while_votes_flow_is_followed() -> None:
    """B10, B7: children of a LATEST mapping are read from their beginning."""
    stream, function = FakeStream(), Function()
    stream.put("before", b"")
    async with running(stream, function, starting_position="LATEST") as runner:
        stream.put("parent", b"")
        await until(lambda: function.seen == ["parent"])
        stream.split(0)
        stream.put("child", b"", shard=2)
        await until(lambda: function.seen == ["parent", "child"])
        assert [shard.shard_id[-1] for shard in runner.status().shards] == ["1", "2"]


async def test_latest_is_kept_over_a_restart(tmp_path: Path) -> None:
    """B7: LATEST is a place, not a habit: what came while the engine was down is read."""
    stream, function = FakeStream(), Function()
    stream.put("before", b"")
    store = PositionStore(tmp_path / "positions.sqlite")
    async with running(stream, function, store=store, starting_position="LATEST"):
        pass
    stream.put("meanwhile", b"")
    async with running(stream, function, store=store, starting_position="LATEST"):
        await until(lambda: function.seen)
    assert function.seen == ["meanwhile"]
    store.close()


async def test_a_paused_mapping_rests_until_it_is_resumed() -> None:
    """B8: Enabled=false, and back."""
    stream, function = FakeStream(), Function()
    stream.put("a", b"")
    async with running(stream, function, enabled=False) as runner:
        await asyncio.sleep(0)
        assert (runner.status().paused, stream.reads) == (True, 0)
        runner.resume()
        await until(lambda: function.seen == ["a"])
        runner.pause()
        stream.put("b", b"")
        assert runner.status().paused
        runner.resume()
        await until(lambda: function.seen == ["a", "b"])


async def test_lanes_are_told_apart_by_affinity() -> None:
    """B9: each lane prefers the process that served it last."""
    stream, function = FakeStream(), Function()
    for key in "abcdefgh":
        stream.put(key, b"")
    async with running(stream, function, parallelization_factor=4):
        await until(lambda: len(function.seen) == 8)
    assert len(set(function.affinities)) > 1
    assert all(name.startswith("shardId-000000000000:") for name in function.affinities)


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
