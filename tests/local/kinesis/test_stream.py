"""Streams: made, described, listed, deleted, named in two ways."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.clock import ManualClock
from core.errors import DataFolderUnusable
from local.aws_error import AwsError
from local.kinesis import OPERATIONS, KinesisService

Refused = Callable[..., AwsError]
MakeService = Callable[..., KinesisService]
ReadAll = Callable[..., list[dict[str, Any]]]
ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/votes"


def test_a_stream_without_a_shard_count_has_four(service: KinesisService) -> None:
    """A16"""
    service.create_stream(StreamName="plain")
    summary = service.describe_stream_summary(StreamName="plain")["StreamDescriptionSummary"]
    assert summary["OpenShardCount"] == 4


def test_a_name_is_taken_once(service: KinesisService, refused: Refused) -> None:
    """A50"""
    error = refused(service.create_stream, StreamName="votes", ShardCount=1)
    assert (error.code, error.status) == ("ResourceInUseException", 400)
    assert len(service.shards("votes")) == 2


def test_the_arn_may_replace_or_accompany_the_name_everywhere(
    service: KinesisService, clock: ManualClock
) -> None:
    """A34"""
    shard = "shardId-000000000000"
    data = {"Data": b"x", "PartitionKey": "k"}
    for name in ({"StreamARN": ARN}, {"StreamARN": ARN, "StreamName": "votes"}):
        service.put_record(**name, **data)
        service.put_records(**name, Records=[data])
        service.append_records(**name, Records=[data])
        service.commit()
        place = service.get_shard_iterator(**name, ShardId=shard, ShardIteratorType="TRIM_HORIZON")[
            "ShardIterator"
        ]
        service.get_records(ShardIterator=place, StreamARN=ARN)
        service.describe_stream(**name)
        service.describe_stream_summary(**name)
        service.list_shards(**name)
        service.increase_stream_retention_period(**name, RetentionPeriodHours=48)
        service.decrease_stream_retention_period(**name, RetentionPeriodHours=24)
    service.split_shard(StreamARN=ARN, ShardToSplit=shard, NewStartingHashKey="1000")
    clock.advance(500)
    service.merge_shards(
        StreamARN=ARN,
        ShardToMerge="shardId-000000000002",
        AdjacentShardToMerge="shardId-000000000003",
    )
    clock.advance(500)
    service.update_shard_count(StreamARN=ARN, TargetShardCount=2, ScalingType="UNIFORM_SCALING")
    service.delete_stream(StreamARN=ARN)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ({"StreamName": "absent"}, "ResourceNotFoundException"),
        ({"StreamARN": ARN + "-absent"}, "ResourceNotFoundException"),
        ({"StreamARN": ARN, "StreamName": "other"}, "InvalidArgumentException"),
        ({"StreamARN": "votes"}, "ValidationException"),
        ({"StreamName": "a/b"}, "ValidationException"),
        ({"StreamName": "n" * 129}, "ValidationException"),
        ({"StreamName": ""}, "ValidationException"),
        ({"StreamName": 7}, "SerializationException"),
        ({}, "InvalidArgumentException"),
    ],
)
def test_a_wrong_name_is_refused_alike_by_reads_and_writes(
    service: KinesisService, refused: Refused, name: dict[str, Any], code: str
) -> None:
    """A34, A47, A48, A49, A50"""
    data = {"Data": b"x", "PartitionKey": "k"}
    assert refused(service.describe_stream, **name).code == code
    assert refused(service.put_record, **name, **data).code == code
    assert refused(service.put_records, **name, Records=[data]).code == code


def test_the_text_of_a_missing_stream(service: KinesisService, refused: Refused) -> None:
    """A49"""
    error = refused(service.describe_stream, StreamName="absent")
    assert error.message == "Stream absent under account 000000000000 not found."
    assert error.status == 400


@pytest.mark.parametrize(
    "more",
    [
        {"StreamModeDetails": {"StreamMode": "ON_DEMAND"}},
        {"RecordDistributionStrategy": "AUTO"},
        {"MaxRecordSizeInKiB": 10_240},
        {"WarmThroughputMiBps": 4},
        {"Tags": {"a": "b"}},
    ],
)
def test_kinds_of_streams_that_the_engine_has_not_are_refused_by_name(
    service: KinesisService, refused: Refused, more: dict[str, Any]
) -> None:
    """A2, A17, A41"""
    error = refused(service.create_stream, StreamName="other", **more)
    (member,) = more
    assert error.message == f"local engine: kinesis.CreateStream.{member} is not implemented"


@pytest.mark.parametrize(
    "more",
    [
        {"StreamModeDetails": {"StreamMode": "PROVISIONED"}},
        {"RecordDistributionStrategy": "USER_PARTITION_KEY"},
        {"MaxRecordSizeInKiB": 1_024},
    ],
)
def test_what_the_engine_is_anyway_may_be_asked_for(
    service: KinesisService, more: dict[str, Any]
) -> None:
    """A2, A17"""
    service.create_stream(StreamName="other", ShardCount=1, **more)


def test_an_account_has_500_shards(service: KinesisService, refused: Refused) -> None:
    """A42"""
    service.create_stream(StreamName="many", ShardCount=498)
    error = refused(service.create_stream, StreamName="more", ShardCount=1)
    assert error.code == "LimitExceededException"
    assert "Current shard count for the account: 500. Limit: 500." in error.message
    split = refused(
        service.split_shard,
        StreamName="votes",
        ShardToSplit="shardId-000000000000",
        NewStartingHashKey="1000",
    )
    assert split.code == "LimitExceededException"


def test_streams_are_listed_by_name_in_pages(service: KinesisService, refused: Refused) -> None:
    for name in ("b", "a", "c"):
        service.create_stream(StreamName=name, ShardCount=1)
    first = service.list_streams(Limit=3)
    assert (first["StreamNames"], first["HasMoreStreams"]) == (["a", "b", "c"], True)
    last = service.list_streams(NextToken=first["NextToken"])
    assert (last["StreamNames"], last["HasMoreStreams"]) == (["votes"], False)
    after = service.list_streams(ExclusiveStartStreamName="b")
    assert after["StreamNames"] == ["c", "votes"]
    assert refused(service.list_streams, NextToken="x").code == "InvalidArgumentException"


def test_shards_are_described_in_pages(service: KinesisService) -> None:
    first = service.describe_stream(StreamName="votes", Limit=1)["StreamDescription"]
    assert (len(first["Shards"]), first["HasMoreShards"]) == (1, True)
    last = service.describe_stream(
        StreamName="votes", ExclusiveStartShardId=first["Shards"][0]["ShardId"]
    )["StreamDescription"]
    assert (len(last["Shards"]), last["HasMoreShards"]) == (1, False)


def test_streams_survive_a_crash(
    service: KinesisService, make_service: MakeService, folder: Path
) -> None:
    service.increase_stream_retention_period(StreamName="votes", RetentionPeriodHours=100)
    before = service.describe_stream(StreamName="votes")
    assert make_service().describe_stream(StreamName="votes") == before


@pytest.mark.parametrize("name", [".", "..", "VOTES", "n" * 128, "a.b_c-d"])
def test_any_name_that_aws_allows_may_be_used(
    service: KinesisService, make_service: MakeService, read_all: ReadAll, name: str
) -> None:
    """A48: a name is never taken for a path."""
    service.create_stream(StreamName=name, ShardCount=1)
    service.put_record(StreamName=name, Data=b"x", PartitionKey="k")
    again = make_service()
    assert len(read_all(again, "shardId-000000000000", name)) == 1
    again.delete_stream(StreamName=name)
    assert again.list_streams()["StreamNames"] == ["votes"]


def test_a_deleted_stream_is_gone_for_good(
    service: KinesisService, make_service: MakeService, refused: Refused, folder: Path
) -> None:
    service.put_record(StreamName="votes", Data=b"x", PartitionKey="k")
    service.append_records(StreamName="votes", Records=[{"Data": b"x", "PartitionKey": "k"}])
    service.delete_stream(StreamName="votes")
    service.commit()
    assert refused(service.shards, stream_name="votes").code == "ResourceNotFoundException"
    assert [path.name for path in folder.iterdir()] == ["service.json"]
    assert make_service().list_streams()["StreamNames"] == []


@pytest.mark.parametrize("prefix", ["new-", "deleted-"])
def test_a_creation_or_deletion_cut_short_leaves_nothing(
    service: KinesisService, make_service: MakeService, folder: Path, prefix: str
) -> None:
    half = folder / f"{prefix}1790000000"
    (half / "shardId-000000000000").mkdir(parents=True)
    make_service()
    assert not half.exists()


def test_a_folder_of_another_version_is_refused(folder: Path, make_service: MakeService) -> None:
    folder.mkdir()
    (folder / "service.json").write_bytes(b'{"version":2,"opens":1}')
    with pytest.raises(DataFolderUnusable, match="version 2"):
        make_service()


def test_a_damaged_description_is_refused(
    service: KinesisService, folder: Path, make_service: MakeService
) -> None:
    (path,) = folder.glob("*/stream.json")
    path.write_bytes(b"{")
    with pytest.raises(DataFolderUnusable, match=r"stream\.json"):
        make_service()


def test_every_operation_is_a_method(service: KinesisService) -> None:
    for operation, method in OPERATIONS.items():
        assert callable(getattr(service, method)), operation
