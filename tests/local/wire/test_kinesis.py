"""Kinesis over AWS JSON 1.1."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.wire.conftest import Connect
from tests.local.wire.plain_http import call, kinesis

NULL_KEY = (
    "1 validation error detected: Value null at 'partitionKey' failed to satisfy constraint: "
    "Member must not be null"
)


def test_records_come_back_as_they_were_put(connect: Connect) -> None:
    client = connect("kinesis")
    data = [b"", b"\x00\xff", "grün\n".encode(), b"x" * 100_000]
    records = [{"Data": each, "PartitionKey": "a"} for each in data]
    reply = client.put_records(StreamName="votes", Records=records)
    assert reply["FailedRecordCount"] == 0
    shard_id = reply["Records"][0]["ShardId"]
    iterator = client.get_shard_iterator(
        StreamName="votes", ShardId=shard_id, ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    read = client.get_records(ShardIterator=iterator)["Records"]
    assert [record["Data"] for record in read] == data
    numbers = [record["SequenceNumber"] for record in read]
    assert numbers == [result["SequenceNumber"] for result in reply["Records"]]


def test_timestamps_are_seconds_with_milliseconds(endpoint: str, connect: Connect) -> None:
    """A32: ApproximateArrivalTimestamp is a JSON number of seconds."""
    put = connect("kinesis").put_record(StreamName="votes", Data=b"1", PartitionKey="a")
    shard = {"StreamName": "votes", "ShardId": put["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
    iterator = kinesis(endpoint, "GetShardIterator", shard).json()["ShardIterator"]
    answer = kinesis(endpoint, "GetRecords", {"ShardIterator": iterator}).json()
    arrived = answer["Records"][0]["ApproximateArrivalTimestamp"]
    assert isinstance(arrived, float)
    assert round(arrived * 1000) == pytest.approx(arrived * 1000, abs=1e-3)
    assert base64.b64decode(answer["Records"][0]["Data"]) == b"1"


def test_a_timestamp_in_a_request_is_seconds(endpoint: str, connect: Connect) -> None:
    """A26: a time that is too late is refused; one that is past gives an iterator."""
    shard = connect("kinesis").list_shards(StreamName="votes")["Shards"][0]["ShardId"]
    request = {"StreamName": "votes", "ShardId": shard, "ShardIteratorType": "AT_TIMESTAMP"}
    past = kinesis(endpoint, "GetShardIterator", {**request, "Timestamp": 1_700_000_000.5})
    future = kinesis(endpoint, "GetShardIterator", {**request, "Timestamp": 9e9})
    assert past.status == 200
    assert future.json()["__type"] == "InvalidArgumentException"


def test_an_error_has_its_name_in_type(endpoint: str) -> None:
    """A47, A49: `__type` and `message`, status 400."""
    request = {"StreamName": "no", "Records": [{"Data": "", "PartitionKey": "a"}]}
    answer = kinesis(endpoint, "PutRecords", request)
    assert answer.status == 400
    assert answer.json() == {
        "__type": "ResourceNotFoundException",
        "message": "Stream no under account 000000000000 not found.",
    }


@pytest.mark.parametrize(
    ("request_", "at", "demand"),
    [
        ({"StreamName": "a" * 129}, "streamName", "length less than or equal to 128"),
        ({"StreamName": "a b"}, "streamName", "satisfy regular expression pattern"),
        ({"PartitionKey": "k" * 257}, "partitionKey", "length less than or equal to 256"),
        ({"PartitionKey": ""}, "partitionKey", "length greater than or equal to 1"),
        ({"ExplicitHashKey": "-1"}, "explicitHashKey", "satisfy regular expression pattern"),
    ],
)
def test_a_broken_constraint_is_named(
    endpoint: str, request_: dict[str, str], at: str, demand: str
) -> None:
    """A48: the value, the member and the demand."""
    whole = {"StreamName": "votes", "Data": "", "PartitionKey": "a", **request_}
    error = kinesis(endpoint, "PutRecord", whole).json()
    assert error["__type"] == "ValidationException"
    assert error["message"].startswith("1 validation error detected: Value '")
    assert f"at '{at}' failed to satisfy constraint: " in error["message"]
    assert demand in error["message"]


def test_a_missing_member_is_null(endpoint: str) -> None:
    """A48: `Value null at`."""
    error = kinesis(endpoint, "PutRecord", {"StreamName": "votes", "Data": ""}).json()
    assert error == {"__type": "ValidationException", "message": NULL_KEY}


def test_list_members_are_counted_from_one_and_blobs_print_as_buffers(endpoint: str) -> None:
    """A48: `records.2.member.partitionKey`; at most ten are listed."""
    good = {"Data": "QUJD", "PartitionKey": "a"}
    bad = {"Data": "QUJD", "PartitionKey": ""}
    two = kinesis(endpoint, "PutRecords", {"StreamName": "votes", "Records": [good, bad]}).json()
    assert "at 'records.2.member.partitionKey' failed" in two["message"]
    many = kinesis(endpoint, "PutRecords", {"StreamName": "votes", "Records": [bad] * 12}).json()
    assert many["message"].startswith("10 validation errors detected: ")
    over = kinesis(endpoint, "PutRecords", {"StreamName": "votes", "Records": [good] * 501}).json()
    assert "java.nio.HeapByteBuffer[pos=0 lim=3 cap=3]" in over["message"]
    assert (
        "at 'records' failed to satisfy constraint: Member must have length less"
        in (over["message"])
    )


def test_one_bad_entry_refuses_the_whole_call(endpoint: str, connect: Connect) -> None:
    """A9: and nothing is written."""
    good = {"Data": "QUJD", "PartitionKey": "a"}
    bad = {"Data": "QUJD", "PartitionKey": "b", "ExplicitHashKey": str(2**128)}
    answer = kinesis(endpoint, "PutRecords", {"StreamName": "votes", "Records": [good, bad]})
    assert answer.status == 400
    assert everything(connect("kinesis")) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"7",
        b"\xff\xfe",
        b'{"StreamName": 7, "Data": "", "PartitionKey": "a"}',
        b'{"StreamName": "votes", "Data": "!", "PartitionKey": "a"}',
        b'{"StreamName": "votes", "Data": 7, "PartitionKey": "a"}',
        b'{"StreamName": "votes", "Data": {}, "PartitionKey": ["a"]}',
        b"[" * 100_000,
    ],
)
def test_what_does_not_fit_the_types_is_a_serialization_exception(
    endpoint: str, body: bytes
) -> None:
    """A47: SerializationException has `Message` with a capital M; an empty body is {}."""
    answer = call(endpoint, "Kinesis_20131202.PutRecord", body)
    assert answer.status == 400
    error = answer.json()
    expected = "SerializationException" if body else "ValidationException"
    assert error["__type"] == expected
    assert ("Message" in error) == bool(body)


def test_unknown_members_and_nulls_count_as_absent(endpoint: str) -> None:
    record = {"Data": "", "PartitionKey": "a", "ExplicitHashKey": None, "Colour": "red"}
    answer = kinesis(endpoint, "PutRecords", {"StreamName": "votes", "Records": [record]})
    assert answer.json()["FailedRecordCount"] == 0


def test_an_operation_that_the_engine_lacks_is_refused_by_name(endpoint: str) -> None:
    answer = kinesis(endpoint, "EnableEnhancedMonitoring", {})
    assert answer.status == 400
    assert answer.json() == {
        "__type": "UnknownOperationException",
        "message": "local engine: kinesis.EnableEnhancedMonitoring is not implemented",
    }


@pytest.mark.parametrize("name", ["Nope", "", "__class__", "AppendRecords", "Commit", "Close"])
def test_only_operations_of_the_api_can_be_called(endpoint: str, name: str) -> None:
    answer = kinesis(endpoint, name, {})
    assert (answer.status, answer.json()["__type"]) == (400, "UnknownOperationException")


def test_a_put_in_order_is_checked_against_its_predecessor(connect: Connect) -> None:
    """A19: SequenceNumberForOrdering."""
    client = connect("kinesis")
    first = client.put_record(StreamName="votes", Data=b"1", PartitionKey="a")
    second = client.put_record(
        StreamName="votes",
        Data=b"2",
        PartitionKey="a",
        SequenceNumberForOrdering=first["SequenceNumber"],
    )
    assert int(second["SequenceNumber"]) > int(first["SequenceNumber"])
    with pytest.raises(ClientError, match="InvalidArgumentException"):
        client.put_record(
            StreamName="votes", Data=b"3", PartitionKey="a", SequenceNumberForOrdering="7"
        )
    assert sorted(everything(client)) == [b"1", b"2"]


def test_a_record_that_is_too_large_is_refused_in_its_own_words(endpoint: str) -> None:
    """A2: PutRecord's message does not speak of records.1."""
    data = base64.b64encode(b"x" * (1024 * 1024 + 1)).decode()
    request = {"StreamName": "votes", "Data": data, "PartitionKey": "a"}
    error = kinesis(endpoint, "PutRecord", request).json()
    assert error["__type"] == "ValidationException"
    assert "at 'data' failed" in error["message"]


def test_every_answer_has_ids(endpoint: str) -> None:
    one, other = (kinesis(endpoint, "ListStreams", {}) for _ in range(2))
    assert one.headers["x-amzn-requestid"] != other.headers["x-amzn-requestid"]
    assert one.headers["x-amz-id-2"]
    assert one.headers["content-type"] == "application/x-amz-json-1.1"


def everything(client: Any) -> list[bytes]:
    found: list[bytes] = []
    for shard in client.list_shards(StreamName="votes")["Shards"]:
        iterator = client.get_shard_iterator(
            StreamName="votes", ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        found += [each["Data"] for each in client.get_records(ShardIterator=iterator)["Records"]]
    return found


def test_golden_body_of_a_put(endpoint: str, tmp_path: Path) -> None:
    request = {"StreamName": "votes", "Records": [{"Data": "QQ==", "PartitionKey": "a"}]}
    body = kinesis(endpoint, "PutRecords", request).body
    number = json.loads(body)["Records"][0]["SequenceNumber"]
    assert json.loads(body) == {
        "FailedRecordCount": 0,
        "Records": [{"SequenceNumber": number, "ShardId": "shardId-000000000000"}],
    }
