"""A stream and a vote's identity in, the records that hold it out: every shard is read."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from core.errors import ServiceRefused
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

    Each shard is read to `until_ms`, None: to its end, or where the vote was found, until a retry
    of it would have come. Raise ServiceRefused where a shard cannot be read for minutes.
    """
    found: list[Sighting] = []
    records = 0
    for generation in generations(list_shards(client, stream)):
        for shard in generation:
            iterator = first_iterator(client, stream, shard, from_ms)
            while iterator:
                page = _page(client, iterator, wait)
                records += len(page["Records"])
                on_progress(records)
                for record in page["Records"]:
                    found += _in_record(record, wanted, shard)
                ends_ms = _end(found, until_ms)
                last = page["Records"][-1] if page["Records"] else None
                past = last is not None and ends_ms is not None and _arrival_ms(last) > ends_ms
                iterator = "" if past or _at_tip(page) else page.get("NextShardIterator") or ""
    return sorted(found, key=lambda each: (each.place.arrival_ms, each.place.sequence_number))


def _end(found: list[Sighting], until_ms: int | None) -> int | None:
    """Return the arrival up to which a shard is read, None: to its end."""
    if until_ms is not None or not found:
        return until_ms
    return min(each.place.arrival_ms for each in found) + COPIES_MS


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
