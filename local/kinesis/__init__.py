"""A local Kinesis Data Streams: a durable segment log a shard, behind boto3's own calls."""

from collections.abc import Mapping
from typing import Final

from local.kinesis.api import KinesisService
from local.kinesis.record import ReadResult, ShardView, StoredRecord

__all__ = ["OPERATIONS", "KinesisService", "ReadResult", "ShardView", "StoredRecord"]

# AWS's operation -> the method that performs it; every other operation is refused by name.
OPERATIONS: Final[Mapping[str, str]] = {
    "CreateStream": "create_stream",
    "DecreaseStreamRetentionPeriod": "decrease_stream_retention_period",
    "DeleteStream": "delete_stream",
    "DescribeStream": "describe_stream",
    "DescribeStreamSummary": "describe_stream_summary",
    "GetRecords": "get_records",
    "GetShardIterator": "get_shard_iterator",
    "IncreaseStreamRetentionPeriod": "increase_stream_retention_period",
    "ListShards": "list_shards",
    "ListStreams": "list_streams",
    "MergeShards": "merge_shards",
    "PutRecord": "put_record",
    "PutRecords": "put_records",
    "SplitShard": "split_shard",
    "UpdateShardCount": "update_shard_count",
}
