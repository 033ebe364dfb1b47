"""A running engine in, what `cube status` shows of it out: ages, positions, processes, disk."""

import os
import resource
import sys
from pathlib import Path
from typing import Any, Final

from core.errors import NotRunning
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
    """Return plain values, ready for JSON."""
    now_ms = world.clock.now_ms()
    mappings = [mapping.status() for mapping in machinery.mappings]
    shards = [entry for mapping in machinery.mappings for entry in shards_of(world, mapping)]
    done_until_ms = [entry.pop("done_until_ms") for entry in shards]
    return {
        "pid": os.getpid(),
        "iterator_age_ms": max((mapping.iterator_age_ms for mapping in mappings), default=0),
        "done_until_ms": min(done_until_ms, default=now_ms),
        "in_flight": sum(entry["in_flight"] for entry in shards),
        "records_open": sum(entry["records_open"] for entry in shards),
        "shards": shards,
        "functions": machinery.pool.pids(),
        "events_pending": machinery.pool.pending(),
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
        following = world.kinesis.read(
            stream, view.shard_id, after=position, records_max=1, bytes_max=1
        ).records
        entry = {
            "mapping": mapping.spec.logical_id,
            "shard": view.shard_id,
            # Sequence numbers have 56 digits: readers of JSON would round numbers.
            "position": str(position if following else max(position, latest)),
            "latest": str(latest),
            "done_until_ms": following[0].arrival_ms if following else now_ms,
        }
        entries.append(entry | _work_of(shard, done=not following))
    return entries


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
