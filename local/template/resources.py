"""Resolved resources in, specs out; a type is run, ignored with a reason, or refused."""

import re
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final

from core.errors import Misconfigured
from local.drawing import (
    BucketSpec,
    Drawing,
    FunctionSpec,
    MappingSpec,
    ScheduleSpec,
    StreamSpec,
    TableSpec,
)
from local.template.intrinsics import Resolver

IGNORED: Final[Mapping[str, str]] = {
    "AWS::KMS::Key": "nothing is encrypted locally",
    "AWS::IAM::Role": "nothing is authorised locally",
    "AWS::S3::BucketPolicy": "nothing is authorised locally",
    "AWS::Logs::LogGroup": "functions log to files below the data folder",
    "AWS::CloudWatch::Alarm": "`cube status` and `cube check` show what alarms watch",
}
# Properties that change something locally, and those that only mean something on AWS.
RUN: Final[Mapping[str, tuple[frozenset[str], frozenset[str]]]] = {
    "AWS::Kinesis::Stream": (
        frozenset({"ShardCount", "RetentionPeriodHours"}),
        frozenset({"StreamModeDetails", "StreamEncryption", "Tags"}),
    ),
    "AWS::DynamoDB::Table": (
        frozenset({"KeySchema", "AttributeDefinitions", "TimeToLiveSpecification"}),
        frozenset({"BillingMode", "PointInTimeRecoverySpecification", "SSESpecification", "Tags"}),
    ),
    "AWS::S3::Bucket": (
        frozenset(),
        frozenset(
            {
                "BucketEncryption",
                "PublicAccessBlockConfiguration",
                "VersioningConfiguration",
                "LifecycleConfiguration",
                "Tags",
            }
        ),
    ),
    "AWS::Lambda::Function": (
        frozenset(
            {"Handler", "Timeout", "MemorySize", "Environment", "ReservedConcurrentExecutions"}
        ),
        frozenset(
            {
                "Architectures",
                "Code",
                "Description",
                "KmsKeyArn",
                "LoggingConfig",
                "Role",
                "Runtime",
                "Tags",
                "TracingConfig",
            }
        ),
    ),
    "AWS::Lambda::EventSourceMapping": (
        frozenset(
            {
                "EventSourceArn",
                "FunctionName",
                "StartingPosition",
                "StartingPositionTimestamp",
                "BatchSize",
                "MaximumBatchingWindowInSeconds",
                "ParallelizationFactor",
                "BisectBatchOnFunctionError",
                "MaximumRetryAttempts",
                "MaximumRecordAgeInSeconds",
                "FunctionResponseTypes",
                "DestinationConfig",
                "Enabled",
            }
        ),
        frozenset({"Tags"}),
    ),
    "AWS::Scheduler::Schedule": (
        frozenset({"ScheduleExpression", "Target", "State"}),
        frozenset({"FlexibleTimeWindow", "Description", "KmsKeyArn", "Name"}),
    ),
}
_RATE: Final = re.compile(r"rate\((\d+) (second|minute|hour|day)s?\)")
_UNIT_S: Final = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}
_NAMESPACE: Final = uuid.UUID("6f0b8d2e-8d4c-4c38-9b83-2f6d5e7a1c90")  # of mapping ids


def draw(resolver: Resolver) -> Drawing:
    """Return the drawing; raise Misconfigured for a type or property that is on no list."""
    found: dict[str, list[Any]] = {kind: [] for kind in RUN}
    ignored: dict[str, str] = {}
    for logical_id, resource in resolver.resources.items():
        kind = resource["Type"]
        if kind in IGNORED:
            ignored[logical_id] = IGNORED[kind]
            continue
        if kind not in RUN:
            raise Misconfigured(f"drawing {logical_id}: the local engine cannot run a {kind}")
        properties = resource.get("Properties", {})
        used, accepted = RUN[kind]
        if unknown := sorted(properties.keys() - used - accepted):
            raise Misconfigured(f"drawing {logical_id}: the local engine has no {unknown[0]}")
        values = {name: resolver.resolve(properties[name]) for name in used & properties.keys()}
        found[kind].append(_READERS[kind](logical_id, resolver.name(logical_id), values))
    return Drawing(
        streams=tuple(found["AWS::Kinesis::Stream"]),
        tables=tuple(found["AWS::DynamoDB::Table"]),
        buckets=tuple(found["AWS::S3::Bucket"]),
        functions=tuple(found["AWS::Lambda::Function"]),
        mappings=tuple(found["AWS::Lambda::EventSourceMapping"]),
        schedules=tuple(
            schedule for schedule in found["AWS::Scheduler::Schedule"] if schedule is not None
        ),
        ignored=ignored,
    )


def _stream(logical_id: str, name: str, values: Mapping[str, Any]) -> StreamSpec:
    return StreamSpec(
        logical_id=logical_id,
        name=name,
        shard_count=int(values["ShardCount"]),
        retention_hours=int(values.get("RetentionPeriodHours", 24)),
    )


def _table(logical_id: str, name: str, values: Mapping[str, Any]) -> TableSpec:
    keys = {key["KeyType"]: key["AttributeName"] for key in values["KeySchema"]}
    types = {a["AttributeName"]: a["AttributeType"] for a in values["AttributeDefinitions"]}
    if any(types[key] != "S" for key in keys.values()):
        raise Misconfigured(f"drawing {logical_id}: keys are strings here")
    ttl = values.get("TimeToLiveSpecification", {})
    return TableSpec(
        logical_id=logical_id,
        name=name,
        hash_key=keys["HASH"],
        range_key=keys.get("RANGE"),
        ttl_attribute=ttl["AttributeName"] if ttl.get("Enabled") else None,
    )


def _bucket(logical_id: str, name: str, values: Mapping[str, Any]) -> BucketSpec:
    return BucketSpec(logical_id=logical_id, name=name)


def _function(logical_id: str, name: str, values: Mapping[str, Any]) -> FunctionSpec:
    variables = values.get("Environment", {}).get("Variables", {})
    return FunctionSpec(
        logical_id=logical_id,
        name=name,
        handler=values["Handler"],
        timeout_s=int(values.get("Timeout", 3)),
        memory_mb=int(values.get("MemorySize", 128)),
        environment={key: str(value) for key, value in variables.items()},
        reserved_concurrency=values.get("ReservedConcurrentExecutions"),
    )


def _mapping(logical_id: str, name: str, values: Mapping[str, Any]) -> MappingSpec:
    destination = values.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
    if destination and not destination.startswith("arn:aws:s3:::"):
        raise Misconfigured(f"drawing {logical_id}: the failure destination is a bucket here")
    timestamp_s = values.get("StartingPositionTimestamp")
    window_s = values.get("MaximumBatchingWindowInSeconds", 0)
    return MappingSpec(
        logical_id=logical_id,
        uuid=str(uuid.uuid5(_NAMESPACE, logical_id)),
        function_name=str(values["FunctionName"]).rpartition(":")[2],
        stream_name=str(values["EventSourceArn"]).rpartition("/")[2],
        starting_position=values["StartingPosition"],
        starting_timestamp_ms=None if timestamp_s is None else round(float(timestamp_s) * 1000),
        batch_size=int(values.get("BatchSize", 100)),
        batching_window_ms=round(float(window_s) * 1000),
        parallelization_factor=int(values.get("ParallelizationFactor", 1)),
        retries_max=int(values.get("MaximumRetryAttempts", -1)),
        record_age_s_max=int(values.get("MaximumRecordAgeInSeconds", -1)),
        bisect=bool(values.get("BisectBatchOnFunctionError", False)),
        report_item_failures=_reports(logical_id, values.get("FunctionResponseTypes", [])),
        failure_bucket=destination.rpartition(":")[2] if destination else None,
        enabled=bool(values.get("Enabled", True)),
    )


def _reports(logical_id: str, types: Sequence[str]) -> bool:
    if set(types) - {"ReportBatchItemFailures"}:
        raise Misconfigured(f"drawing {logical_id}: unknown response types {list(types)}")
    return bool(types)


def _schedule(logical_id: str, name: str, values: Mapping[str, Any]) -> ScheduleSpec | None:
    """Return the schedule, None for one that is disabled."""
    rate = _RATE.fullmatch(values["ScheduleExpression"])
    if rate is None:
        expression = values["ScheduleExpression"]
        raise Misconfigured(f"drawing {logical_id}: the local engine runs rates, not {expression}")
    if values.get("State", "ENABLED") != "ENABLED":
        return None
    target = values["Target"]
    return ScheduleSpec(
        logical_id=logical_id,
        function_name=str(target["Arn"]).rpartition(":")[2],
        period_s=int(rate.group(1)) * _UNIT_S[rate.group(2)],
        payload=target.get("Input", "{}"),
    )


_READERS: Final = {
    "AWS::Kinesis::Stream": _stream,
    "AWS::DynamoDB::Table": _table,
    "AWS::S3::Bucket": _bucket,
    "AWS::Lambda::Function": _function,
    "AWS::Lambda::EventSourceMapping": _mapping,
    "AWS::Scheduler::Schedule": _schedule,
}
