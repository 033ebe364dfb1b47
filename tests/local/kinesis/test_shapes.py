"""botocore's own model of Kinesis as referee: our replies have its members and types."""

import datetime
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import botocore.session
import pytest
from botocore.model import Shape

from core.clock import ManualClock
from local.aws_error import AwsError
from local.kinesis import OPERATIONS, KinesisService

Refused = Callable[..., AwsError]
PYTHON_TYPES = {
    "string": str,
    "integer": int,
    "long": int,
    "boolean": bool,
    "blob": bytes,
    "timestamp": datetime.datetime,
    "list": list,
    "structure": dict,
}
MODEL = botocore.session.get_session().get_service_model("kinesis")
SHARD = "shardId-000000000000"


def faults(shape: Shape, value: object, path: str) -> Iterator[str]:
    """Yield where a value is not what the shape says."""
    if not isinstance(value, PYTHON_TYPES[shape.type_name]) or (type(value) is bool) != (
        shape.type_name == "boolean"
    ):
        yield f"{path}: {type(value).__name__} for {shape.type_name}"
    elif isinstance(value, dict):
        for name in set(value) - set(shape.members):
            yield f"{path}.{name}: no such member"
        for name in set(shape.required_members) - set(value):
            yield f"{path}.{name}: required"
        for name in set(value) & set(shape.members):
            yield from faults(shape.members[name], value[name], f"{path}.{name}")
    elif isinstance(value, list):
        for number, member in enumerate(value):
            yield from faults(shape.member, member, f"{path}[{number}]")
    elif value not in shape.metadata.get("enum", [value]):
        yield f"{path}: {value} is no value of {shape.name}"
    else:
        size = len(value) if isinstance(value, str | bytes) else value
        if "max" in shape.metadata and isinstance(size, int) and size > shape.metadata["max"]:
            yield f"{path}: {size} is too much"


def test_every_reply_has_the_shape_that_boto3_promises(
    service: KinesisService, clock: ManualClock
) -> None:
    """A7, A30, A32, A37, A39, A40"""
    answered: set[str] = set()

    def ask(operation: str, **request: Any) -> dict[str, Any]:
        reply: dict[str, Any] = getattr(service, OPERATIONS[operation])(**request)
        output = MODEL.operation_model(operation).output_shape
        if output is None:
            assert reply == {}
        else:
            assert list(faults(output, reply, operation)) == []
        answered.add(operation)
        return reply

    name = {"StreamName": "shapes"}
    data = {"Data": b"x", "PartitionKey": "k", "ExplicitHashKey": "0"}
    ask("CreateStream", **name, ShardCount=2)
    ask("PutRecord", **name, **data)
    ask("PutRecords", **name, Records=[data, data])
    place = ask("GetShardIterator", **name, ShardId=SHARD, ShardIteratorType="TRIM_HORIZON")
    page = ask("GetRecords", **place, Limit=2)
    ask("IncreaseStreamRetentionPeriod", **name, RetentionPeriodHours=48)
    ask("DecreaseStreamRetentionPeriod", **name, RetentionPeriodHours=24)
    ask("SplitShard", **name, ShardToSplit=SHARD, NewStartingHashKey="1000")
    assert "ChildShards" in ask("GetRecords", ShardIterator=page["NextShardIterator"])
    ask("DescribeStream", **name)
    clock.advance(500)
    pair = {"ShardToMerge": "shardId-000000000002", "AdjacentShardToMerge": "shardId-000000000003"}
    ask("MergeShards", **name, **pair)
    clock.advance(500)
    ask("UpdateShardCount", **name, TargetShardCount=3, ScalingType="UNIFORM_SCALING")
    ask("DescribeStream", **name)
    ask("DescribeStreamSummary", **name)
    ask("ListShards", **name, MaxResults=2)
    ask("ListStreams", Limit=1)
    ask("DeleteStream", **name)
    assert answered == set(OPERATIONS)


def test_throttled_entries_have_the_shape_too(strict: KinesisService) -> None:
    """A7"""
    records = [{"Data": b"x", "PartitionKey": "k"}] * 500
    for _ in range(3):
        reply = strict.put_records(StreamName="votes", Records=records)
    assert reply["FailedRecordCount"] == 500
    assert list(faults(MODEL.operation_model("PutRecords").output_shape, reply, "")) == []


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_errors_are_ones_that_the_operation_may_answer(
    service: KinesisService, refused: Refused, operation: str
) -> None:
    """A50: for a stream, or an iterator, that is not there."""
    model = MODEL.operation_model(operation)
    required: dict[str, Any] = {
        "ShardId": SHARD,
        "ShardIteratorType": "LATEST",
        "Data": b"",
        "PartitionKey": "k",
        "Records": [{"Data": b"", "PartitionKey": "k"}],
        "ShardToSplit": SHARD,
        "NewStartingHashKey": "1000",
        "ShardToMerge": SHARD,
        "AdjacentShardToMerge": SHARD,
        "TargetShardCount": 2,
        "ScalingType": "UNIFORM_SCALING",
        "RetentionPeriodHours": 48,
        "ShardIterator": "none",
    }
    members: Mapping[str, Shape] = model.input_shape.members
    request = {name: value for name, value in required.items() if name in members}
    if "StreamName" in members:
        request["StreamName"] = "votes" if operation == "CreateStream" else "absent"
    if operation == "ListStreams":
        request["NextToken"] = "none"
    error = refused(getattr(service, OPERATIONS[operation]), **request)
    assert error.code in {shape.name for shape in model.error_shapes}


def test_operations_and_their_methods_have_boto3s_names() -> None:
    for operation, method in OPERATIONS.items():
        assert operation in MODEL.operation_names
        assert re.sub(r"(?<!^)(?=[A-Z])", "_", operation).lower() == method
