"""A disk that refuses in, no false acknowledgement out: nothing torn, nothing lost, no number."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local.aws_error import AwsError
from local.kinesis import KinesisService
from local.kinesis.disk import Disk

MakeService = Callable[..., KinesisService]
Refused = Callable[..., AwsError]
ReadAll = Callable[..., list[dict[str, Any]]]
SHARDS = ("shardId-000000000000", "shardId-000000000001")


class FaultyDisk(Disk):
    """Fails the operations named, after half of a write has gone through; counts down first."""

    def __init__(self) -> None:
        self.failing: dict[str, int] = {}  # operation -> calls that still go well
        self.during_sync: Callable[[], None] | None = None
        self._lock = threading.Lock()  # shards are synced side by side

    def write(self, descriptor: int, data: bytes, offset: int) -> None:
        if self._fails("write"):
            super().write(descriptor, data[: len(data) // 2], offset)
            raise OSError(28, "No space left on device")
        super().write(descriptor, data, offset)

    def sync(self, descriptor: int) -> None:
        with self._lock:
            act, self.during_sync = self.during_sync, None
        if act is not None:
            act()
        if self._fails("sync"):
            raise OSError(5, "Input/output error")
        super().sync(descriptor)

    def truncate(self, descriptor: int, size: int) -> None:
        if self._fails("truncate"):
            raise OSError(5, "Input/output error")
        super().truncate(descriptor, size)

    def replace(self, path: Path, data: bytes) -> None:
        if self._fails("replace"):
            raise OSError(28, "No space left on device")
        super().replace(path, data)

    def create(self, path: Path) -> int:
        if self._fails("create"):
            raise OSError(28, "No space left on device")
        return super().create(path)

    def _fails(self, operation: str) -> bool:
        with self._lock:
            if operation not in self.failing:
                return False
            self.failing[operation] -= 1
            return self.failing[operation] < 0


@pytest.fixture
def disk() -> FaultyDisk:
    return FaultyDisk()


@pytest.fixture
def faulty(make_service: MakeService, disk: FaultyDisk) -> KinesisService:
    made = make_service(disk=disk)
    made.create_stream(StreamName="votes", ShardCount=2)
    put(made, "first")
    return made


def entries(*words: str) -> list[dict[str, Any]]:
    """Each word goes to both shards."""
    return [
        {"Data": word.encode(), "PartitionKey": "k", "ExplicitHashKey": hash_key}
        for word in words
        for hash_key in ("0", str(2**127))
    ]


def put(service: KinesisService, *words: str) -> None:
    service.put_records(StreamName="votes", Records=entries(*words))


def append(service: KinesisService, *words: str) -> None:
    service.append_records(StreamName="votes", Records=entries(*words))


def words(service: KinesisService, read_all: ReadAll) -> list[list[str]]:
    return [[record["Data"].decode() for record in read_all(service, one)] for one in SHARDS]


def test_a_new_segment_that_took_nothing_leaves_the_shard_readable(
    faulty: KinesisService,
    disk: FaultyDisk,
    refused: Refused,
    read_all: ReadAll,
    make_service: MakeService,
) -> None:
    """Found by the simulator: readers stood still until the next record came."""
    faulty.close()
    again = make_service(disk=disk)
    disk.failing = {"write": 1}
    assert refused(lambda: put(again, "bad")).code == "InternalFailure"
    assert words(again, read_all) == [["first"], ["first"]]


@pytest.mark.parametrize("after", [0, 1])
@pytest.mark.parametrize("more", [{}, {"truncate": 0}])
def test_a_refused_write_stores_nothing_in_any_shard(
    faulty: KinesisService,
    disk: FaultyDisk,
    refused: Refused,
    read_all: ReadAll,
    make_service: MakeService,
    after: int,
    more: dict[str, int],
) -> None:
    """A47, A50: InternalFailure for the whole call; half a write, or a whole one, is undone."""
    disk.failing = {"write": after, **more}
    error = refused(lambda: put(faulty, "bad", "worse"))
    assert (error.code, error.status) == ("InternalFailure", 500)
    disk.failing = {}
    assert words(faulty, read_all) == [["first"]] * 2
    put(faulty, "later")
    assert words(faulty, read_all) == [["first", "later"]] * 2
    assert words(make_service(), read_all) == [["first", "later"]] * 2


@pytest.mark.parametrize("after", [0, 1])
def test_a_refused_sync_is_never_acknowledged(
    faulty: KinesisService,
    disk: FaultyDisk,
    refused: Refused,
    read_all: ReadAll,
    make_service: MakeService,
    after: int,
) -> None:
    """A11, A50: the shard that was written is kept, as AWS may; the other forgets its part."""
    disk.failing = {"sync": after}
    assert refused(lambda: put(faulty, "bad")).status == 500
    disk.failing = {}
    put(faulty, "later")
    expected = [["first", "bad", "later"]] * after + [["first", "later"]] * (2 - after)
    assert sorted(words(faulty, read_all)) == expected
    assert sorted(words(make_service(), read_all)) == expected


def test_a_log_that_cannot_be_repaired_takes_nothing_until_it_can(
    faulty: KinesisService, disk: FaultyDisk, refused: Refused, read_all: ReadAll
) -> None:
    disk.failing = {"write": 0, "truncate": 0}
    refused(lambda: put(faulty, "bad"))
    disk.failing = {"truncate": 0}
    assert refused(lambda: put(faulty, "again")).status == 500
    disk.failing = {}
    put(faulty, "later")
    assert words(faulty, read_all) == [["first", "later"]] * 2


@pytest.mark.parametrize("operation", ["write", "sync"])
def test_a_failed_commit_answers_for_all_that_waited_for_it(
    faulty: KinesisService,
    disk: FaultyDisk,
    refused: Refused,
    read_all: ReadAll,
    operation: str,
) -> None:
    append(faulty, "one")
    append(faulty, "two")
    disk.failing = {operation: 0}
    if operation == "write":
        assert refused(lambda: append(faulty, "three")).status == 500
        faulty.commit()
        assert words(faulty, read_all) == [["first", "one", "two"]] * 2
    else:
        assert refused(faulty.commit).status == 500
        disk.failing = {}
        faulty.commit()
        assert words(faulty, read_all)[0] == ["first"]


def test_what_is_appended_while_a_commit_fails_is_not_acknowledged_by_the_next(
    faulty: KinesisService, disk: FaultyDisk, refused: Refused, read_all: ReadAll
) -> None:
    """The failing commit cuts off later bytes too: the commit for those has to say so."""
    append(faulty, "one")
    disk.during_sync = lambda: append(faulty, "two")
    disk.failing = {"sync": 0}
    assert refused(faulty.commit).status == 500
    disk.failing = {}
    assert refused(faulty.commit).status == 500
    faulty.commit()
    assert words(faulty, read_all)[0] == ["first"]


def test_a_put_learns_that_another_threads_commit_lost_its_bytes(
    faulty: KinesisService, disk: FaultyDisk, refused: Refused
) -> None:
    """A put waits for the commit under way, which takes its bytes along when it fails."""
    append(faulty, "one")
    errors: list[AwsError] = []
    ticket: list[Any] = []

    def put_meanwhile() -> None:
        reply, claim = faulty._append({"StreamName": "votes", "Records": entries("two")})
        assert reply["FailedRecordCount"] == 0
        ticket.append(claim)

    disk.during_sync = put_meanwhile
    disk.failing = {"sync": 0}
    errors.append(refused(faulty.commit))
    disk.failing = {}
    errors.append(refused(lambda: faulty._group.settle(ticket[0])))
    assert [error.status for error in errors] == [500, 500]


@pytest.mark.parametrize("operation", ["write", "sync"])
def test_a_roll_over_that_fails_loses_nothing_committed(
    faulty: KinesisService,
    disk: FaultyDisk,
    refused: Refused,
    read_all: ReadAll,
    make_service: MakeService,
    monkeypatch: pytest.MonkeyPatch,
    operation: str,
) -> None:
    """The full segment's sync, and then the write of its index, are refused; bytes come behind."""
    monkeypatch.setattr("local.kinesis.segment.SEGMENT_BYTES", 1)
    append(faulty, "one")
    disk.failing = {operation: 0}
    if operation == "sync":
        disk.during_sync = lambda: append(faulty, "two")
        assert refused(faulty.commit).status == 500
        expected = ["first"]
    else:
        faulty.commit()
        expected = ["first", "one"]
    disk.failing = {}
    if operation == "sync":
        assert refused(faulty.commit).status == 500
    put(faulty, "later")
    assert words(faulty, read_all)[0] == [*expected, "later"]
    assert words(make_service(), read_all)[0] == [*expected, "later"]


@pytest.mark.parametrize("operation", ["create", "replace"])
def test_what_cannot_be_written_down_does_not_happen(
    faulty: KinesisService,
    disk: FaultyDisk,
    refused: Refused,
    make_service: MakeService,
    operation: str,
) -> None:
    """A36: a stream is made, a shard is split, wholly or not at all."""
    disk.failing = {operation: 0}
    if operation == "replace":
        assert refused(faulty.create_stream, StreamName="new", ShardCount=1).status == 500
        split = {"ShardToSplit": SHARDS[0], "NewStartingHashKey": "1000"}
        assert refused(faulty.split_shard, StreamName="votes", **split).status == 500
        assert all(not shard.closed for shard in faulty.shards("votes"))
        assert len(faulty.shards("votes")) == 2
    else:
        other = KinesisService.create_stream
        other(faulty, StreamName="new", ShardCount=1)
        data = {"Data": b"x", "PartitionKey": "k"}
        assert refused(faulty.put_record, StreamName="new", **data).status == 500
        disk.failing = {}
        faulty.put_record(StreamName="new", **data)
        faulty.delete_stream(StreamName="new")
    disk.failing = {}
    put(faulty, "later")
    again = make_service()
    assert again.list_streams()["StreamNames"] == ["votes"]
    assert len(again.shards("votes")) == 2
