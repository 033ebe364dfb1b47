"""boto3's calls of Firehose in, what is drawn out: DescribeDeliveryStream, ListDeliveryStreams.

Delivery streams come from the template; records come from their Kinesis stream, so that PutRecord
and PutRecordBatch are refused as AWS refuses them (C1).
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from core.clock import Clock
from local.aws_error import AwsError
from local.drawing import BufferHints, DeliverySpec, S3Target, TransformSpec
from local.firehose.event import delivery_stream_arn
from local.firehose.limits import MIB
from local.firehose.object_name import VERSION
from local.mapping.event import ACCOUNT, function_arn, stream_arn

Reply = dict[str, Any]
_LIST_MAX = 10  # AWS: names in an answer where no Limit is given


class FirehoseService:
    """The control API's slice; methods take boto3's keyword arguments."""

    def __init__(self, specs: Sequence[DeliverySpec], clock: Clock) -> None:
        self._specs = {spec.name: spec for spec in specs}
        self._started = datetime.fromtimestamp(clock.now_ms() / 1_000, UTC)

    def list_delivery_streams(
        self,
        *,
        Limit: int = _LIST_MAX,
        DeliveryStreamType: str | None = None,
        ExclusiveStartDeliveryStreamName: str = "",
    ) -> Reply:
        drawn = sorted(self._specs) if DeliveryStreamType in (None, "KinesisStreamAsSource") else []
        names = [name for name in drawn if name > ExclusiveStartDeliveryStreamName]
        return {
            "DeliveryStreamNames": names[:Limit],
            "HasMoreDeliveryStreams": len(names) > Limit,
        }

    def describe_delivery_stream(
        self,
        *,
        DeliveryStreamName: str,
        Limit: int | None = None,
        ExclusiveStartDestinationId: str | None = None,
    ) -> Reply:
        spec = self._spec(DeliveryStreamName)
        description = {
            "DeliveryStreamName": spec.name,
            "DeliveryStreamARN": delivery_stream_arn(spec.name),
            "DeliveryStreamStatus": "ACTIVE",
            "DeliveryStreamType": "KinesisStreamAsSource",
            "VersionId": str(VERSION),
            "CreateTimestamp": self._started,
            "Source": {
                "KinesisStreamSourceDescription": {
                    "KinesisStreamARN": stream_arn(spec.stream_name),
                    "RoleARN": _role_arn(spec),
                    "DeliveryStartTimestamp": self._started,  # C2
                }
            },
            "Destinations": [{"DestinationId": "destinationId-000000000001", **_destination(spec)}],
            "HasMoreDestinations": False,
        }
        return {"DeliveryStreamDescription": description}

    def put_record(self, *, DeliveryStreamName: str, Record: Mapping[str, Any]) -> Reply:
        raise self._not_permitted(DeliveryStreamName)

    def put_record_batch(
        self, *, DeliveryStreamName: str, Records: Sequence[Mapping[str, Any]]
    ) -> Reply:
        raise self._not_permitted(DeliveryStreamName)

    def _not_permitted(self, name: str) -> AwsError:
        self._spec(name)
        message = "This operation is not permitted on KinesisStreamAsSource delivery stream type."
        return AwsError("InvalidArgumentException", message)

    def _spec(self, name: str) -> DeliverySpec:
        if name not in self._specs:
            message = f"Firehose {name} under account {ACCOUNT} not found."
            raise AwsError("ResourceNotFoundException", message)
        return self._specs[name]


def _destination(spec: DeliverySpec) -> Reply:
    backup = _s3(spec, spec.backup) if spec.backup else None
    common: Reply = {
        "ProcessingConfiguration": _processing(spec, spec.transform),
        "S3BackupMode": "Enabled" if backup else "Disabled",
    } | ({"S3BackupDescription": backup} if backup else {})
    target = _s3(spec, spec.target)
    if spec.copy is None:
        return {
            "S3DestinationDescription": target,
            "ExtendedS3DestinationDescription": target | common,
        }
    copy = spec.copy
    return {
        "RedshiftDestinationDescription": {
            "RoleARN": copy.role_arn,
            "ClusterJDBCURL": f"jdbc:redshift://127.0.0.1:5439/{copy.database}",
            "CopyCommand": {
                "DataTableName": copy.table,
                "DataTableColumns": copy.columns,
                "CopyOptions": copy.options,
            },
            "RetryOptions": {"DurationInSeconds": copy.retry_ms // 1_000},
            "S3DestinationDescription": target,
            **common,
        }
    }


def _s3(spec: DeliverySpec, target: S3Target) -> Reply:
    given = {"Prefix": target.prefix, "ErrorOutputPrefix": target.error_prefix}
    return {
        "RoleARN": _role_arn(spec),
        "BucketARN": f"arn:aws:s3:::{target.bucket}",
        "BufferingHints": {
            "SizeInMBs": target.buffer.size_bytes // MIB,
            "IntervalInSeconds": target.buffer.interval_ms // 1_000,
        },
        "CompressionFormat": target.compression,
        "EncryptionConfiguration": {"NoEncryptionConfig": "NoEncryption"},
        **{name: value for name, value in given.items() if value is not None},
    }


def _processing(spec: DeliverySpec, transform: TransformSpec | None) -> Reply:
    if transform is None:
        return {"Enabled": False, "Processors": []}
    parameters = {
        "LambdaArn": f"{function_arn(transform.function_name)}:$LATEST",
        "NumberOfRetries": str(transform.retries_max),
        "RoleArn": _role_arn(spec),
        **_buffer(transform.buffer),
    }
    given = [{"ParameterName": name, "ParameterValue": value} for name, value in parameters.items()]
    return {"Enabled": True, "Processors": [{"Type": "Lambda", "Parameters": given}]}


def _buffer(hints: BufferHints) -> dict[str, str]:
    """Return a processor's hints: strings, as all of its parameters (C15)."""
    return {
        "BufferSizeInMBs": f"{hints.size_bytes / MIB:g}",
        "BufferIntervalInSeconds": str(hints.interval_ms // 1_000),
    }


def _role_arn(spec: DeliverySpec) -> str:
    """Return a role's ARN: AWS's answers have one, nothing is authorised here."""
    return f"arn:aws:iam::{ACCOUNT}:role/{spec.name}-role"
