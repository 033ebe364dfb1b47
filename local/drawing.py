"""What the template says, resolved: plain values that the local engine builds itself from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

StartingPosition = Literal["TRIM_HORIZON", "LATEST", "AT_TIMESTAMP"]
Compression = Literal["UNCOMPRESSED", "GZIP"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSpec:
    """AWS::Kinesis::Stream."""

    logical_id: str
    name: str
    shard_count: int
    retention_hours: int = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSpec:
    """AWS::DynamoDB::Table; keys are strings."""

    logical_id: str
    name: str
    hash_key: str
    range_key: str | None = None
    ttl_attribute: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketSpec:
    """AWS::S3::Bucket."""

    logical_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSpec:
    """AWS::SQS::Queue, a standard one; `attributes` are CreateQueue's, None of them AWS's own."""

    logical_id: str
    name: str
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionSpec:
    """AWS::Lambda::Function. `handler` is `package.module.function`."""

    logical_id: str
    name: str
    handler: str
    timeout_s: int = 3
    memory_mb: int = 128
    environment: Mapping[str, str] = field(default_factory=dict)
    reserved_concurrency: int | None = None
    async_retries_max: int = 2  # EventInvokeConfig.MaximumRetryAttempts (clause B50)
    async_age_s_max: int = 21_600
    async_failure_bucket: str | None = None  # one of both, or none (B53)
    async_failure_queue: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingSpec:
    """AWS::Lambda::EventSourceMapping of a Kinesis stream; -1 is AWS's word for "no limit"."""

    logical_id: str
    uuid: str
    function_name: str
    stream_name: str
    starting_position: StartingPosition = "TRIM_HORIZON"
    starting_timestamp_ms: int | None = None
    batch_size: int = 100
    batching_window_ms: int = 0
    parallelization_factor: int = 1
    retries_max: int = -1
    record_age_s_max: int = -1
    bisect: bool = False
    report_item_failures: bool = False
    failure_bucket: str | None = None  # one of both, or none (B35, B36)
    failure_queue: str | None = None
    enabled: bool = True
    counts: bool = True  # votes wait for it; not so for the trends (Metadata.Local)

    @property
    def keeps_failures(self) -> bool:
        """Whether what is given up goes somewhere."""
        return self.failure_bucket is not None or self.failure_queue is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleSpec:
    """AWS::Scheduler::Schedule or an Events rule with a rate."""

    logical_id: str
    function_name: str
    period_s: int
    payload: str = "{}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BufferHints:
    """What is collected is passed on when it has that size or that age, whichever comes first."""

    size_bytes: int
    interval_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Target:
    """Where a delivery stream puts objects; prefixes are as in the template, expressions and all.

    `prefix` None: none is given. `error_prefix` None: errors go below the prefix.
    """

    bucket: str
    buffer: BufferHints
    prefix: str | None = None
    error_prefix: str | None = None
    compression: Compression = "UNCOMPRESSED"


@dataclass(frozen=True, slots=True, kw_only=True)
class TransformSpec:
    """The Lambda processor of a delivery stream."""

    function_name: str
    buffer: BufferHints
    retries_max: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class CopySpec:
    """RedshiftDestinationConfiguration: how what lies in S3 is copied into a warehouse's table."""

    database: str
    role_arn: str
    table: str
    columns: str = ""
    options: str = ""
    retry_ms: int = 3_600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverySpec:
    """AWS::KinesisFirehose::DeliveryStream that reads a Kinesis stream.

    `target` is the destination, or with `copy` the bucket on the way to Redshift.
    """

    logical_id: str
    name: str
    stream_name: str
    target: S3Target
    transform: TransformSpec | None = None
    backup: S3Target | None = None
    copy: CopySpec | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NamespaceSpec:
    """AWS::RedshiftServerless::Namespace: what is in the warehouse."""

    logical_id: str
    name: str
    database: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkgroupSpec:
    """AWS::RedshiftServerless::Workgroup: what answers for a namespace."""

    logical_id: str
    name: str
    namespace: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """Everything the local engine runs, in the template's order."""

    streams: tuple[StreamSpec, ...] = ()
    tables: tuple[TableSpec, ...] = ()
    buckets: tuple[BucketSpec, ...] = ()
    queues: tuple[QueueSpec, ...] = ()
    functions: tuple[FunctionSpec, ...] = ()
    mappings: tuple[MappingSpec, ...] = ()
    deliveries: tuple[DeliverySpec, ...] = ()
    schedules: tuple[ScheduleSpec, ...] = ()
    namespaces: tuple[NamespaceSpec, ...] = ()
    workgroups: tuple[WorkgroupSpec, ...] = ()
    ignored: Mapping[str, str] = field(default_factory=dict)  # logical id -> why it is not run

    @property
    def databases(self) -> frozenset[str]:
        return frozenset(namespace.database for namespace in self.namespaces)
