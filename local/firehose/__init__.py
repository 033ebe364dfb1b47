"""A Kinesis stream in, its records transformed and in S3 out: Amazon Data Firehose."""

from local.firehose.delivery_stream import DeliveryStream
from local.firehose.driver import Copier
from local.firehose.status import DeliveryStatus

__all__ = ["Copier", "DeliveryStatus", "DeliveryStream"]
