"""One forced write for many calls: visible only when durable, from any thread."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from local.kinesis import KinesisService
from local.kinesis.disk import Disk

MakeService = Callable[..., KinesisService]
SHARD = "shardId-000000000000"


class GatedDisk(Disk):
    """Lets a test stand in the middle of a forced write."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.go_on = threading.Event()
        self.go_on.set()
        self.syncs = 0

    def sync(self, descriptor: int) -> None:
        self.syncs += 1
        self.entered.set()
        assert self.go_on.wait(timeout=30)
        super().sync(descriptor)


def append(service: KinesisService, data: bytes) -> None:
    service.append_records(
        StreamName="votes",
        Records=[{"Data": data, "PartitionKey": "k", "ExplicitHashKey": "0"}],
    )


def seen(service: KinesisService) -> list[bytes]:
    result = service.read("votes", SHARD, after=0, records_max=10_000, bytes_max=10**9)
    return [record.data for record in result.records]


def test_records_are_invisible_until_they_are_committed(service: KinesisService) -> None:
    append(service, b"a")
    assert seen(service) == []
    before = service.latest("votes", SHARD)
    service.commit()
    assert seen(service) == [b"a"]
    assert service.latest("votes", SHARD) > before


def test_a_commit_shows_only_what_was_there_when_it_began(make_service: MakeService) -> None:
    disk = GatedDisk()
    service = make_service(disk=disk)
    service.create_stream(StreamName="votes", ShardCount=1)
    append(service, b"early")
    disk.entered.clear()
    disk.go_on.clear()
    with ThreadPoolExecutor(1) as pool:
        commit = pool.submit(service.commit)
        assert disk.entered.wait(timeout=30)
        append(service, b"late")
        assert seen(service) == [], "the lock is free, and nothing is durable yet"
        disk.go_on.set()
        commit.result(timeout=30)
    assert seen(service) == [b"early"]
    service.commit()
    assert seen(service) == [b"early", b"late"]


def test_one_forced_write_serves_many_calls(make_service: MakeService) -> None:
    disk = GatedDisk()
    service = make_service(disk=disk)
    service.create_stream(StreamName="votes", ShardCount=1)
    for _ in range(50):
        append(service, b"x")
    before = disk.syncs
    service.commit()
    assert disk.syncs == before + 1
    service.commit()
    assert disk.syncs == before + 1, "nothing was written since"


def test_what_a_crash_left_is_forced_to_disk_before_anyone_reads_it(
    make_service: MakeService,
) -> None:
    service = make_service()
    service.create_stream(StreamName="votes", ShardCount=1)
    append(service, b"written, never committed")
    disk = GatedDisk()
    again = make_service(disk=disk)
    assert disk.syncs > 1, "the records, then their index"
    assert seen(again) == [b"written, never committed"]


def test_subscribers_hear_of_each_shard_and_may_read(service: KinesisService) -> None:
    heard: list[tuple[str, str, list[bytes]]] = []

    def listen(stream: str, shard_id: str) -> None:
        heard.append((stream, shard_id, seen(service)))

    service.subscribe(listen)
    append(service, b"a")
    assert heard == []
    service.commit()
    assert heard == [("votes", SHARD, [b"a"])]
    service.put_record(StreamName="votes", Data=b"b", PartitionKey="k", ExplicitHashKey=str(2**127))
    assert heard[1:] == [("votes", "shardId-000000000001", [b"a"])]


def test_many_threads_lose_and_repeat_nothing(make_service: MakeService, monkeypatch: Any) -> None:
    """Puts, appends with commits, reads and reshards at once, over many small segments."""
    monkeypatch.setattr("local.kinesis.segment.SEGMENT_BYTES", 20_000)
    service = make_service()
    service.create_stream(StreamName="votes", ShardCount=2)
    stop = threading.Event()

    def put(writer: int) -> None:
        for number in range(30):
            records = [
                {"Data": f"{writer} {number} {entry}".encode(), "PartitionKey": f"{entry}"}
                for entry in range(10)
            ]
            if writer % 2:
                service.put_records(StreamName="votes", Records=records)
            else:
                service.append_records(StreamName="votes", Records=records)

    def commit() -> None:
        while not stop.is_set():
            service.commit()

    def look() -> None:
        after = 0
        while not stop.is_set():
            result = service.read("votes", SHARD, after=after, records_max=50, bytes_max=10**6)
            for record in result.records:
                assert record.sequence_number > after
                after = record.sequence_number

    with ThreadPoolExecutor(6) as pool:
        background = [pool.submit(commit), pool.submit(look)]
        writers = [pool.submit(put, writer) for writer in range(4)]
        service.split_shard(StreamName="votes", ShardToSplit=SHARD, NewStartingHashKey=str(2**126))
        for writer in writers:
            writer.result(timeout=60)
        stop.set()
        for task in background:
            task.result(timeout=60)
    service.commit()
    stored = [
        record.data.decode()
        for shard in service.shards("votes")
        for record in service.read(
            "votes", shard.shard_id, after=0, records_max=10_000, bytes_max=10**9
        ).records
    ]
    expected = [f"{w} {n} {e}" for w in range(4) for n in range(30) for e in range(10)]
    assert sorted(stored) == sorted(expected)
