"""Splits, merges and scaling: nothing is lost on the way from parents to children."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from core.clock import ManualClock
from local.aws_error import AwsError
from local.kinesis import KinesisService

Refused = Callable[..., AwsError]
MakeService = Callable[..., KinesisService]
ReadAll = Callable[..., list[dict[str, Any]]]
END = 2**128


def shard_id(index: int) -> str:
    return f"shardId-{index:012d}"


def shards_of(service: KinesisService) -> dict[str, Mapping[str, Any]]:
    shards = service.list_shards(StreamName="votes")["Shards"]
    return {shard["ShardId"]: shard for shard in shards}


def put(service: KinesisService, hash_key: int, data: bytes = b"x") -> str:
    reply = service.put_record(
        StreamName="votes", Data=data, PartitionKey="k", ExplicitHashKey=str(hash_key)
    )
    return str(reply["ShardId"])


def settle(service: KinesisService, clock: ManualClock) -> None:
    clock.advance(500)
    summary = service.describe_stream_summary(StreamName="votes")["StreamDescriptionSummary"]
    assert summary["StreamStatus"] == "ACTIVE"


@pytest.mark.parametrize("count", [1, 2, 3, 7, 100])
def test_a_new_stream_has_even_ranges(service: KinesisService, count: int) -> None:
    """A15"""
    service.create_stream(StreamName="even", ShardCount=count)
    shards = service.list_shards(StreamName="even")["Shards"]
    size = END // count
    assert [shard["ShardId"] for shard in shards] == [shard_id(index) for index in range(count)]
    for index, shard in enumerate(shards):
        end = END - 1 if index == count - 1 else (index + 1) * size - 1
        assert shard["HashKeyRange"] == {
            "StartingHashKey": str(index * size),
            "EndingHashKey": str(end),
        }


def test_a_split_closes_the_parent_and_children_take_puts_at_once(
    service: KinesisService, read_all: ReadAll
) -> None:
    """A36, A37, A38"""
    assert put(service, 10, b"before") == shard_id(0)
    service.split_shard(StreamName="votes", ShardToSplit=shard_id(0), NewStartingHashKey="1000")
    assert put(service, 999, b"low") == shard_id(2)
    assert put(service, 1000, b"high") == shard_id(3)
    shards = shards_of(service)
    assert shards[shard_id(2)]["HashKeyRange"] == {"StartingHashKey": "0", "EndingHashKey": "999"}
    assert shards[shard_id(3)]["HashKeyRange"] == {
        "StartingHashKey": "1000",
        "EndingHashKey": str(END // 2 - 1),
    }
    for child in (shard_id(2), shard_id(3)):
        assert shards[child]["ParentShardId"] == shard_id(0)
        assert "AdjacentParentShardId" not in shards[child]
        assert "EndingSequenceNumber" not in shards[child]["SequenceNumberRange"]
    (old,) = read_all(service, shard_id(0))
    ending = int(shards[shard_id(0)]["SequenceNumberRange"]["EndingSequenceNumber"])
    assert old["Data"] == b"before"
    assert int(old["SequenceNumber"]) < ending
    assert ending < int(shards[shard_id(2)]["SequenceNumberRange"]["StartingSequenceNumber"])


def test_only_the_end_of_a_closed_shard_has_no_next_iterator(service: KinesisService) -> None:
    """A30"""
    for number in range(3):
        put(service, 0, bytes([number]))
    service.split_shard(StreamName="votes", ShardToSplit=shard_id(0), NewStartingHashKey="1000")
    place = service.get_shard_iterator(
        StreamName="votes", ShardId=shard_id(0), ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    first = service.get_records(ShardIterator=place, Limit=2)
    assert "ChildShards" not in first
    last = service.get_records(ShardIterator=first["NextShardIterator"], Limit=2)
    assert len(last["Records"]) == 1
    assert last.get("NextShardIterator") is None
    assert last["ChildShards"] == [
        {
            "ShardId": shard_id(2),
            "ParentShards": [shard_id(0)],
            "HashKeyRange": {"StartingHashKey": "0", "EndingHashKey": "999"},
        },
        {
            "ShardId": shard_id(3),
            "ParentShards": [shard_id(0)],
            "HashKeyRange": {"StartingHashKey": "1000", "EndingHashKey": str(END // 2 - 1)},
        },
    ]


def test_a_merge_has_two_parents(service: KinesisService, read_all: ReadAll) -> None:
    """A37, A38: whichever of the pair is named first."""
    put(service, 0, b"low")
    put(service, END - 1, b"high")
    service.merge_shards(
        StreamName="votes", ShardToMerge=shard_id(1), AdjacentShardToMerge=shard_id(0)
    )
    child = shards_of(service)[shard_id(2)]
    assert (child["ParentShardId"], child["AdjacentParentShardId"]) == (shard_id(0), shard_id(1))
    assert child["HashKeyRange"] == {"StartingHashKey": "0", "EndingHashKey": str(END - 1)}
    assert put(service, 0) == put(service, END - 1) == shard_id(2)
    assert [record["Data"] for record in read_all(service, shard_id(1))] == [b"high"]


def test_what_is_appended_but_not_committed_is_in_the_parent_before_it_ends(
    service: KinesisService,
) -> None:
    """A38: no reader sees the parent's end before its last record."""
    service.append_records(
        StreamName="votes",
        Records=[{"Data": b"pending", "PartitionKey": "k", "ExplicitHashKey": "0"}],
    )
    service.split_shard(StreamName="votes", ShardToSplit=shard_id(0), NewStartingHashKey="1000")
    result = service.read("votes", shard_id(0), after=0, records_max=10, bytes_max=1_000)
    assert [record.data for record in result.records] == [b"pending"]
    assert result.shard_end
    service.commit()


def test_a_second_reshard_waits_for_the_first(
    service: KinesisService, clock: ManualClock, refused: Refused
) -> None:
    """A36: reads and writes go on meanwhile."""
    service.split_shard(StreamName="votes", ShardToSplit=shard_id(0), NewStartingHashKey="1000")
    summary = service.describe_stream_summary(StreamName="votes")["StreamDescriptionSummary"]
    assert summary["StreamStatus"] == "UPDATING"
    put(service, 0)
    error = refused(
        service.split_shard,
        StreamName="votes",
        ShardToSplit=shard_id(1),
        NewStartingHashKey=str(END - 5),
    )
    assert error.code == "ResourceInUseException"
    assert error.message == (
        "Stream votes under account 000000000000 not ACTIVE, instead in state UPDATING"
    )
    settle(service, clock)
    service.split_shard(
        StreamName="votes", ShardToSplit=shard_id(1), NewStartingHashKey=str(END - 5)
    )


@pytest.mark.parametrize("middle", [0, 1, END // 2 - 1, END // 2])
def test_a_split_needs_room_on_both_sides(
    service: KinesisService, refused: Refused, middle: int
) -> None:
    """A37"""
    error = refused(
        service.split_shard,
        StreamName="votes",
        ShardToSplit=shard_id(0),
        NewStartingHashKey=str(middle),
    )
    assert error.code == "InvalidArgumentException"
    assert error.message == (
        f"NewStartingHashKey {middle} used in SplitShard() on shard shardId-000000000000 in "
        "stream votes under account 000000000000 is not both greater than one plus the shard's "
        f"StartingHashKey 0 and less than the shard's EndingHashKey {END // 2 - 1}."
    )


def test_only_adjacent_open_shards_merge(
    service: KinesisService, clock: ManualClock, refused: Refused
) -> None:
    """A37"""
    service.split_shard(StreamName="votes", ShardToSplit=shard_id(0), NewStartingHashKey="1000")
    settle(service, clock)
    error = refused(
        service.merge_shards,
        StreamName="votes",
        ShardToMerge=shard_id(2),
        AdjacentShardToMerge=shard_id(1),
    )
    assert error.message == (
        "Shards shardId-000000000002 and shardId-000000000001 in stream votes under account "
        "000000000000 are not an adjacent pair of shards eligible for merging"
    )
    closed = refused(
        service.merge_shards,
        StreamName="votes",
        ShardToMerge=shard_id(0),
        AdjacentShardToMerge=shard_id(1),
    )
    missing = refused(
        service.merge_shards,
        StreamName="votes",
        ShardToMerge=shard_id(9),
        AdjacentShardToMerge=shard_id(1),
    )
    assert closed.code == "InvalidArgumentException"
    assert missing.code == "ResourceNotFoundException"


def test_an_expired_parent_is_no_longer_listed(
    service: KinesisService, clock: ManualClock, refused: Refused, make_service: MakeService
) -> None:
    """A38: and its files are gone."""
    put(service, 0)
    clock.advance(1_000)
    service.split_shard(StreamName="votes", ShardToSplit=shard_id(0), NewStartingHashKey="1000")
    clock.advance(24 * 3_600_000)
    assert shard_id(0) in shards_of(service)
    clock.advance(1)
    assert list(shards_of(service)) == [shard_id(1), shard_id(2), shard_id(3)]
    service.trim_expired()
    assert service.disk_bytes() == 0
    error = refused(
        service.get_shard_iterator,
        StreamName="votes",
        ShardId=shard_id(0),
        ShardIteratorType="LATEST",
    )
    assert error.code == "ResourceNotFoundException"
    service.close()
    again = make_service()
    assert list(shards_of(again)) == [shard_id(1), shard_id(2), shard_id(3)]
    assert put(again, 0) == shard_id(2)


def test_reshards_survive_a_crash(
    service: KinesisService, clock: ManualClock, make_service: MakeService, read_all: ReadAll
) -> None:
    put(service, 0, b"old")
    service.split_shard(StreamName="votes", ShardToSplit=shard_id(0), NewStartingHashKey="1000")
    put(service, 0, b"new")
    settle(service, clock)
    again = make_service()
    assert shards_of(again) == shards_of(service)
    assert [record["Data"] for record in read_all(again, shard_id(0))] == [b"old"]
    assert [record["Data"] for record in read_all(again, shard_id(2))] == [b"new"]


def test_followers_hear_of_a_reshard(service: KinesisService) -> None:
    heard: list[tuple[str, str]] = []
    service.subscribe(lambda stream, shard: heard.append((stream, shard)))
    service.split_shard(StreamName="votes", ShardToSplit=shard_id(0), NewStartingHashKey="1000")
    assert {("votes", shard_id(index)) for index in range(4)} <= set(heard)


def test_records_of_one_key_keep_their_order_through_a_reshard(
    service: KinesisService, clock: ManualClock, read_all: ReadAll
) -> None:
    """A38: parents first, then children."""
    for number in range(30):
        put(service, 500, bytes([number]))
        if number == 10:
            service.split_shard(
                StreamName="votes", ShardToSplit=shard_id(0), NewStartingHashKey="1000"
            )
        if number == 20:
            settle(service, clock)
            service.merge_shards(
                StreamName="votes", ShardToMerge=shard_id(2), AdjacentShardToMerge=shard_id(3)
            )
    views = service.shards("votes")
    order = {view.shard_id: place for place, view in enumerate(views)}
    for view in views:
        assert all(order[parent] < order[view.shard_id] for parent in view.parents)
    seen = [record["Data"][0] for view in views for record in read_all(service, view.shard_id)]
    assert seen == list(range(30))
