"""Records in, their places and AWS's refusals out."""

from collections.abc import Callable
from typing import Any

import pytest

from core.clock import ManualClock
from local.aws_error import AwsError
from local.kinesis import KinesisService

MIB = 1024 * 1024
Refused = Callable[..., AwsError]
ReadAll = Callable[..., list[dict[str, Any]]]


def entry(data: bytes = b"{}", key: str = "k", **more: str) -> dict[str, Any]:
    return {"Data": data, "PartitionKey": key, **more}


def shard_number(reply: dict[str, Any]) -> int:
    return int(reply["ShardId"].removeprefix("shardId-"))


@pytest.mark.parametrize(("key", "shard"), [("a", 0), ("b", 1), ("e", 2), ("f", 1)])
def test_a_partition_key_is_placed_by_its_md5(
    service: KinesisService, key: str, shard: int
) -> None:
    """A12: the vectors for three equal shards."""
    service.create_stream(StreamName="three", ShardCount=3)
    reply = service.put_record(StreamName="three", Data=b"", PartitionKey=key)
    assert shard_number(reply) == shard


def test_an_explicit_hash_key_places_and_the_partition_key_is_kept(
    service: KinesisService, read_all: ReadAll
) -> None:
    """A13"""
    top = str(2**128 - 1)
    reply = service.put_record(
        StreamName="votes", Data=b"x", PartitionKey="kept", ExplicitHashKey=top
    )
    assert shard_number(reply) == 1
    assert read_all(service, reply["ShardId"])[0]["PartitionKey"] == "kept"


@pytest.mark.parametrize(
    ("hash_key", "shard"), [(0, 0), (2**127 - 1, 0), (2**127, 1), (2**128 - 1, 1)]
)
def test_both_ends_of_a_hash_range_belong_to_its_shard(
    service: KinesisService, hash_key: int, shard: int
) -> None:
    """A12, A15"""
    reply = service.put_records(StreamName="votes", Records=[entry(ExplicitHashKey=str(hash_key))])
    assert shard_number(reply["Records"][0]) == shard


def test_a_hash_key_beyond_the_space_is_refused(service: KinesisService, refused: Refused) -> None:
    """A13"""
    error = refused(
        service.put_record,
        StreamName="votes",
        Data=b"",
        PartitionKey="k",
        ExplicitHashKey=str(2**128),
    )
    assert error.code == "InvalidArgumentException"
    assert error.message == (
        "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. "
        f"Specified value was {2**128}"
    )


@pytest.mark.parametrize("bad", ["-1", "01", "x", "", "1\n", "٣"])
def test_a_hash_key_that_is_no_decimal_number_is_refused(
    service: KinesisService, refused: Refused, bad: str
) -> None:
    """A13, A48"""
    error = refused(
        service.put_records, StreamName="votes", Records=[entry(), entry(ExplicitHashKey=bad)]
    )
    assert error.code == "ValidationException"
    assert error.message == (
        f"1 validation error detected: Value '{bad}' at 'records.2.member.explicitHashKey' failed "
        r"to satisfy constraint: Member must satisfy regular expression pattern: 0|([1-9]\d{0,38})"
    )


@pytest.mark.parametrize(
    ("records", "code"),
    [
        ([entry(), entry(ExplicitHashKey="-1")], "ValidationException"),
        ([entry(), entry(ExplicitHashKey=str(2**128))], "InvalidArgumentException"),
        ([entry(), entry(key="")], "ValidationException"),
        ([entry(), entry(key="k" * 257)], "ValidationException"),
        ([entry(), entry(b"x" * (MIB + 1))], "ValidationException"),
        ([entry(), entry(b"x" * MIB, key="k")], "ValidationException"),
        ([entry(b"x" * (MIB - 1))] * 10 + [entry(b"x" * 20)], "InvalidArgumentException"),
        ([entry()] * 501, "ValidationException"),
        ([], "ValidationException"),
        ([entry(), {"Data": b""}], "ValidationException"),
        ([entry(), {"PartitionKey": "k"}], "ValidationException"),
        ([entry(), entry(key="\ud800")], "SerializationException"),
        ([entry(), {"Data": 1, "PartitionKey": "k"}], "SerializationException"),
        ([entry(), "text"], "SerializationException"),
    ],
)
def test_one_client_mistake_refuses_the_whole_call(
    service: KinesisService,
    refused: Refused,
    read_all: ReadAll,
    records: list[Any],
    code: str,
) -> None:
    """A1, A3, A9, A14"""
    assert refused(service.put_records, StreamName="votes", Records=records).code == code
    for shard in service.shards("votes"):
        assert read_all(service, shard.shard_id) == []


def test_a_call_of_exactly_10_mib_is_taken(service: KinesisService) -> None:
    """A1, A2, A3: the key counts, and each record is as large as it may be."""
    reply = service.put_records(StreamName="votes", Records=[entry(b"x" * (MIB - 1))] * 10)
    assert reply["FailedRecordCount"] == 0


def test_a_partition_key_has_up_to_256_characters_not_bytes(
    service: KinesisService, read_all: ReadAll
) -> None:
    """A14"""
    key = "\N{ROLLING ON THE FLOOR LAUGHING}" * 256
    reply = service.put_record(StreamName="votes", Data=b"x", PartitionKey=key)
    assert read_all(service, reply["ShardId"])[0]["PartitionKey"] == key


def test_results_stand_in_the_order_of_the_entries(
    service: KinesisService, read_all: ReadAll
) -> None:
    """A7, A32: and what was put comes back, byte for byte."""
    records = [entry(bytes([number]) * number, f"key {number}") for number in range(200)]
    reply = service.put_records(StreamName="votes", Records=records)
    assert reply["FailedRecordCount"] == 0
    stored = {
        record["SequenceNumber"]: record
        for shard in service.shards("votes")
        for record in read_all(service, shard.shard_id)
    }
    assert len(stored) == len(records)
    for sent, result in zip(records, reply["Records"], strict=True):
        assert set(result) == {"SequenceNumber", "ShardId"}
        record = stored[result["SequenceNumber"]]
        assert (record["Data"], record["PartitionKey"]) == (sent["Data"], sent["PartitionKey"])
        assert "EncryptionType" not in record


def test_entries_over_a_shards_rate_fail_alone(
    strict: KinesisService, clock: ManualClock, read_all: ReadAll
) -> None:
    """A4, A5, A7, A8: 1,000 records a second, however small."""
    calls = [strict.put_records(StreamName="votes", Records=[entry()] * 400) for _ in range(3)]
    assert [call["FailedRecordCount"] for call in calls] == [0, 0, 200]
    assert "SequenceNumber" in calls[2]["Records"][199]
    assert calls[2]["Records"][200] == {
        "ErrorCode": "ProvisionedThroughputExceededException",
        "ErrorMessage": (
            "Rate exceeded for shard shardId-000000000000 in stream votes under account "
            "000000000000."
        ),
    }
    assert len(read_all(strict, "shardId-000000000000")) == 1_000
    clock.advance(100)
    again = strict.put_records(StreamName="votes", Records=[entry()] * 400)
    assert again["FailedRecordCount"] == 300
    clock.advance(3_600_000)
    calls = [strict.put_records(StreamName="votes", Records=[entry()] * 500) for _ in range(3)]
    assert [call["FailedRecordCount"] for call in calls] == [0, 0, 500], "a burst of one second"


def test_a_shard_takes_one_mebibyte_a_second(strict: KinesisService, clock: ManualClock) -> None:
    """A4, A10: a later, smaller entry may get in where an earlier one did not."""
    records = [entry(b"x" * 600_000), entry(b"x" * 600_000), entry(b"x" * 400_000)]
    reply = strict.put_records(StreamName="votes", Records=records)
    assert ["ErrorCode" in result for result in reply["Records"]] == [False, True, False]
    clock.advance(1_000)
    assert strict.put_records(StreamName="votes", Records=records[:1])["FailedRecordCount"] == 0


def test_a_single_put_over_the_rate_fails_as_a_whole(
    strict: KinesisService, refused: Refused
) -> None:
    """A6"""
    strict.put_record(StreamName="votes", Data=b"x" * (MIB - 1), PartitionKey="k")
    error = refused(strict.put_record, StreamName="votes", Data=b"xx", PartitionKey="k")
    assert (error.code, error.status) == ("ProvisionedThroughputExceededException", 400)
    assert error.message.startswith("Rate exceeded for shard shardId-000000000000")


def test_a_repeated_put_is_stored_twice(service: KinesisService, read_all: ReadAll) -> None:
    """A11: Kinesis does not know a record again."""
    for _ in range(2):
        reply = service.put_record(StreamName="votes", Data=b"same", PartitionKey="k")
    assert [record["Data"] for record in read_all(service, reply["ShardId"])] == [b"same"] * 2


def test_every_broken_constraint_is_listed_up_to_ten(
    service: KinesisService, refused: Refused
) -> None:
    """A48"""
    two = refused(service.put_record, StreamName="no/slash", Data=b"x" * 11 * MIB, PartitionKey="")
    assert two.message == (
        "3 validation errors detected: Value 'no/slash' at 'streamName' failed to satisfy "
        "constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+; "
        "Value 'java.nio.HeapByteBuffer[pos=0 lim=11534336 cap=11534336]' at 'data' failed to "
        "satisfy constraint: Member must have length less than or equal to 10485760; "
        "Value '' at 'partitionKey' failed to satisfy constraint: Member must have length greater "
        "than or equal to 1"
    )
    many = refused(service.put_records, StreamName="votes", Records=[{}] * 20)
    assert many.message.startswith(
        "10 validation errors detected: Value null at 'records.1.member.data' failed to satisfy "
        "constraint: Member must not be null; "
    )
    assert many.message.count("; ") == 9


@pytest.mark.parametrize(
    "more",
    [
        {"DryRun": True},
        {"StreamId": "abcdefghij0123456789-abc"},
        {"SequenceNumberForOrdering": "1"},
        {"Compression": "gzip"},
    ],
)
def test_members_that_the_engine_does_not_act_on_are_refused_by_name(
    service: KinesisService, refused: Refused, more: dict[str, Any]
) -> None:
    """A17; and A19: SequenceNumberForOrdering is no member of PutRecords."""
    error = refused(service.put_records, StreamName="votes", Records=[entry()], **more)
    (member,) = more
    assert error.message == f"local engine: kinesis.PutRecords.{member} is not implemented"
