"""A delivery stream in real time: two pipelines, positions on disk, stops and restarts."""

import asyncio
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from core.clock import SystemClock
from core.errors import Misconfigured
from local.firehose import DeliveryStream
from local.firehose.action import StoreObject
from local.firehose.object_store import put
from local.kinesis import KinesisService
from local.mapping import PositionStore
from tests.local.firehose.desk import BACKUP, BUCKET, COPY, Bucket
from tests.local.firehose.room import QUICK, SHARD, Room, delivered, killed
from tests.local.mapping.fake_stream import STREAM, FakeStream
from tests.local.mapping.real_time import until


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
