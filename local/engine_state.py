"""A running engine in, what `cube status` shows of it out: ages, positions, processes, disk."""

import os
import resource
import sys
from pathlib import Path
from typing import Any, Final

from core.errors import NotRunning
from local.firehose import Delivered, DeliveryStatus
from local.machinery import Machinery
from local.mapping import MappingRunner, ShardPosition, ShardStatus
from local.world import World

_START: Final = ShardPosition(0)
_STATM: Final = Path("/proc/self/statm")


class EngineState:
    """The engine's own routes, `/_cube/readyz` and `/_cube/status`."""

    def __init__(self, world: World, machinery: Machinery) -> None:
        self._world = world
        self._machinery = machinery
        self.ready = False

    async def readyz(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Answer once functions are warm and mappings read; raise NotRunning before."""
        if not self.ready:
            raise NotRunning("starting: functions and mappings are not ready yet")
        return {"ready": True}

    async def status(self, arguments: dict[str, Any]) -> dict[str, Any]:
        return status_of(self._world, self._machinery) | {"ready": self.ready}


def status_of(world: World, machinery: Machinery) -> dict[str, Any]:
    """Return plain values, ready for JSON.

    Ages, positions and what is under way are of the mappings that count: nobody waits for another
    consumer, which is listed by itself.
    """
    now_ms = world.clock.now_ms()
    counting = [mapping for mapping in machinery.mappings if mapping.spec.counts]
    mappings = [mapping.status() for mapping in counting]
    shards = [entry for mapping in counting for entry in shards_of(world, mapping)]
    done_until_ms = [entry.pop("done_until_ms") for entry in shards]
    events_oldest_ms = machinery.pool.oldest_arrival_ms()  # after positions: none falls between
    if events_oldest_ms is not None:
        done_until_ms.append(events_oldest_ms)
    deliveries = [delivery_of(world, delivery.status()) for delivery in machinery.deliveries]
    return {
        "pid": os.getpid(),
        "now_ms": world.clock.now_ms(),  # after `latest` of every shard was read
        "iterator_age_ms": max((mapping.iterator_age_ms for mapping in mappings), default=0),
        "done_until_ms": min(done_until_ms, default=now_ms),
        "in_flight": sum(entry["in_flight"] for entry in shards),
        "records_open": sum(entry["records_open"] for entry in shards),
        "shards": shards,
        "other_consumers": [
            consumer_of(world, mapping) for mapping in machinery.mappings if not mapping.spec.counts
        ],
        "deliveries": deliveries,
        "functions": machinery.pool.pids(),
        "events_pending": machinery.pool.pending(),
        "events_oldest_ms": events_oldest_ms,
        "paused": sorted(machinery.pausing.paused),
        "ignored": dict(world.drawing.ignored),
        "disk_bytes": world.disk.bytes_used,
        "disk_bytes_max": world.disk.bytes_max,
        "disk_state": world.disk.state,
        "disk_note": world.disk.note,
        "memory_bytes": memory_bytes(),
    }


def shards_of(world: World, mapping: MappingRunner) -> list[dict[str, Any]]:
    """Return an entry for every shard of the mapping's stream, read now, later or to its end.

    `done_until_ms` is the arrival of the first record that is not done: what arrived before is.
    """
    now_ms = world.clock.now_ms()
    stream = mapping.spec.stream_name
    running = {shard.shard_id: shard for shard in mapping.status().shards}
    stored = world.positions.load(mapping.spec.uuid)
    entries: list[dict[str, Any]] = []
    for view in world.kinesis.shards(stream):
        shard = running.get(view.shard_id)
        position = shard.position if shard else stored.get(view.shard_id, _START).position
        latest = world.kinesis.latest(stream, view.shard_id)
        reached, next_ms = _place(world, stream, view.shard_id, position, latest)
        entry = {
            "mapping": mapping.spec.logical_id,
            "shard": view.shard_id,
            # Sequence numbers have 56 digits: readers of JSON would round numbers.
            "position": str(reached),
            "latest": str(latest),
            "done_until_ms": now_ms if next_ms is None else next_ms,
        }
        entries.append(entry | _work_of(shard, done=next_ms is None))
    return entries


def consumer_of(world: World, mapping: MappingRunner) -> dict[str, Any]:
    """Return an entry for a consumer that no count depends on, and how far behind it is."""
    shards = shards_of(world, mapping)
    for entry in shards:
        del entry["done_until_ms"]
    return {
        "mapping": mapping.spec.logical_id,
        "function": mapping.spec.function_name,
        "iterator_age_ms": mapping.status().iterator_age_ms,
        "caught_up": all(int(entry["position"]) >= int(entry["latest"]) for entry in shards),
        "last_error": next(
            (
                entry["last_result"]
                for entry in shards
                if entry["last_result"].startswith("PROBLEM")
            ),
            None,
        ),
        "shards": shards,
    }


def delivery_of(world: World, delivery: DeliveryStatus) -> dict[str, Any]:
    """Return an entry for a delivery stream, with one for every shard of its stream.

    What arrived before `delivered_until_ms` (`backed_up_until_ms`) is in an object that is stored;
    `caught_up` when all of it is. Counts are since the engine started.
    """
    now_ms = world.clock.now_ms()
    stream = delivery.stream_name
    delivered_until_ms, backed_up_until_ms = [now_ms], [now_ms]
    shards: list[dict[str, Any]] = []
    for shard in delivery.shards:
        latest = world.kinesis.latest(stream, shard.shard_id)
        entry: dict[str, Any] = {"shard": shard.shard_id, "latest": str(latest)}
        for name, position, until_ms in (
            ("delivered", shard.delivered, delivered_until_ms),
            ("backed_up", shard.backed_up, backed_up_until_ms),
        ):
            if position is not None:
                reached, next_ms = _place(world, stream, shard.shard_id, position, latest)
                entry[name] = str(reached)
                until_ms += [] if next_ms is None else [next_ms]
        shards.append(entry)
    return {
        "delivery": delivery.logical_id,
        "name": delivery.name,
        "delivered_until_ms": min(delivered_until_ms),
        "backed_up_until_ms": min(backed_up_until_ms) if delivery.backed_up else None,
        "freshness_ms": now_ms - min(delivered_until_ms),
        "caught_up": all(int(shard["delivered"]) >= int(shard["latest"]) for shard in shards),
        "held_bytes": delivery.held_bytes,
        **_counts(delivery.delivered),
        "backup": _counts(delivery.backed_up) if delivery.backed_up else None,
        "shards": shards,
    }


def _counts(delivered: Delivered) -> dict[str, Any]:
    return {
        "records_delivered": delivered.records,
        "records_failed": delivered.records_failed,
        "records_dropped": delivered.records_dropped,
        "bytes_delivered": delivered.bytes,
        "objects_delivered": delivered.objects,
        "copies_skipped": delivered.copies_skipped,
        "last_error": delivered.last_error,
    }


def _place(
    world: World, stream: str, shard_id: str, position: int, latest: int
) -> tuple[int, int | None]:
    """Return a position, and the arrival of the record that follows.

    Without one the position is at the end: at least `latest`, which was read before.
    """
    following = world.kinesis.read(
        stream, shard_id, after=position, records_max=1, bytes_max=1
    ).records
    return (position, following[0].arrival_ms) if following else (max(position, latest), None)


def _work_of(shard: ShardStatus | None, *, done: bool) -> dict[str, Any]:
    """Return what goes on in a shard; one that nobody reads is done, or waits for its parents."""
    if shard is None:
        idle = {"iterator_age_ms": 0, "in_flight": 0, "retries": 0, "records_open": 0}
        return idle | {"last_result": "done" if done else "waits for its parents", "paused": False}
    return {
        "iterator_age_ms": shard.iterator_age_ms,
        "in_flight": shard.in_flight,
        "retries": shard.retries,
        "records_open": shard.records_open,
        "last_result": shard.last_result,
        "paused": shard.paused,
    }


def memory_bytes() -> int:
    """Return what this process holds in memory; where the kernel does not say, its peak."""
    try:
        return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024
