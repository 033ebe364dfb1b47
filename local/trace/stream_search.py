"""A stream and a vote's identity in, the records that hold it out: it may be in any shard."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from core.errors import ServiceRefused
from core.lane import explicit_hash_key, lane_of
from core.limits import LANES
from core.vote import Identity
from local.stream_witness import first_iterator, generations, list_shards, read_page
from local.trace.limits import COPIES_MS, THROTTLE_PAUSE_MS, THROTTLES_MAX
from local.trace.sighting import Sighting, sightings_in


def find_on_stream(
    client: Any,
    stream: str,
    wanted: Identity,
    *,
    from_ms: int,
    until_ms: int | None = None,
    wait: Callable[[int], None],
    on_progress: Callable[[int], None] = lambda records: None,
) -> list[Sighting]:
    """Return the lines that are the vote among what arrived from `from_ms` on.

    The shards where a producer of ours puts the device's votes are read first, to `until_ms`
    (None: to their end). Where the vote was found, they and all others are read for a minute before
    and after that: a retry comes within it. Raise ServiceRefused where a shard cannot be read for
    minutes.
    """
    found: list[Sighting] = []
    records = 0
    for shard in likeliest_first(list_shards(client, stream), wanted):
        first_ms, last_ms = _window(found, from_ms, until_ms)
        iterator = first_iterator(client, stream, shard, first_ms)
        while iterator:
            page = _page(client, iterator, wait)
            records += len(page["Records"])
            on_progress(records)
            for record in page["Records"]:
                found += _in_record(record, wanted, shard)
            _, last_ms = _window(found, from_ms, until_ms)
            newest = page["Records"][-1] if page["Records"] else None
            past = newest is not None and last_ms is not None and _arrival_ms(newest) > last_ms
            iterator = "" if past or _at_tip(page) else page.get("NextShardIterator") or ""
    return sorted(found, key=lambda each: (each.place.arrival_ms, each.place.sequence_number))


def likeliest_first(shards: Sequence[Mapping[str, Any]], wanted: Identity) -> list[str]:
    """Return all shard ids; first those that have, or had, the lane of the device."""
    key = int(explicit_hash_key(lane_of(wanted.device_id, LANES), LANES))

    def has_lane(shard: Mapping[str, Any]) -> bool:
        ends = shard["HashKeyRange"]
        return int(ends["StartingHashKey"]) <= key <= int(ends["EndingHashKey"])

    likely = {shard["ShardId"] for shard in shards if has_lane(shard)}
    in_order = [shard for generation in generations(shards) for shard in generation]
    return sorted(in_order, key=lambda shard: shard not in likely)


def _window(
    found: Sequence[Sighting], from_ms: int, until_ms: int | None
) -> tuple[int, int | None]:
    """Return from which arrival, and up to which, a shard is read; None: to its end."""
    if not found:
        return from_ms, until_ms
    arrivals = [each.place.arrival_ms for each in found]
    last_ms = max(arrivals) + COPIES_MS
    return max(from_ms, min(arrivals) - COPIES_MS), min(until_ms or last_ms, last_ms)


def _at_tip(page: Mapping[str, Any]) -> bool:
    return not page.get("MillisBehindLatest", 0)


def _page(client: Any, iterator: str, wait: Callable[[int], None]) -> Mapping[str, Any]:
    for _ in range(THROTTLES_MAX):
        page = read_page(client, iterator)
        if page is not None:
            return page
        wait(THROTTLE_PAUSE_MS)
    raise ServiceRefused("reading stream: throttled for minutes")


def _in_record(record: Mapping[str, Any], wanted: Identity, shard: str) -> list[Sighting]:
    return list(
        sightings_in(
            record["Data"],
            wanted,
            shard=shard,
            sequence_number=str(record["SequenceNumber"]),
            partition_key=str(record["PartitionKey"]),
            arrival_ms=_arrival_ms(record),
        )
    )


def _arrival_ms(record: Mapping[str, Any]) -> int:
    arrived: datetime = record["ApproximateArrivalTimestamp"]
    return round(arrived.timestamp() * 1000)
