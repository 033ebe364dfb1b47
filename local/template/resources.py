"""Resolved resources in, specs out; a type is run, ignored with a reason, or refused."""

import re
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final

from core.errors import Misconfigured
from local.aws_error import AwsError
from local.drawing import (
    BucketSpec,
    Drawing,
    FunctionSpec,
    MappingSpec,
    NamespaceSpec,
    QueueSpec,
    ScheduleSpec,
    StreamSpec,
    TableSpec,
    WorkgroupSpec,
)
from local.sqs.queue import read_attributes
from local.template.delivery import End, delivery_ends, read_delivery
from local.template.event_invoke import configured, read_event_invoke
from local.template.intrinsics import Resolver
from local.template.kinds import IGNORED, LOCAL, RUN
from local.template.value import failure_end, flag, whole

_RATE: Final = re.compile(r"rate\((\d+) (second|minute|hour|day)s?\)")
_UNIT_S: Final = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}
_NAMESPACE: Final = uuid.UUID("6f0b8d2e-8d4c-4c38-9b83-2f6d5e7a1c90")  # of mapping ids


def draw(resolver: Resolver, *, history: bool = True, trend: bool = True) -> Drawing:
    """Return the drawing, without `history` only its live path, without `trend` no second consumer.

    Raise Misconfigured for a type or property that is on no list.
    """
    found: dict[str, list[Any]] = {kind: [] for kind in RUN}
    ignored: dict[str, str] = {}
    for logical_id, resource in resolver.resources.items():
        kind = resource["Type"]
        local = _local(logical_id, resource)
        if not resolver.exists(resource):
            ignored[logical_id] = f"its condition {resource['Condition']} is not met"
            continue
        if local.get("History") and not history:
            ignored[logical_id] = "only the live path is wanted (--no-history)"
            continue
        if local.get("Trend") and not trend:
            ignored[logical_id] = "no trends are wanted (--no-trend)"
            continue
        if kind in IGNORED:
            ignored[logical_id] = IGNORED[kind]
            continue
        if kind not in RUN:
            raise Misconfigured(f"drawing {logical_id}: the local engine cannot run a {kind}")
        properties = resource.get("Properties", {})
        used, accepted = RUN[kind]
        if unknown := sorted(properties.keys() - used - accepted):
            raise Misconfigured(f"drawing {logical_id}: the local engine has no {unknown[0]}")
        values = resolver.resolve({name: properties[name] for name in properties if name in used})
        values |= {name: value for name, value in local.items() if name in used}
        if kind == "AWS::Lambda::EventSourceMapping":
            values["Counts"] = not local.get("Trend", False)
        found[kind].append(_read(kind, logical_id, resolver.name(logical_id), values))
    drawing = _drawing(found, ignored)
    _check_ends(drawing)
    return drawing


def _drawing(found: Mapping[str, Sequence[Any]], ignored: Mapping[str, str]) -> Drawing:
    """Return everything that was read, by its type."""
    return Drawing(
        streams=tuple(found["AWS::Kinesis::Stream"]),
        tables=tuple(found["AWS::DynamoDB::Table"]),
        buckets=tuple(found["AWS::S3::Bucket"]),
        queues=tuple(found["AWS::SQS::Queue"]),
        functions=configured(
            found["AWS::Lambda::Function"], found["AWS::Lambda::EventInvokeConfig"]
        ),
        mappings=tuple(found["AWS::Lambda::EventSourceMapping"]),
        deliveries=tuple(found["AWS::KinesisFirehose::DeliveryStream"]),
        schedules=tuple(
            schedule for schedule in found["AWS::Scheduler::Schedule"] if schedule is not None
        ),
        namespaces=tuple(found["AWS::RedshiftServerless::Namespace"]),
        workgroups=tuple(found["AWS::RedshiftServerless::Workgroup"]),
        ignored=ignored,
    )


def _local(logical_id: str, resource: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a resource's Metadata says of it for here; refuse what nobody would heed."""
    local: Mapping[str, Any] = resource.get("Metadata", {}).get("Local", {})
    if unknown := sorted(local.keys() - LOCAL):
        raise Misconfigured(f"drawing {logical_id}: Metadata's Local has no {unknown[0]}")
    return local


def _read(kind: str, logical_id: str, name: str, values: Mapping[str, Any]) -> Any:
    """Return the resource's spec; whatever is wrong with its values is said with its name."""
    try:
        return _READERS[kind](logical_id, name, values)
    except KeyError as error:
        raise Misconfigured(f"drawing {logical_id}: {error.args[0]} is missing") from error
    except (TypeError, ValueError, AttributeError) as error:
        raise Misconfigured(f"drawing {logical_id}: {error}") from error


def _check_ends(drawing: Drawing) -> None:
    """Raise Misconfigured for a wire that ends at something the template does not draw."""
    functions = {function.name for function in drawing.functions}
    streams = {stream.name for stream in drawing.streams}
    buckets = {bucket.name for bucket in drawing.buckets}
    queues = {queue.name for queue in drawing.queues}
    ends: list[End] = []
    for mapping in drawing.mappings:
        ends.append((mapping.logical_id, "FunctionName", mapping.function_name, functions))
        ends.append((mapping.logical_id, "EventSourceArn", mapping.stream_name, streams))
        ends.append((mapping.logical_id, "DestinationConfig", mapping.failure_bucket, buckets))
        ends.append((mapping.logical_id, "DestinationConfig", mapping.failure_queue, queues))
    for function in drawing.functions:
        bucket, queue = function.async_failure_bucket, function.async_failure_queue
        ends.append((function.logical_id, "EventInvokeConfig", bucket, buckets))
        ends.append((function.logical_id, "EventInvokeConfig", queue, queues))
    namespaces = {namespace.name for namespace in drawing.namespaces}
    for workgroup in drawing.workgroups:
        ends.append((workgroup.logical_id, "NamespaceName", workgroup.namespace, namespaces))
    for delivery in drawing.deliveries:
        ends += delivery_ends(delivery, functions=functions, streams=streams, buckets=buckets)
    for schedule in drawing.schedules:
        ends.append((schedule.logical_id, "Target", schedule.function_name, functions))
    for logical_id, name, end, drawn in ends:
        if end is not None and end not in drawn:
            raise Misconfigured(f"drawing {logical_id}: {name} leads to {end}, which is not drawn")


def _stream(logical_id: str, name: str, values: Mapping[str, Any]) -> StreamSpec:
    mode = values.get("StreamModeDetails", {}).get("StreamMode", "PROVISIONED")
    if mode != "PROVISIONED":
        raise ValueError(f"StreamModeDetails: the local engine has no {mode}")
    return StreamSpec(
        logical_id=logical_id,
        name=name,
        shard_count=whole(values, "ShardCount"),
        retention_hours=whole(values, "RetentionPeriodHours", 24),
    )


def _table(logical_id: str, name: str, values: Mapping[str, Any]) -> TableSpec:
    keys = {key["KeyType"]: key["AttributeName"] for key in values["KeySchema"]}
    types = {a["AttributeName"]: a["AttributeType"] for a in values["AttributeDefinitions"]}
    if any(types[key] != "S" for key in keys.values()):
        raise ValueError("AttributeDefinitions: keys are strings here")
    ttl = values.get("TimeToLiveSpecification", {})
    return TableSpec(
        logical_id=logical_id,
        name=name,
        hash_key=keys["HASH"],
        range_key=keys.get("RANGE"),
        ttl_attribute=ttl["AttributeName"] if flag(ttl, "Enabled") else None,
    )


def _bucket(logical_id: str, name: str, values: Mapping[str, Any]) -> BucketSpec:
    return BucketSpec(logical_id=logical_id, name=name)


def _queue(logical_id: str, name: str, values: Mapping[str, Any]) -> QueueSpec:
    attributes = {key: str(whole(values, key)) for key in values}
    try:
        read_attributes(attributes)
    except AwsError as error:  # AWS's ranges
        raise ValueError(error.message) from error
    return QueueSpec(logical_id=logical_id, name=name, attributes=attributes)


def _function(logical_id: str, name: str, values: Mapping[str, Any]) -> FunctionSpec:
    variables = values.get("Environment", {}).get("Variables", {})
    reserved = values.get("ReservedConcurrentExecutions")
    return FunctionSpec(
        logical_id=logical_id,
        name=name,
        handler=values["Handler"],
        timeout_s=whole(values, "Timeout", 3),
        memory_mb=whole(values, "MemorySize", 128),
        environment={key: str(value) for key, value in variables.items()},
        reserved_concurrency=None if reserved is None else int(reserved),
    )


def _mapping(logical_id: str, name: str, values: Mapping[str, Any]) -> MappingSpec:
    timestamp_s = values.get("StartingPositionTimestamp")
    failure = failure_end(values)
    return MappingSpec(
        logical_id=logical_id,
        uuid=str(uuid.uuid5(_NAMESPACE, logical_id)),
        function_name=str(values["FunctionName"]).rpartition(":")[2],
        # Of a stream, or of its consumer: `stream/NAME/consumer/NAME:1` (EnhancedFanOut).
        stream_name=str(values["EventSourceArn"]).partition("/")[2].partition("/")[0],
        starting_position=values["StartingPosition"],
        starting_timestamp_ms=None if timestamp_s is None else round(float(timestamp_s) * 1000),
        batch_size=whole(values, "BatchSize", 100),
        batching_window_ms=whole(values, "MaximumBatchingWindowInSeconds", 0) * 1000,
        parallelization_factor=whole(values, "ParallelizationFactor", 1),
        retries_max=whole(values, "MaximumRetryAttempts", -1),
        record_age_s_max=whole(values, "MaximumRecordAgeInSeconds", -1),
        bisect=flag(values, "BisectBatchOnFunctionError"),
        report_item_failures=_reports(values.get("FunctionResponseTypes", [])),
        failure_bucket=failure.bucket,
        failure_queue=failure.queue,
        enabled=flag(values, "Enabled", default=True),
        counts=values["Counts"],
    )


def _reports(types: Sequence[str]) -> bool:
    if set(types) - {"ReportBatchItemFailures"}:
        raise ValueError(f"FunctionResponseTypes: unknown types {list(types)}")
    return bool(types)


def _schedule(logical_id: str, name: str, values: Mapping[str, Any]) -> ScheduleSpec | None:
    """Return the schedule, None for one that is disabled."""
    rate = _RATE.fullmatch(values["ScheduleExpression"])
    if rate is None:
        expression = values["ScheduleExpression"]
        raise ValueError(f"ScheduleExpression: the local engine runs rates, not {expression}")
    if values.get("State", "ENABLED") != "ENABLED":
        return None
    target = values["Target"]
    return ScheduleSpec(
        logical_id=logical_id,
        function_name=str(target["Arn"]).rpartition(":")[2],
        period_s=int(rate.group(1)) * _UNIT_S[rate.group(2)],
        payload=target.get("Input", "{}"),
    )


def _namespace(logical_id: str, name: str, values: Mapping[str, Any]) -> NamespaceSpec:
    return NamespaceSpec(logical_id=logical_id, name=name, database=str(values["DbName"]))


def _workgroup(logical_id: str, name: str, values: Mapping[str, Any]) -> WorkgroupSpec:
    return WorkgroupSpec(logical_id=logical_id, name=name, namespace=str(values["NamespaceName"]))


_READERS: Final = {
    "AWS::Kinesis::Stream": _stream,
    "AWS::DynamoDB::Table": _table,
    "AWS::S3::Bucket": _bucket,
    "AWS::SQS::Queue": _queue,
    "AWS::Lambda::Function": _function,
    "AWS::Lambda::EventSourceMapping": _mapping,
    "AWS::Lambda::EventInvokeConfig": read_event_invoke,
    "AWS::KinesisFirehose::DeliveryStream": read_delivery,
    "AWS::Scheduler::Schedule": _schedule,
    "AWS::RedshiftServerless::Namespace": _namespace,
    "AWS::RedshiftServerless::Workgroup": _workgroup,
}
