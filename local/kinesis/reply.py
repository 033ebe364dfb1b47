"""A stream, a shard or a record in, what boto3 shows of it out."""

from typing import Any

from local.kinesis.record import StoredRecord
from local.kinesis.stream import Shard, Stream
from local.kinesis.timestamp import to_datetime

Reply = dict[str, Any]


def record_reply(record: StoredRecord) -> Reply:
    """Return a record as GetRecords shows it (A32)."""
    return {
        "SequenceNumber": str(record.sequence_number),
        "ApproximateArrivalTimestamp": to_datetime(record.arrival_ms),
        "Data": record.data,
        "PartitionKey": record.partition_key,
    }


def child_reply(child: Shard) -> Reply:
    """Return a child as the last answer from its parent shows it (A30)."""
    return {
        "ShardId": child.shard_id,
        "ParentShards": list(child.parent_ids),
        "HashKeyRange": _hash_range(child),
    }


def shard_reply(shard: Shard) -> Reply:
    numbers = {"StartingSequenceNumber": str(shard.starting_sequence)}
    if shard.ending_sequence is not None:
        numbers["EndingSequenceNumber"] = str(shard.ending_sequence)
    parents = zip(("ParentShardId", "AdjacentParentShardId"), shard.parent_ids, strict=False)
    return {
        "ShardId": shard.shard_id,
        "HashKeyRange": _hash_range(shard),
        "SequenceNumberRange": numbers,
        **dict(parents),
    }


def stream_summary(stream: Stream, status: str) -> Reply:
    """Return what every answer about a stream holds."""
    return {
        "StreamName": stream.name,
        "StreamARN": stream.arn,
        "StreamStatus": status,
        "StreamModeDetails": {"StreamMode": "PROVISIONED"},
        "StreamCreationTimestamp": to_datetime(stream.meta.created_ms),
    }


def stream_description(stream: Stream, status: str) -> Reply:
    """Return what DescribeStream and DescribeStreamSummary both hold."""
    return stream_summary(stream, status) | {
        "RetentionPeriodHours": stream.meta.retention_hours,
        "EnhancedMonitoring": [{"ShardLevelMetrics": []}],
        "EncryptionType": "NONE",
    }


def _hash_range(shard: Shard) -> Reply:
    return {
        "StartingHashKey": shard.meta.starting_hash,
        "EndingHashKey": shard.meta.ending_hash,
    }
