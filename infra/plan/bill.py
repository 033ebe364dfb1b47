"""What a workload asks of AWS in, its bill out: items with amount, price and dollars an hour."""

from collections.abc import Iterator
from typing import Literal

import msgspec

from infra.plan.capacity import Capacity
from infra.plan.measured import Constants
from infra.plan.price import Prices
from infra.plan.workload import Workload

GB = 1e9
HOUR_S = 3_600
MONTH_H = 730
Part = Literal["votes", "screen", "warehouse"]
_RETENTION_H = 24  # what the price of a shard or a GB includes
_LAKE_WRITE_S = 5  # an object every 5 s, or 64 MB
_BACKUP_WRITE_S = 60
_OBJECT_BYTES = 64 * 1024 * 1024
_COMPUTE_S_MIN = 60  # the least that Redshift Serverless bills when it wakes


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the bill; `amount` units an hour at a price by name."""

    part: Part
    service: str
    what: str
    amount: float
    price: str
    usd_hour: float


class Bill(msgspec.Struct, frozen=True, kw_only=True):
    """The items of one workload."""

    items: tuple[Item, ...]
    votes_hour: float

    def usd_hour(self, *parts: Part) -> float:
        return sum(item.usd_hour for item in self.items if not parts or item.part in parts)

    def usd_million(self, *parts: Part) -> float:
        return self.usd_hour(*parts) / (self.votes_hour / 1e6)


def bill_of(work: Workload, need: Capacity, k: Constants, prices: Prices) -> Bill:
    """Return the bill of a workload that needs `need`."""
    items = [
        Item(
            part=part,
            service=service,
            what=what,
            amount=amount,
            price=price,
            usd_hour=amount * prices[price].usd,
        )
        for part, service, what, amount, price in _amounts(work, need, k)
        if amount
    ]
    return Bill(items=tuple(items), votes_hour=work.rate * HOUR_S)


_Amount = tuple[Part, str, str, float, str]


def _amounts(work: Workload, need: Capacity, k: Constants) -> Iterator[_Amount]:
    yield from _stream(work, need)
    yield from _functions(work, need, k)
    yield from _table(work, need, k)
    if work.history:
        yield from _lake(work, need, k)
        yield from _warehouse(work, k)
    yield from _watching(need, k)
    if work.dashboard:
        yield from _screen(k)


def _stream(work: Workload, need: Capacity) -> Iterator[_Amount]:
    name = "Kinesis"
    gb_hour = need.stream_bytes * HOUR_S / GB
    if work.stream == "provisioned":
        yield "votes", name, "shards", need.shards, "shard_hour"
        yield "votes", name, "records, in units of 25 KB", need.put_units * HOUR_S, "put_unit"
        longer = need.shards if work.retention_hours > _RETENTION_H else 0
        yield "votes", name, "kept longer than a day", longer, "stream_retention"
    else:
        kept_gb_months = gb_hour * max(0, work.retention_hours - _RETENTION_H) / MONTH_H
        billed = need.stream_billed_bytes * HOUR_S / GB
        yield "votes", name, "stream", 1, "stream_hour"
        yield "votes", name, "written", billed, "stream_gb_in"
        yield "votes", name, "read by its consumers", need.readers * gb_hour, "stream_gb_out"
        yield "votes", name, "kept longer than a day", kept_gb_months, "stream_retention_gb_month"
    if work.enhanced_fan_out:
        yield "votes", name, "fan-out consumer", need.shards, "fan_out_shard_hour"
        yield "votes", name, "read by fan-out", gb_hour, "fan_out_gb"


def _functions(work: Workload, need: Capacity, k: Constants) -> Iterator[_Amount]:
    rows = (
        ("counting" if work.mode == "ordered" else "dispatch and work", need.calls, need.call_s),
        ("transform", need.transform_calls, need.transform_call_s),
        ("trend", need.trend_calls, need.trend_call_s),
    )
    for what, calls, call_s in rows:
        yield "votes", "Lambda", f"{what}: calls", calls * HOUR_S, "lambda_request"
        seconds = calls * call_s * k.function_gb * HOUR_S
        yield "votes", "Lambda", f"{what}: GB-seconds", seconds, "lambda_gb_s"


def _table(work: Workload, need: Capacity, k: Constants) -> Iterator[_Amount]:
    name = "DynamoDB"
    if work.table == "on-demand":
        yield "votes", name, "write units", need.write_units * HOUR_S, "write_request"
        if work.dashboard:
            reads = k.reader_units_a_second * HOUR_S
            yield "screen", name, "read units", reads, "read_request"
        return
    units = need.table_write_units
    yield "votes", name, "write units, provisioned", units, "write_capacity_hour"
    yield "screen", name, "read units, provisioned", k.table_read_units, "read_capacity_hour"


def _lake(work: Workload, need: Capacity, k: Constants) -> Iterator[_Amount]:
    yield "votes", "Firehose", "GB", need.firehose_bytes * HOUR_S / GB, "firehose_gb"
    row_bytes = work.rate * HOUR_S * (k.lake_bytes + k.backup_bytes)
    objects = HOUR_S / _LAKE_WRITE_S + HOUR_S / _BACKUP_WRITE_S + row_bytes / _OBJECT_BYTES
    yield "votes", "S3", "objects written", objects, "object_put"
    yield "votes", "S3", "a month's keeping", row_bytes / GB, "object_gb_month"


def _warehouse(work: Workload, k: Constants) -> Iterator[_Amount]:
    awake = min(1.0, max(_COMPUTE_S_MIN, 1) / max(work.load_every_s, 1))
    yield "warehouse", "Redshift", "RPU-hours", work.warehouse_rpus * awake, "warehouse_rpu_hour"
    stored = work.rate * HOUR_S * k.warehouse_bytes / GB
    yield "warehouse", "Redshift", "a month's keeping", stored, "warehouse_gb_month"
    yield "warehouse", "VPC", "endpoint in three zones", float(k.zones), "endpoint_hour"


def _watching(need: Capacity, k: Constants) -> Iterator[_Amount]:
    yield "votes", "CloudWatch", "logs", need.log_bytes * HOUR_S / GB, "log_gb"
    yield "votes", "CloudWatch", "metrics", k.metrics / MONTH_H, "metric_month"
    yield "votes", "CloudWatch", "alarms", k.alarms / MONTH_H, "alarm_month"
    yield "votes", "KMS", "key", 1 / MONTH_H, "key_month"


def _screen(k: Constants) -> Iterator[_Amount]:
    yield "screen", "Fargate", "vCPU", k.dashboard_cores, "container_cpu_hour"
    yield "screen", "Fargate", "GB", k.dashboard_gb, "container_gb_hour"
    yield "screen", "Load balancer", "hours", 1, "balancer_hour"
