"""A Kinesis stream in, its records transformed and in S3 out: Amazon Data Firehose."""

from local.firehose.api import FirehoseService
from local.firehose.delivery_stream import DeliveryStream
from local.firehose.driver import Copier
from local.firehose.status import Delivered, DeliveryStatus
from local.firehose.warehouse import warehouse_copier

__all__ = [
    "Copier",
    "Delivered",
    "DeliveryStatus",
    "DeliveryStream",
    "FirehoseService",
    "warehouse_copier",
]
