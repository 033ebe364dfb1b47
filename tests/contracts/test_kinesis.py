"""One contract for every Kinesis we can reach: ours, and boto3 on moto where moto is faithful.

moto 5.2 is not asked where it deviates: after a split, puts still go to the closed parent and the
children stay empty; a closed shard goes on giving iterators; a hash key equal to a shard's ending
key matches no shard; records never expire; concurrent puts lose records.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from core.clock import SystemClock
from local.aws_error import AwsError
from local.kinesis import KinesisService

SHARD = "shardId-000000000000"
Client = Any  # boto3's client has no types, and ours is to be called in its way


@pytest.fixture(params=["local", "moto"])
def client(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Client]:
    if request.param == "local":
        service = KinesisService(tmp_path / "kinesis", SystemClock())
        yield service
        service.close()
        return
    with mock_aws():
        yield boto3.client(  # noqa: TID251 - the referee
            "kinesis", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
        )


@pytest.fixture
def stream(client: Client) -> Client:
    client.create_stream(StreamName="votes", ShardCount=3)
    return client


def error_of(call: Any, **request: Any) -> str:
    """Return the code of the error a call raises; botocore's and ours have one shape."""
    with pytest.raises((AwsError, ClientError)) as caught:
        call(**request)
    return str(caught.value.response["Error"]["Code"])


def iterator(client: Client, kind: str, shard: str = SHARD, **more: Any) -> str:
    reply = client.get_shard_iterator(
        StreamName="votes", ShardId=shard, ShardIteratorType=kind, **more
    )
    return str(reply["ShardIterator"])


def test_a_new_stream_is_described(stream: Client) -> None:
    """A15"""
    description = stream.describe_stream(StreamName="votes")["StreamDescription"]
    assert description["StreamStatus"] == "ACTIVE"
    assert description["RetentionPeriodHours"] == 24
    assert description["StreamARN"].endswith(":stream/votes")
    assert description["StreamCreationTimestamp"].tzinfo is not None
    assert [shard["ShardId"] for shard in description["Shards"]] == [
        f"shardId-{index:012d}" for index in range(3)
    ]
    assert description["Shards"][0]["HashKeyRange"]["StartingHashKey"] == "0"
    assert description["Shards"][2]["HashKeyRange"]["EndingHashKey"] == str(2**128 - 1)
    assert stream.list_streams()["StreamNames"] == ["votes"]


def test_keys_are_placed_by_md5(stream: Client) -> None:
    """A12"""
    for key, shard in [("a", 0), ("b", 1), ("e", 2), ("f", 1)]:
        reply = stream.put_record(StreamName="votes", Data=b"x", PartitionKey=key)
        assert reply["ShardId"] == f"shardId-{shard:012d}"


def test_records_come_back_in_order(stream: Client) -> None:
    """A7, A32"""
    records = [
        {"Data": bytes([number]), "PartitionKey": str(number), "ExplicitHashKey": "0"}
        for number in range(50)
    ]
    reply = stream.put_records(StreamName="votes", Records=records)
    assert reply["FailedRecordCount"] == 0
    got = stream.get_records(ShardIterator=iterator(stream, "TRIM_HORIZON"))
    assert [record["Data"] for record in got["Records"]] == [bytes([n]) for n in range(50)]
    assert [record["PartitionKey"] for record in got["Records"]] == [str(n) for n in range(50)]
    assert [record["SequenceNumber"] for record in got["Records"]] == [
        result["SequenceNumber"] for result in reply["Records"]
    ]
    numbers = [int(record["SequenceNumber"]) for record in got["Records"]]
    assert numbers == sorted(set(numbers))
    assert got["MillisBehindLatest"] == 0
    assert got["Records"][0]["ApproximateArrivalTimestamp"].tzinfo is not None


def test_iterators_start_where_they_say(stream: Client) -> None:
    """A23"""
    latest = iterator(stream, "LATEST")
    numbers = [
        stream.put_record(
            StreamName="votes", Data=bytes([n]), PartitionKey="k", ExplicitHashKey="0"
        )["SequenceNumber"]
        for n in range(4)
    ]

    def data(place: str) -> list[int]:
        return [record["Data"][0] for record in stream.get_records(ShardIterator=place)["Records"]]

    at, after = "AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"
    assert data(latest) == [0, 1, 2, 3]
    assert data(iterator(stream, at, StartingSequenceNumber=numbers[2])) == [2, 3]
    assert data(iterator(stream, after, StartingSequenceNumber=numbers[2])) == [3]


def test_pages_go_on_with_the_next_iterator(stream: Client) -> None:
    """A27, A29"""
    for number in range(5):
        stream.put_record(
            StreamName="votes", Data=bytes([number]), PartitionKey="k", ExplicitHashKey="0"
        )
    first = stream.get_records(ShardIterator=iterator(stream, "TRIM_HORIZON"), Limit=3)
    rest = stream.get_records(ShardIterator=first["NextShardIterator"], Limit=3)
    assert [len(page["Records"]) for page in (first, rest)] == [3, 2]
    assert stream.get_records(ShardIterator=rest["NextShardIterator"])["Records"] == []


def test_a_split_leaves_a_closed_readable_parent(stream: Client) -> None:
    """A37, A38"""
    stream.put_record(StreamName="votes", Data=b"old", PartitionKey="k", ExplicitHashKey="0")
    stream.split_shard(StreamName="votes", ShardToSplit=SHARD, NewStartingHashKey="1000")
    shards = {shard["ShardId"]: shard for shard in stream.list_shards(StreamName="votes")["Shards"]}
    assert "EndingSequenceNumber" in shards[SHARD]["SequenceNumberRange"]
    children = [shard for shard in shards.values() if shard.get("ParentShardId") == SHARD]
    assert [shard["HashKeyRange"]["StartingHashKey"] for shard in children] == ["0", "1000"]
    records = stream.get_records(ShardIterator=iterator(stream, "TRIM_HORIZON"))["Records"]
    assert b"old" in [record["Data"] for record in records]


def test_what_is_not_there_is_not_found(stream: Client) -> None:
    """A49, A50"""
    missing = "ResourceNotFoundException"
    data = {"Data": b"x", "PartitionKey": "k"}
    assert error_of(stream.describe_stream, StreamName="absent") == missing
    assert error_of(stream.put_record, StreamName="absent", **data) == missing
    assert error_of(iterator, client=stream, kind="LATEST", shard="shardId-000000000099") == missing


def test_a_name_is_taken_once(stream: Client) -> None:
    """A50"""
    code = error_of(stream.create_stream, StreamName="votes", ShardCount=1)
    assert code == "ResourceInUseException"


def test_hash_keys_out_of_range_are_refused(stream: Client) -> None:
    """A13"""
    code = error_of(
        stream.put_record,
        StreamName="votes",
        Data=b"x",
        PartitionKey="k",
        ExplicitHashKey=str(2**128),
    )
    assert code == "InvalidArgumentException"


def test_retention_goes_up_and_down(stream: Client) -> None:
    """A35"""
    stream.increase_stream_retention_period(StreamName="votes", RetentionPeriodHours=48)
    summary = stream.describe_stream_summary(StreamName="votes")["StreamDescriptionSummary"]
    assert summary["RetentionPeriodHours"] == 48
    code = error_of(
        stream.increase_stream_retention_period, StreamName="votes", RetentionPeriodHours=30
    )
    assert code == "InvalidArgumentException"
    stream.decrease_stream_retention_period(StreamName="votes", RetentionPeriodHours=24)


def test_a_deleted_stream_is_gone(stream: Client) -> None:
    """A49"""
    stream.delete_stream(StreamName="votes")
    code = error_of(stream.put_record, StreamName="votes", Data=b"x", PartitionKey="k")
    assert code == "ResourceNotFoundException"
