"""Kinesis over CBOR, as the Java SDK and the KCL speak it."""

from datetime import UTC, datetime
from typing import Any

import cbor2
import pytest

from tests.local.wire.plain_http import Answer, call

CBOR = "application/x-amz-cbor-1.1"


def cbor(url: str, operation: str, request: Any) -> Answer:
    body = request if isinstance(request, bytes) else cbor2.dumps(request)
    return call(url, f"Kinesis_20131202.{operation}", body, CBOR)


def first_iterator(url: str) -> str:
    put = {"StreamName": "votes", "Data": b"\x00\xffvote", "PartitionKey": "a"}
    shard_id = cbor2.loads(cbor(url, "PutRecord", put).body)["ShardId"]
    request = {"StreamName": "votes", "ShardId": shard_id, "ShardIteratorType": "TRIM_HORIZON"}
    iterator: str = cbor2.loads(cbor(url, "GetShardIterator", request).body)["ShardIterator"]
    return iterator


def test_blobs_are_byte_strings_and_times_are_tagged_milliseconds(endpoint: str) -> None:
    """A47: CBOR is also spoken; AWS tags epoch milliseconds where the standard has seconds."""
    before_ms = datetime.now(UTC).timestamp() * 1000  # noqa: TID251 - against the real clock
    answer = cbor(endpoint, "GetRecords", {"ShardIterator": first_iterator(endpoint)})
    assert answer.headers["content-type"] == CBOR

    def keep(value: Any, *_: Any) -> Any:
        return ("tag 1", value)

    (record,) = cbor2.loads(answer.body, semantic_decoders={1: keep})["Records"]
    assert record["Data"] == b"\x00\xffvote"
    tag, arrived_ms = record["ApproximateArrivalTimestamp"]
    assert tag == "tag 1"
    assert isinstance(arrived_ms, int)
    assert abs(arrived_ms - before_ms) < 60_000


def test_a_tagged_time_in_a_request_is_milliseconds(endpoint: str) -> None:
    shard = cbor2.loads(cbor(endpoint, "ListShards", {"StreamName": "votes"}).body)["Shards"][0]
    request = {
        "StreamName": "votes",
        "ShardId": shard["ShardId"],
        "ShardIteratorType": "AT_TIMESTAMP",
    }
    past = cbor2.CBORTag(1, 1_700_000_000_000)
    future = cbor2.CBORTag(1, 9_000_000_000_000)
    assert cbor(endpoint, "GetShardIterator", {**request, "Timestamp": past}).status == 200
    refused = cbor2.loads(cbor(endpoint, "GetShardIterator", {**request, "Timestamp": future}).body)
    assert refused["__type"] == "InvalidArgumentException"


def test_a_map_of_unknown_length_is_read(endpoint: str) -> None:
    """The Java SDK opens maps and lists without their length."""
    body = cbor2.dumps({"StreamName": "votes", "Limit": 1}, indefinite_containers=True)
    assert body[0] == 0xBF
    answer = cbor(endpoint, "DescribeStream", body)
    described = cbor2.loads(answer.body, semantic_decoders={1: lambda value, *_: value})
    assert described["StreamDescription"]["StreamName"] == "votes"


@pytest.mark.parametrize(
    "body",
    [
        b"\xff",
        b"\xa1",
        b"{}",
        b"\x81\x01",
        b"\x9f" * 5_000,
        cbor2.dumps({"StreamName": 7, "Data": b"", "PartitionKey": "a"}),
        cbor2.dumps({"StreamName": "votes", "Data": [1], "PartitionKey": "a"}),
    ],
)
def test_garbage_is_a_serialization_exception_in_cbor(endpoint: str, body: bytes) -> None:
    """A47: with `Message`."""
    answer = cbor(endpoint, "PutRecord", body)
    assert (answer.status, answer.headers["content-type"]) == (400, CBOR)
    error = cbor2.loads(answer.body)
    assert error["__type"] == "SerializationException"
    assert "Message" in error


def test_an_error_is_cbor_too(endpoint: str) -> None:
    answer = cbor(endpoint, "DescribeStream", {"StreamName": "no"})
    error = cbor2.loads(answer.body)
    assert (answer.status, error["__type"]) == (400, "ResourceNotFoundException")
