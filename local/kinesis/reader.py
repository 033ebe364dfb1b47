"""Iterators and positions in, records out: GetShardIterator, GetRecords, the engine's own reads."""

from collections.abc import Mapping
from typing import Any

from local.kinesis import limits, refusal
from local.kinesis.catalog import Catalog
from local.kinesis.counter import Counter
from local.kinesis.put import Times
from local.kinesis.record import ReadResult
from local.kinesis.reply import Reply, child_reply, record_reply
from local.kinesis.start_position import position_of
from local.kinesis.stream import Shard, Stream
from local.kinesis.tail import size_of
from local.kinesis.token import Iterator, open_iterator, seal

Request = Mapping[str, Any]


class Reader:
    """Reads of one shard. The caller locks; OSError and FrameDamaged are faults of the disk."""

    def __init__(self, catalog: Catalog, counter: Counter, *, limits_enforced: bool) -> None:
        self._catalog = catalog
        self._counter = counter
        self._limits_enforced = limits_enforced

    def iterator(self, request: Request, times: Times) -> Reply:
        stream = self._catalog.named(request)
        shard = stream.shard(request["ShardId"])
        if shard is None:
            raise refusal.shard_does_not_exist(stream.name, request["ShardId"])
        if self._limits_enforced and not shard.read_meter.admit_iterator(times.monotonic_ms):
            raise refusal.throughput_exceeded(stream.name, shard.shard_id)
        after = position_of(
            stream, shard, request, now_ms=times.now_ms, last_counter=self._counter.last
        )
        return {"ShardIterator": _iterator(stream, shard, after, times.now_ms)}

    def records(self, request: Request, times: Times) -> Reply:
        """Return a page of records; at a closed shard's end its children instead of an iterator.

        Clauses A27 to A32.
        """
        place = open_iterator(request["ShardIterator"], times.now_ms)
        stream, shard = self._find(place)
        if request.get("StreamARN") not in (None, stream.arn):
            raise refusal.invalid_argument("Invalid ShardIterator.")
        meter = shard.read_meter
        if self._limits_enforced and not meter.admit_read(times.monotonic_ms):
            raise refusal.throughput_exceeded(stream.name, shard.shard_id)
        after = int(place.after)
        records_max = request.get("Limit", limits.GET_RECORDS_COUNT_MAX)
        result = read_shard(
            stream,
            shard,
            after=after,
            records_max=records_max,
            bytes_max=limits.GET_RECORDS_BYTES_MAX,
            now_ms=times.now_ms,
        )
        cut = result.millis_behind_latest > 0 and len(result.records) < records_max
        meter.gave(sum(map(size_of, result.records)), times.monotonic_ms, full=cut)
        if result.records:
            after = result.records[-1].sequence_number
        reply: Reply = {
            "Records": [record_reply(record) for record in result.records],
            "MillisBehindLatest": result.millis_behind_latest,
        }
        if result.shard_end:
            children = stream.children_of(shard)
            return reply | {"ChildShards": [child_reply(child) for child in children]}
        return reply | {"NextShardIterator": _iterator(stream, shard, after, times.now_ms)}

    def shard(self, stream_name: str, shard_id: str) -> tuple[Stream, Shard]:
        """Return a shard for the engine's own readers; raise ResourceNotFoundException."""
        stream = self._catalog.named({"StreamName": stream_name})
        shard = stream.shard(shard_id)
        if shard is None:
            raise refusal.shard_missing(stream_name, shard_id)
        return stream, shard

    def _find(self, place: Iterator) -> tuple[Stream, Shard]:
        """Return what an iterator points at; a stream made anew under its name is another one."""
        stream = self._catalog.find(place.stream_name)
        shard = stream.shard(place.shard_id) if stream is not None else None
        if stream is None or shard is None or stream.meta.second != place.stream_second:
            raise refusal.shard_does_not_exist(place.stream_name, place.shard_id)
        return stream, shard


def read_shard(
    stream: Stream, shard: Shard, *, after: int, records_max: int, bytes_max: int, now_ms: int
) -> ReadResult:
    """Return visible, unexpired records above `after`: one at least, if there is one.

    The lag is the age of the last one returned, 0 at the tip (A31).
    """
    log, horizon_ms = shard.log, stream.meta.trim_horizon_ms(now_ms)
    records = log.read(after, records_max=records_max, bytes_max=bytes_max)
    if records and records[0].arrival_ms < horizon_ms:  # retention has passed them
        first = log.first_since(horizon_ms, after)
        after = log.visible if first is None else first - 1
        records = log.read(after, records_max=records_max, bytes_max=bytes_max)
    reached = records[-1].sequence_number if records else after
    at_tip = not records or reached >= log.visible
    behind_ms = 0 if at_tip else max(now_ms - records[-1].arrival_ms, 1)
    return ReadResult(records, behind_ms, at_tip and not shard.meta.open)


def _iterator(stream: Stream, shard: Shard, after: int, now_ms: int) -> str:
    return seal(Iterator(now_ms, stream.name, stream.meta.second, shard.shard_id, str(after)))
