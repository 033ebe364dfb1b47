"""Any bodies for Kinesis' operations in, as JSON or CBOR: each is answered or refused."""

import base64
import json
from pathlib import Path
from typing import Any, Final

import cbor2

from core.clock import ManualClock
from local.kinesis import KinesisService
from tests.fuzz.slices import Slices
from tests.fuzz.wire_desk import WireDesk

OPERATIONS: Final = (
    *("PutRecord", "PutRecords", "GetRecords", "GetShardIterator", "ListShards"),
    *("DescribeStream", "DescribeStreamSummary", "ListStreams", "UpdateShardCount", "SplitShard"),
    *("MergeShards", "CreateStream", "IncreaseStreamRetentionPeriod", "AddTagsToStream"),
    *("DecreaseStreamRetentionPeriod", "DeleteStream"),
)
_TYPES: Final = ("application/x-amz-json-1.1", "application/x-amz-cbor-1.1")
_S: Final = {"StreamName": "votes"}
_SHARD: Final = {**_S, "ShardId": "shardId-000000000000"}
_RECORD: Final = {"Data": b"hello", "PartitionKey": "k", "ExplicitHashKey": "1"}


def _both(operation: str, **body: Any) -> list[bytes]:
    """Return a request in either format: what to call, which format, the body."""
    number = OPERATIONS.index(operation)

    def text(value: object) -> str:
        assert isinstance(value, bytes)
        return base64.b64encode(value).decode()

    in_json = json.dumps(body, default=text).encode()
    return [bytes([number, 0]) + in_json, bytes([number, 1]) + cbor2.dumps(body)]


SEEDS: Final = (
    *_both("PutRecord", **_S, **_RECORD),
    *_both("PutRecords", **_S, Records=[_RECORD, {"Data": b"", "PartitionKey": "j"}]),
    *_both("GetShardIterator", **_SHARD, ShardIteratorType="LATEST"),
    *_both("GetShardIterator", **_SHARD, ShardIteratorType="AT_TIMESTAMP", Timestamp=1.5),
    *_both(
        "GetShardIterator",
        **_SHARD,
        ShardIteratorType="AFTER_SEQUENCE_NUMBER",
        StartingSequenceNumber="49590338271490256608559692538361571095921575989136588898",
    ),
    *_both("GetRecords", ShardIterator="A" * 60, Limit=10),
    *_both("ListShards", **_S, ShardFilter={"Type": "AT_TIMESTAMP", "Timestamp": 1}, MaxResults=1),
    *_both(
        "SplitShard",
        StreamName="votes",
        ShardToSplit="shardId-000000000000",
        NewStartingHashKey="9",
    ),
    *_both("UpdateShardCount", **_S, TargetShardCount=2, ScalingType="UNIFORM_SCALING"),
    *_both("ListStreams", Limit=1, ExclusiveStartStreamName="a"),
    *_both("IncreaseStreamRetentionPeriod", **_S, RetentionPeriodHours=48),
    bytes([3, 1]) + cbor2.dumps({**_SHARD, "Timestamp": cbor2.CBORTag(1, 1_790_000_000_000)}),
)
WORDS: Final = (
    *(b'"StreamName":"votes"', b'"StreamARN":', b'"ShardId":"shardId-000000000000"', b'"Data":'),
    *(b'"PartitionKey":"k"', b'"ExplicitHashKey":', b'"ShardIteratorType":', b'"TRIM_HORIZON"'),
    *(b'"AT_SEQUENCE_NUMBER"', b'"Timestamp":', b'"ShardIterator":', b'"NextToken":', b"1e400"),
    *(
        b'"Records":[',
        b'"Limit":',
        b"340282366920938463463374607431768211456",
        b"\xa1\x69",
        b"\xbf",
    ),
    *(
        b"\xc1\xfb\x7f\xf0\0\0\0\0\0\0",
        b"\xf9\x7c\x00",
        b"\x5f",
        b"\xd8\x1c",
        b"\xd8\x1d\x00",
        b"\xc2\x4f",
    ),
    *(b"\xc1\x1b\x7f\xff\xff\xff\xff\xff\xff\xff", b"\\ud800", b"null", b"true", b"\xf6", b"\xf7"),
)
BYTES_MAX: Final = 800


def _make(folder: Path) -> KinesisService:
    service = KinesisService(folder, ManualClock())
    service.create_stream(StreamName="votes", ShardCount=1)
    return service


_desk: Final = WireDesk("kinesis", KinesisService, _make)


def one_input(data: bytes) -> None:
    slices = Slices(data)
    operation, content_type = slices.choice(OPERATIONS), slices.choice(_TYPES)
    headers = {"x-amz-target": f"Kinesis_20131202.{operation}", "content-type": content_type}
    request = {"method": "POST", "headers": headers, "body": slices.rest()}
    with _desk.fresh():
        _desk.ask([request, request])
        if _desk.service is not None:
            assert _desk.service.disk_bytes() < 10 * (len(data) + 1_000), "what is kept was sent"
