"""A ListShards filter and a stream's shards in, the shards it lets through out (clause A40)."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from local.kinesis import refusal
from local.kinesis.stream import Shard, Stream
from local.kinesis.timestamp import to_ms


class ShardFilter(NamedTuple):
    """A filter, checked; the empty text and 0 stand for "not given"."""

    kind: str = "FROM_TRIM_HORIZON"
    shard_id: str = ""
    timestamp_ms: int = 0


def filter_of(request: Mapping[str, Any]) -> ShardFilter:
    """Return a request's filter; raise AwsError when it lacks what its type needs."""
    given = request.get("ShardFilter")
    if given is None:
        return ShardFilter()
    kind, shard_id, time = given["Type"], given.get("ShardId"), given.get("Timestamp")
    if (kind == "AFTER_SHARD_ID") != (shard_id is not None):
        raise refusal.invalid_argument(
            f"ShardFilter of type {kind} {'needs a' if shard_id is None else 'takes no'} ShardId."
        )
    if kind.endswith("_TIMESTAMP") != (time is not None):
        raise refusal.invalid_argument(
            f"ShardFilter of type {kind} {'needs a' if time is None else 'takes no'} Timestamp."
        )
    return ShardFilter(kind, shard_id or "", 0 if time is None else to_ms(time))


def filtered(stream: Stream, shard_filter: ShardFilter, now_ms: int) -> list[Shard]:
    """Return the listed shards that the filter lets through, in the order of their ids."""
    listed = stream.listed(now_ms)
    horizon_ms = max(stream.meta.trim_horizon_ms(now_ms), stream.meta.created_ms)
    timestamp_ms = max(shard_filter.timestamp_ms, horizon_ms)
    match shard_filter.kind:
        case "AT_LATEST":
            return [shard for shard in listed if shard.meta.open]
        case "AT_TRIM_HORIZON":
            return [shard for shard in listed if _was_open(shard, horizon_ms)]
        case "AT_TIMESTAMP":
            return [shard for shard in listed if _was_open(shard, timestamp_ms)]
        case "FROM_TIMESTAMP":
            return [shard for shard in listed if not _had_closed(shard, timestamp_ms)]
        case "AFTER_SHARD_ID":
            return [shard for shard in listed if shard.shard_id > shard_filter.shard_id]
        case _:
            return listed


def _was_open(shard: Shard, at_ms: int) -> bool:
    return shard.meta.created_ms <= at_ms and not _had_closed(shard, at_ms)


def _had_closed(shard: Shard, at_ms: int) -> bool:
    """Return whether a shard's children had taken over."""
    return shard.meta.closed_ms is not None and shard.meta.closed_ms <= at_ms
