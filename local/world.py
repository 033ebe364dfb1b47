"""A drawing and a folder in, its streams, tables and buckets open below that folder out."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from core.clock import Clock
from core.errors import Misconfigured
from core.poll import DEFAULT_PALETTE, DEFAULT_POLL, PollRules
from core.settings import Settings
from local.aws_error import AwsError
from local.disk_bound import BoundedKinesis, DiskBound
from local.drawing import Drawing, StreamSpec, TableSpec
from local.dynamodb import DynamoDbService
from local.firehose import FirehoseService
from local.mapping import PositionStore
from local.redshift_data import RedshiftDataService
from local.redshift_data.driver import Connect
from local.s3 import S3Service
from local.sqs import SqsService
from local.sqs.refusal import QUEUE_EXISTS
from local.supervise.folder import DataFolder

_EXISTS: Final = "ResourceInUseException"
_CONDITION_FAILED: Final = "ConditionalCheckFailedException"


class World:
    """The composition root: every service of the local engine, on one clock."""

    def __init__(
        self,
        drawing: Drawing,
        folder: DataFolder,
        clock: Clock,
        disk: DiskBound,
        *,
        warehouse: Connect | None = None,
        endpoint: str = "http://127.0.0.1",
    ) -> None:
        """Open what lies in the folder; everything acknowledged before is there.

        `warehouse` opens sessions on the warehouse of the drawing's workgroup; None: there is none.
        `endpoint` is where URLs of queues begin.
        """
        self.drawing: Final = drawing
        self.folder: Final = folder
        self.clock: Final = clock
        self.disk: Final = disk
        self.kinesis: Final = BoundedKinesis(folder.kinesis, clock, disk=disk)
        self.dynamodb: Final = DynamoDbService(folder.tables, clock)
        self.s3: Final = S3Service(folder.objects, clock)
        self.sqs: Final = SqsService(folder.queues, clock, rng=random.Random(), endpoint=endpoint)
        self.positions: Final = PositionStore(folder.positions)
        self.warehouse: Final = warehouse
        self.redshift_data: Final = _data_api(drawing, warehouse, clock)

    def create(self, settings: Settings) -> None:
        """Make what the drawing names and is not there; what is there stays as it is."""
        for bucket in self.drawing.buckets:
            self.s3.create_bucket(Bucket=bucket.name)
        for queue in self.drawing.queues:
            with suppress_error(QUEUE_EXISTS):
                self.sqs.create_queue(QueueName=queue.name, Attributes=queue.attributes)
        for table in self.drawing.tables:
            self._create_table(table)
        for stream in self.drawing.streams:
            self._create_stream(stream)
        names = {table.name for table in self.drawing.tables}
        if settings.tally_table not in names:
            raise Misconfigured(f"reading settings: no table {settings.tally_table!r} is drawn")
        database, databases = settings.warehouse_database, self.drawing.databases
        if self.redshift_data is not None and database not in databases:
            raise Misconfigured(f"reading settings: no database {database!r} is drawn")
        self._seed_poll(settings.tally_table)

    def _create_stream(self, spec: StreamSpec) -> None:
        with suppress_error(_EXISTS):
            self.kinesis.create_stream(StreamName=spec.name, ShardCount=spec.shard_count)
        reply = self.kinesis.describe_stream_summary(StreamName=spec.name)
        if reply["StreamDescriptionSummary"]["RetentionPeriodHours"] < spec.retention_hours:
            self.kinesis.increase_stream_retention_period(
                StreamName=spec.name, RetentionPeriodHours=spec.retention_hours
            )

    def _create_table(self, spec: TableSpec) -> None:
        keys = [(spec.hash_key, "HASH")] + ([(spec.range_key, "RANGE")] if spec.range_key else [])
        with suppress_error(_EXISTS):
            self.dynamodb.create_table(
                TableName=spec.name,
                KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys],
                AttributeDefinitions=[
                    {"AttributeName": name, "AttributeType": "S"} for name, _ in keys
                ],
                BillingMode="PAY_PER_REQUEST",
            )
        reply = self.dynamodb.describe_time_to_live(TableName=spec.name)
        enabled = reply["TimeToLiveDescription"]["TimeToLiveStatus"] == "ENABLED"
        if spec.ttl_attribute and not enabled:
            self.dynamodb.update_time_to_live(
                TableName=spec.name,
                TimeToLiveSpecification={"Enabled": True, "AttributeName": spec.ttl_attribute},
            )

    def _seed_poll(self, table: str) -> None:
        """Make the default poll, in effect since ever: votes may come before anybody made one."""
        rules = PollRules(poll=DEFAULT_POLL, version=1, effective_ms=0, palette=DEFAULT_PALETTE)
        with suppress_error(_CONDITION_FAILED):
            self.dynamodb.put_item(
                TableName=table,
                Item=rules.to_item(),
                ConditionExpression="attribute_not_exists(pk)",
            )

    def services(self) -> dict[str, object]:
        """Return what answers on the AWS endpoint, by AWS's names."""
        found = {
            "kinesis": self.kinesis,
            "dynamodb": self.dynamodb,
            "s3": self.s3,
            "sqs": self.sqs,
            "firehose": FirehoseService(self.drawing.deliveries, self.clock),
        }
        return found | ({"redshift-data": self.redshift_data} if self.redshift_data else {})

    def close(self) -> None:
        if self.redshift_data is not None:
            self.redshift_data.close()
        self.kinesis.close()
        self.dynamodb.close()
        self.s3.close()
        self.sqs.close()
        self.positions.close()


def _data_api(
    drawing: Drawing, warehouse: Connect | None, clock: Clock
) -> RedshiftDataService | None:
    """Return the Data API of the drawn workgroup, None where nothing is drawn or reachable."""
    if warehouse is None or not drawing.workgroups:
        return None
    if len(drawing.workgroups) > 1:
        raise Misconfigured("drawing workgroups: the local engine has one warehouse")
    (workgroup,) = drawing.workgroups
    return RedshiftDataService(warehouse, clock, workgroup=workgroup.name, rng=random.Random())


@contextmanager
def suppress_error(code: str) -> Iterator[None]:
    """Go on after an AwsError of that code."""
    try:
        yield
    except AwsError as error:
        if error.code != code:
            raise
