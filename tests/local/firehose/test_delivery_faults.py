"""A delivery stream in real time, while S3, Kinesis, the disk, functions and we ourselves fail."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from core.clock import SystemClock
from local.firehose import DeliveryStream
from local.firehose.pipeline import Pipeline
from local.invoke.outcome import Outcome
from tests.local.firehose.desk import error
from tests.local.firehose.room import QUICK, SHARD, Room, killed
from tests.local.mapping.fake_stream import FakeStream
from tests.local.mapping.real_time import until


async def test_a_kill_before_the_object_is_stored_delivers_again() -> None:
    """C7."""
    stream = FakeStream()
    room = Room(stream)
    room.bucket.refusals = 10**9
    delivery = room.new()
    delivery.place()
    await delivery.start()
    stream.put("k", b"a")
    await until(lambda: "S3 is away" in delivery.status().delivered.last_error)
    await killed(delivery)
    assert room.store.load("votes-to-lake/delivery")[SHARD].position == 0
    room.bucket.refusals = 0
    async with room.running():
        await until(lambda: room.rows() == ["a"])


async def test_an_s3_that_comes_back_gets_everything() -> None:
    """C47."""
    stream = FakeStream()
    room = Room(stream)
    room.bucket.refusals = 4
    async with room.running():
        for name in "abc":
            stream.put("k", name.encode())
        await until(lambda: room.rows() == ["a", "b", "c"])


async def test_a_stream_that_is_away_for_a_while_is_asked_again() -> None:
    """C3: reads and the list of shards."""
    stream = FakeStream()
    room = Room(stream)
    read, shards = stream.read, stream.shards
    faults = {"read": 2, "shards": 2}

    def fail(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **how: Any) -> Any:
            if faults[name]:
                faults[name] -= 1
                raise OSError("away")
            return work(*args, **how)

        return call

    delivery = room.new()
    delivery.place()
    stream.read = fail("read", read)  # type: ignore[method-assign]  # a test's fault
    stream.shards = fail("shards", shards)  # type: ignore[method-assign]  # a test's fault
    stream.put("k", b"a")
    await delivery.start()
    await until(lambda: room.rows() == ["a"])
    await delivery.stop()


@pytest.mark.parametrize("where", ["fetched", "transformed"])
async def test_a_fault_of_ours_starts_the_pipeline_again_where_it_was_saved(
    where: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """C7."""
    stream = FakeStream()
    room = Room(stream)
    meant = getattr(Pipeline, where)
    faults = [ValueError("a belief that was wrong")]

    def broken(self: Pipeline, *args: Any, **how: Any) -> None:
        if faults:
            raise faults.pop()
        meant(self, *args, **how)

    monkeypatch.setattr(Pipeline, where, broken)
    async with room.running():
        stream.put("k", b"a")
        await until(lambda: room.rows() == ["a"])
    assert "a belief that was wrong" in caplog.text


async def test_a_position_that_cannot_be_saved_is_saved_later() -> None:
    """C7."""
    stream = FakeStream()
    room = Room(stream)
    save, faults = room.store.save, [OSError("disk full")] * 2

    def failing(*args: Any) -> None:
        if faults:
            raise faults.pop()
        save(*args)

    async with room.running():
        room.store.save = failing  # type: ignore[method-assign, assignment]  # a test's fault
        last = stream.put("k", b"a")
        await until(
            lambda: (
                room.store.load("votes-to-lake/delivery")[SHARD].position == last.sequence_number
            )
        )
    assert faults == []


async def test_a_stop_does_not_wait_for_ever() -> None:
    stream = FakeStream()
    room = Room(stream)
    room.bucket.refusals = 10**9
    delivery = room.new()
    delivery.place()
    await delivery.start()
    stream.put("k", b"a")
    await until(lambda: room.bucket.refusals < 10**9)
    async with asyncio.timeout(10):
        await delivery.stop(grace_s=0.05)
    assert room.store.load("votes-to-lake/delivery")[SHARD].position == 0


async def test_a_function_longer_than_five_minutes_is_timed_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """C17, C25."""
    monkeypatch.setattr("local.firehose.driver.INVOKE_S_MAX", 0.01)
    stream = FakeStream()
    room = Room(stream)
    assert QUICK.transform is not None
    spec = replace(QUICK, transform=replace(QUICK.transform, retries_max=0))

    async def endless(name: str, payload: bytes) -> Outcome:
        await asyncio.Event().wait()
        raise AssertionError("never")

    delivery = DeliveryStream(spec, stream, endless, room.store, room.bucket, SystemClock())
    delivery.place()
    await delivery.start()
    stream.put("k", b"a")
    await until(room.bucket.failed)
    await delivery.stop()
    assert [line["errorCode"] for line in room.bucket.failed()] == ["Lambda.FunctionTimedOut"]


async def test_failures_are_counted_and_said() -> None:
    """C28."""
    stream = FakeStream()
    room = Room(stream)
    assert QUICK.transform is not None
    room.function.handle = lambda event: error()
    async with room.running(
        replace(QUICK, transform=replace(QUICK.transform, retries_max=0))
    ) as delivery:
        stream.put("k", b"a")
        await until(lambda: delivery.status().delivered.records_failed == 1)
        assert delivery.status().delivered.last_error.startswith("Lambda.FunctionError: ")
