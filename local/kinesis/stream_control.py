"""Requests about streams and shards in, their replies out: create, describe, list, retention."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from local.kinesis import limits, refusal
from local.kinesis.catalog import Catalog
from local.kinesis.counter import Counter
from local.kinesis.hash_range import even_ranges
from local.kinesis.put import Times
from local.kinesis.reply import shard_reply, stream_description, stream_summary
from local.kinesis.shard_filter import ShardFilter, filter_of, filtered
from local.kinesis.stream import Stream
from local.kinesis.stream_meta import StreamMeta, new_shard
from local.kinesis.timestamp import to_ms
from local.kinesis.token import ShardPage, StreamPage, open_shard_page, seal, unseal

Request = Mapping[str, Any]
Reply = dict[str, Any]
_BOTH_NAMES: Final = "NextToken and StreamName cannot be provided together."


class StreamControl:
    """Operations that see many streams, or none of a stream's records. The caller locks."""

    def __init__(self, catalog: Catalog, counter: Counter) -> None:
        self._catalog = catalog
        self._counter = counter

    def create(self, request: Request, times: Times) -> Reply:
        """Make a stream that is ACTIVE at once; without a ShardCount it has 4 shards (A16)."""
        name = request["StreamName"]
        count = request.get("ShardCount", limits.SHARD_COUNT_DEFAULT)
        if self._catalog.find(name) is not None:
            raise refusal.stream_exists(name)
        self.check_quota(count)
        shards = [
            new_shard(index, place, created_ms=times.now_ms, counter=self._counter.next())
            for index, place in enumerate(even_ranges(count))
        ]
        meta = StreamMeta(
            name=name,
            created_ms=times.now_ms,
            second=self._catalog.free_second(times.now_ms),
            next_shard_index=count,
            shards=tuple(shards),
        )
        self._catalog.create(meta)
        return {}

    def check_quota(self, added: int) -> None:
        """Refuse more open shards than an account may have (A42)."""
        current = sum(len(stream.open_shards) for stream in self._catalog)
        if current + added > limits.SHARDS_PER_ACCOUNT:
            raise refusal.shard_quota_exceeded(current, limits.SHARDS_PER_ACCOUNT, added)

    def describe(self, request: Request, times: Times) -> Reply:
        stream = self._catalog.named(request)
        after = request.get("ExclusiveStartShardId", "")
        rest = [one for one in stream.listed(times.now_ms) if one.shard_id > after]
        shown = rest[: request.get("Limit", limits.DESCRIBE_STREAM_PAGE)]
        description = stream_description(stream, stream.status(times.monotonic_ms)) | {
            "Shards": [shard_reply(shard) for shard in shown],
            "HasMoreShards": len(shown) < len(rest),
        }
        return {"StreamDescription": description}

    def describe_summary(self, request: Request, times: Times) -> Reply:
        stream = self._catalog.named(request)
        description = stream_description(stream, stream.status(times.monotonic_ms)) | {
            "OpenShardCount": len(stream.open_shards),
            "ConsumerCount": 0,
            "MaxRecordSizeInKiB": limits.KINESIS_RECORD_BYTES_MAX // 1024,
        }
        return {"StreamDescriptionSummary": description}

    def list_streams(self, request: Request, times: Times) -> Reply:
        after = request.get("ExclusiveStartStreamName", "")
        if request.get("NextToken") is not None:
            place = unseal(request["NextToken"], StreamPage)
            if place is None:
                raise refusal.invalid_argument("Invalid NextToken.")
            after = place.after_name
        rest = [stream for stream in self._catalog if stream.name > after]
        shown = rest[: request.get("Limit", limits.LIST_STREAMS_PAGE)]
        reply: Reply = {
            "StreamNames": [stream.name for stream in shown],
            "HasMoreStreams": len(shown) < len(rest),
            "StreamSummaries": [
                stream_summary(stream, stream.status(times.monotonic_ms)) for stream in shown
            ],
        }
        if reply["HasMoreStreams"]:
            reply["NextToken"] = seal(StreamPage(times.now_ms, shown[-1].name))
        return reply

    def list_shards(self, request: Request, times: Times) -> Reply:
        """Return a page of at most 1,000 shards (A40)."""
        stream, shard_filter, after = self._shard_list(request, times)
        rest = [
            shard
            for shard in filtered(stream, shard_filter, times.now_ms)
            if shard.shard_id > after
        ]
        shown = rest[: min(request.get("MaxResults", 1_000), limits.LIST_SHARDS_PAGE)]
        reply: Reply = {"Shards": [shard_reply(shard) for shard in shown]}
        if len(shown) < len(rest):
            place = ShardPage(times.now_ms, stream.name, shown[-1].shard_id, *shard_filter)
            reply["NextToken"] = seal(place)
        return reply

    def _shard_list(self, request: Request, times: Times) -> tuple[Stream, ShardFilter, str]:
        """Return which stream's shards are listed, which of them, and after which one."""
        if request.get("NextToken") is not None:
            if request.keys() & {"StreamName", "StreamARN"}:
                raise refusal.invalid_argument(_BOTH_NAMES)
            place = open_shard_page(request["NextToken"], times.now_ms)
            stream = self._catalog.named({"StreamName": place.stream_name})
            shard_filter = ShardFilter(
                place.filter_type, place.filter_shard_id, place.filter_timestamp_ms
            )
            return stream, shard_filter, place.after_shard_id
        stream = self._catalog.named(request)
        created = request.get("StreamCreationTimestamp")
        if created is not None and to_ms(created) // 1000 != stream.meta.created_ms // 1000:
            raise refusal.stream_missing(stream.name)
        return stream, filter_of(request), request.get("ExclusiveStartShardId", "")

    def lengthen(self, request: Request, times: Times) -> Reply:
        return self._change_retention(request, times, increase=True)

    def shorten(self, request: Request, times: Times) -> Reply:
        return self._change_retention(request, times, increase=False)

    def _change_retention(self, request: Request, times: Times, *, increase: bool) -> Reply:
        """Change how long records are kept; what is past the old limit stays lost (A35)."""
        stream = self._catalog.named(request)
        wanted, current = request["RetentionPeriodHours"], stream.meta.retention_hours
        _check_retention(stream.name, wanted, current, increase=increase)
        floor_ms = stream.meta.trim_horizon_ms(times.now_ms)
        stream.change(
            msgspec.structs.replace(stream.meta, retention_hours=wanted, floor_ms=floor_ms)
        )
        return {}


def _check_retention(name: str, wanted: int, current: int, *, increase: bool) -> None:
    asked = f"Requested retention period ({wanted} hours)"
    if wanted < limits.RETENTION_HOURS_MIN:
        raise refusal.invalid_argument(
            f"Minimum allowed retention period is {limits.RETENTION_HOURS_MIN} hours. "
            f"{asked} is too short."
        )
    if wanted > limits.RETENTION_HOURS_MAX:
        raise refusal.invalid_argument(
            f"Maximum allowed retention period is {limits.RETENTION_HOURS_MAX} hours. "
            f"{asked} is too long."
        )
    if wanted != current and (wanted > current) != increase:
        way, other = ("shorter", "Decrease") if increase else ("longer", "Increase")
        raise refusal.invalid_argument(
            f"{asked} for stream {name} can not be {way} than existing retention period "
            f"({current} hours). Use {other}RetentionPeriod API."
        )
