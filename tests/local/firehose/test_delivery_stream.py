"""A delivery stream in real time: two pipelines, positions on disk, stops and restarts."""

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

from core.clock import SystemClock
from core.errors import Misconfigured
from local.drawing import BufferHints, DeliverySpec
from local.firehose import DeliveryStream
from local.firehose.action import StoreObject
from local.firehose.object_store import put
from local.firehose.pipeline import Pipeline
from local.invoke.outcome import Outcome
from local.kinesis import KinesisService
from local.mapping import PositionStore
from local.mapping.source import StreamSource
from tests.local.firehose.desk import BACKUP, BUCKET, COPY, MIB, SPEC, Bucket, Handler, echo, error
from tests.local.mapping.fake_stream import STREAM, FakeStream
from tests.local.mapping.real_time import until

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


async def test_records_become_objects_and_a_stop_stores_the_backup() -> None:
    """C32: every source record, also where the backup's buffer is not full."""
    stream = FakeStream()
    room = Room(stream)
    async with room.running() as delivery:
        stream.put("k", b"a")
        last = stream.put("k", b"b")
        await until(lambda: room.rows() == ["a", "b"])
        await until(lambda: delivered(delivery) == {SHARD: last.sequence_number})
        status = delivery.status()
        assert (status.delivered.records, status.delivered.last_error) == (2, "")
        assert status.backed_up is not None
        assert room.bucket.content("backup/") == b""
        assert [shard.backed_up for shard in status.shards] == [0]
    assert room.bucket.content("backup/") == b"ab"
    assert {at.position for at in room.store.load("votes-to-lake/backup").values()} == {
        last.sequence_number
    }


async def test_it_begins_behind_what_is_there_and_keeps_its_place(tmp_path: Path) -> None:
    """C2: LATEST, once; what came while nobody ran is delivered."""
    stream = FakeStream()
    room = Room(stream, PositionStore(tmp_path / "positions.db"))
    stream.put("k", b"before")
    async with room.running():
        stream.put("k", b"a")
        await until(lambda: room.rows() == ["a"])
    stream.put("k", b"meanwhile")
    async with room.running():
        await until(lambda: room.rows() == ["a", "meanwhile"])
    assert b"before" not in room.bucket.content("backup/")
    room.store.close()


async def test_what_came_between_placing_and_starting_is_delivered() -> None:
    """C2: the engine places its delivery streams before it answers anybody."""
    stream = FakeStream()
    room = Room(stream)
    delivery = room.new()
    delivery.place()
    stream.put("k", b"first vote")
    await delivery.start()
    await until(lambda: room.rows() == ["first vote"])
    await delivery.stop()


async def test_a_delivery_that_is_killed_goes_on_where_it_was_stored() -> None:
    """C7: at least once; delivery and backup each from their own place."""
    stream = FakeStream()
    room = Room(stream)
    delivery = room.new()
    delivery.place()
    await delivery.start()
    stream.put("k", b"a")
    await until(lambda: room.store.load("votes-to-lake/delivery")[SHARD].position > 0)
    await killed(delivery)
    assert room.bucket.content("backup/") == b""
    stream.put("k", b"b")
    async with room.running():
        await until(lambda: room.rows() == ["a", "b"])
    assert room.bucket.content("backup/") == b"ab"


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


async def test_a_split_is_followed_parents_first() -> None:
    """C7, C17: children begin when their parent is stored, whatever the hints say."""
    stream = FakeStream()
    room = Room(stream)
    async with room.running() as delivery:
        stream.put("k", b"parent")
        stream.split(0)
        stream.put("k", b"left", shard=1)
        stream.put("k", b"right", shard=2)
        await until(lambda: sorted(room.rows()[1:]) == ["left", "right"])
        assert room.rows()[0] == "parent"
        await until(lambda: len(room.store.load("votes-to-lake/backup")) == 1)
        await until(lambda: all(delivered(delivery).values()))
    assert room.bucket.content("backup/").startswith(b"parent")
    assert room.store.load("votes-to-lake/delivery")[SHARD].finished


async def test_a_shard_that_expired_is_forgotten() -> None:
    stream = FakeStream(2)
    room = Room(stream)
    async with room.running():
        pass
    del stream.by_id[SHARD]
    async with room.running():
        await until(
            lambda: list(room.store.load("votes-to-lake/delivery")) == ["shardId-000000000001"]
        )


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


async def test_copies_run_in_the_warehouse_that_is_given() -> None:
    """C48."""
    stream = FakeStream()
    room = Room(stream)
    target = replace(QUICK.target, prefix="votes/", error_prefix=None, compression="GZIP")
    spec = replace(QUICK, target=target, copy=COPY)
    async with room.running(spec):
        stream.put("k", b"a")
        await until(lambda: room.copies)
    assert room.copies[0].startswith("COPY landing FROM 's3://lake/manifests/")
    with pytest.raises(Misconfigured, match="VotesToLake: no warehouse"):
        DeliveryStream(spec, stream, room.function, room.store, room.bucket, SystemClock())


async def test_a_delivery_without_transform_or_backup_passes_records_on() -> None:
    """C14."""
    stream = FakeStream()
    room = Room(stream)
    async with room.running(replace(QUICK, transform=None, backup=None)) as delivery:
        stream.put("k", b"a")
        stream.put("k", b"b")
        await until(lambda: room.bucket.content("votes/") == b"ab")
        assert delivery.status().backed_up is None
        assert [shard.backed_up for shard in delivery.status().shards] == [None]


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


async def test_on_the_engines_own_kinesis_over_a_split_and_a_kill(tmp_path: Path) -> None:
    """C1, C6, C7: records of several threads, and every one is in the lake and in the backup."""
    kinesis = KinesisService(tmp_path / "kinesis", SystemClock(), limits_enforced=False)
    kinesis.create_stream(StreamName=STREAM, ShardCount=2)
    room = Room(kinesis, PositionStore(tmp_path / "positions.db"))
    delivery = room.new()
    delivery.place()

    def produce(thread: int) -> None:
        for number in range(100):
            data = b"%d-%d;" % (thread, number)
            kinesis.put_record(StreamName=STREAM, PartitionKey=f"{thread}{number}", Data=data)

    threads = [threading.Thread(target=produce, args=(number,)) for number in range(3)]
    await delivery.start()
    for thread in threads[:2]:
        thread.start()
    await until(lambda: len(room.rows()) > 20)
    first = kinesis.shards(STREAM)[0]
    await asyncio.to_thread(
        kinesis.split_shard,
        StreamName=STREAM,
        ShardToSplit=first.shard_id,
        NewStartingHashKey=str(2**126),
    )
    await killed(delivery)
    threads[2].start()
    async with room.running(replace(QUICK, backup=BACKUP)):
        for thread in threads:
            await asyncio.to_thread(thread.join)
        await until(lambda: len(set(room.rows())) == 300)
    backed_up = room.bucket.content("backup/")
    assert all(b"%d-%d;" % (t, n) in backed_up for t in range(3) for n in range(100))
    kinesis.close()
    room.store.close()


def test_a_bucket_of_the_desk_refuses_as_told() -> None:
    bucket = Bucket()
    bucket.refusals = 1
    action = StoreObject(1, BUCKET, "k", (b"a",), "UNCOMPRESSED")
    with pytest.raises(OSError, match="away"):
        put(bucket, action)
    put(bucket, action)
    assert bucket.objects == {"k": b"a"}
