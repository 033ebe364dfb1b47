"""A delivery stream's resolved properties in, its spec out; what is not run is refused by name."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from local.drawing import (
    BufferHints,
    Compression,
    CopySpec,
    DeliverySpec,
    S3Target,
    TransformSpec,
)
from local.firehose import limits
from local.firehose.spec_check import check_spec
from local.template.value import flag, whole

End = tuple[str, str, str | None, set[str]]  # logical id, property, where it leads, what is drawn

_SOURCE: Final = "KinesisStreamAsSource"
# Members that change something locally, and those that only mean something on AWS: nothing is
# authorised or encrypted here, and the warehouse is the one that runs beside the engine.
_AWS_ONLY: Final = frozenset(
    {
        "RoleARN",
        "EncryptionConfiguration",
        "CloudWatchLoggingOptions",
        "Username",
        "Password",
        "SecretsManagerConfiguration",
    }
)
_JDBC_URL: Final = re.compile(r"jdbc:redshift://[^/:]+:\d+/(\w+)")
_S3: Final = frozenset(
    {"BucketARN", "Prefix", "ErrorOutputPrefix", "BufferingHints", "CompressionFormat"}
)
_EXTENDED: Final = _S3 | {"ProcessingConfiguration", "S3BackupMode", "S3BackupConfiguration"}
_REDSHIFT: Final = frozenset(
    {
        "ClusterJDBCURL",
        "CopyCommand",
        "RetryOptions",
        "S3Configuration",
        "ProcessingConfiguration",
        "S3BackupMode",
        "S3BackupConfiguration",
    }
)
_COPY: Final = frozenset({"DataTableName", "DataTableColumns", "CopyOptions"})
_PARAMETERS: Final = frozenset(
    {"LambdaArn", "NumberOfRetries", "BufferSizeInMBs", "BufferIntervalInSeconds", "RoleArn"}
)


def read_delivery(logical_id: str, name: str, values: Mapping[str, Any]) -> DeliverySpec:
    """Return the spec; raise ValueError or KeyError for what is missing, or not run here."""
    kind = values.get("DeliveryStreamType", "DirectPut")
    if kind != _SOURCE:
        raise ValueError(f"DeliveryStreamType: the local engine runs {_SOURCE}, not {kind}")
    source = values["KinesisStreamSourceConfiguration"]
    _know(source, frozenset({"KinesisStreamARN"}), "KinesisStreamSourceConfiguration")
    extended: Mapping[str, Any] = values.get("ExtendedS3DestinationConfiguration", {})
    redshift: Mapping[str, Any] = values.get("RedshiftDestinationConfiguration", {})
    if bool(extended) == bool(redshift):  # C57, in AWS's words
        raise ValueError("Exactly one destination configuration is supported for a Firehose")
    if redshift:
        _know(redshift, _REDSHIFT, "RedshiftDestinationConfiguration")
        target = _target(redshift["S3Configuration"], "S3Configuration")
    else:
        target = _target(extended, "ExtendedS3DestinationConfiguration", _EXTENDED)
    chosen = redshift or extended
    spec = DeliverySpec(
        logical_id=logical_id,
        name=name,
        stream_name=str(source["KinesisStreamARN"]).rpartition("/")[2],
        target=target,
        transform=_transform(chosen.get("ProcessingConfiguration", {})),
        backup=_backup(chosen),
        copy=_copy(redshift) if redshift else None,
    )
    check_spec(spec)
    return spec


def delivery_ends(
    spec: DeliverySpec, *, functions: set[str], streams: set[str], buckets: set[str]
) -> list[End]:
    """Return where the wires of a delivery stream lead."""
    transform, backup = spec.transform, spec.backup
    return [
        (spec.logical_id, "KinesisStreamARN", spec.stream_name, streams),
        (spec.logical_id, "BucketARN", spec.target.bucket, buckets),
        (spec.logical_id, "LambdaArn", transform.function_name if transform else None, functions),
        (spec.logical_id, "S3BackupConfiguration", backup.bucket if backup else None, buckets),
    ]


def _target(values: Mapping[str, Any], what: str, known: frozenset[str] = _S3) -> S3Target:
    _know(values, known, what)
    return S3Target(
        bucket=str(values["BucketARN"]).rpartition(":")[2],
        prefix=values.get("Prefix"),
        error_prefix=values.get("ErrorOutputPrefix"),
        buffer=_hints(values.get("BufferingHints", {})),
        compression=_compression(values.get("CompressionFormat", "UNCOMPRESSED")),
    )


def _hints(values: Mapping[str, Any]) -> BufferHints:
    _know(values, frozenset({"SizeInMBs", "IntervalInSeconds"}), "BufferingHints")
    if len(values) == 1:  # C9
        raise ValueError("BufferingHints: give SizeInMBs and IntervalInSeconds, or neither")
    return BufferHints(
        size_bytes=whole(values, "SizeInMBs", limits.BUFFER_MIB_DEFAULT) * limits.MIB,
        interval_ms=whole(values, "IntervalInSeconds", limits.BUFFER_S_DEFAULT) * 1_000,
    )


def _compression(value: str) -> Compression:
    """Return the format, spelled exactly (C35)."""
    if value == "GZIP":
        return "GZIP"
    if value == "UNCOMPRESSED":
        return "UNCOMPRESSED"
    raise ValueError(f"CompressionFormat: the local engine has no {value}, but GZIP")


def _backup(values: Mapping[str, Any]) -> S3Target | None:
    mode = values.get("S3BackupMode", "Disabled")
    if mode == "Disabled":
        return None
    if mode != "Enabled":
        raise ValueError(f"S3BackupMode is Enabled or Disabled, not {mode}")
    return _target(values["S3BackupConfiguration"], "S3BackupConfiguration")


def _transform(values: Mapping[str, Any]) -> TransformSpec | None:
    _know(values, frozenset({"Enabled", "Processors"}), "ProcessingConfiguration")
    processors: Sequence[Mapping[str, Any]] = values.get("Processors", [])
    if not flag(values, "Enabled", default=bool(processors)) or not processors:
        return None
    for processor in processors:
        if processor["Type"] != "Lambda":
            raise ValueError(f"Processors: the local engine has no {processor['Type']}")
    if len(processors) > 1:
        raise ValueError("Processors: one Lambda processor is allowed")
    given: list[Mapping[str, str]] = processors[0].get("Parameters", [])
    parameters = {each["ParameterName"]: each["ParameterValue"] for each in given}
    _know(parameters, _PARAMETERS, "Processors")
    for name, value in parameters.items():
        if not isinstance(value, str):  # C15
            raise ValueError(f"Processors: {name} is a string, not {value!r}")
    size_mib = float(parameters.get("BufferSizeInMBs", limits.TRANSFORM_MIB_DEFAULT))
    interval_s = whole(parameters, "BufferIntervalInSeconds", limits.TRANSFORM_S_DEFAULT)
    return TransformSpec(
        function_name=_function_name(parameters["LambdaArn"]),
        retries_max=whole(parameters, "NumberOfRetries", limits.RETRIES_DEFAULT),
        buffer=BufferHints(size_bytes=round(size_mib * limits.MIB), interval_ms=interval_s * 1_000),
    )


def _function_name(arn: str) -> str:
    """Return the name in a function's ARN, which may end in a version: only the latest is here."""
    return arn.removesuffix(":$LATEST").rpartition(":")[2]


def _copy(values: Mapping[str, Any]) -> CopySpec:
    command, retry = values["CopyCommand"], values.get("RetryOptions", {})
    _know(command, _COPY, "CopyCommand")
    _know(retry, frozenset({"DurationInSeconds"}), "RetryOptions")
    return CopySpec(
        database=_database(str(values["ClusterJDBCURL"])),
        role_arn=str(values["RoleARN"]),
        table=str(command["DataTableName"]),
        columns=str(command.get("DataTableColumns", "")),
        options=str(command.get("CopyOptions", "")),
        retry_ms=whole(retry, "DurationInSeconds", limits.COPY_RETRY_S_DEFAULT) * 1_000,
    )


def _database(jdbc_url: str) -> str:
    """Return the database's name; provisioned and serverless hosts look alike (C56)."""
    found = _JDBC_URL.fullmatch(jdbc_url)
    if found is None:
        raise ValueError("ClusterJDBCURL has the form jdbc:redshift://HOST:PORT/DATABASE")
    return found.group(1)


def _know(values: Mapping[str, Any], known: frozenset[str], what: str) -> None:
    if unknown := sorted(values.keys() - known - _AWS_ONLY):
        raise ValueError(f"{what}: the local engine has no {unknown[0]}")
