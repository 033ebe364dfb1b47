"""A folder and what is known of a stream in, its shards out: found by id, or by hash key."""

import shutil
from bisect import bisect_right
from collections.abc import Callable
from pathlib import Path

import msgspec

from local.kinesis.disk import Disk
from local.kinesis.limits import RESHARD_MS
from local.kinesis.meter import ReadMeter, WriteMeter
from local.kinesis.record import ShardView
from local.kinesis.refusal import ACCOUNT_ID, REGION
from local.kinesis.shard_log import ShardLog
from local.kinesis.stream_meta import FILE_NAME, ShardMeta, StreamMeta, index_of, shard_id_of


class Shard:
    """A shard's log, its limits, and what is known of it."""

    def __init__(self, disk: Disk, folder: Path, stream: StreamMeta, meta: ShardMeta) -> None:
        self.meta = meta
        self.shard_id = shard_id_of(meta.index)
        self.numbers = stream.numbers(meta.index)
        self.starting_sequence = self.numbers.number(meta.starting_counter, meta.created_ms)
        self.log = ShardLog(
            disk, folder / self.shard_id, self.numbers, start=self.starting_sequence
        )
        self.write_meter = WriteMeter()
        self.read_meter = ReadMeter()

    @property
    def ending_sequence(self) -> int | None:
        """Return a number above all of the shard's records, None while it is open."""
        if self.meta.ending_counter is None or self.meta.closed_ms is None:
            return None
        return self.numbers.number(self.meta.ending_counter, self.meta.closed_ms)

    @property
    def parent_ids(self) -> tuple[str, ...]:
        return tuple(shard_id_of(index) for index in self.meta.parents)

    @property
    def view(self) -> ShardView:
        return ShardView(
            self.shard_id,
            self.parent_ids,
            not self.meta.open,
            self.starting_sequence,
            self.ending_sequence,
        )


class Stream:
    """A stream and its shards in the order of their index. The caller holds the lock."""

    def __init__(self, disk: Disk, folder: Path, meta: StreamMeta) -> None:
        """Recover every shard's log; raise OSError."""
        self.folder = folder
        self.meta = meta
        self.name = meta.name
        self.arn = f"arn:aws:kinesis:{REGION}:{ACCOUNT_ID}:stream/{meta.name}"
        self.shards: dict[str, Shard] = {}
        self._disk = disk
        self._updating_until_ms: int | None = None
        self._take(meta)

    def route(self, hash_key: int) -> Shard:
        """Return the open shard whose range holds the hash key (A12)."""
        return self._open[bisect_right(self._starts, hash_key) - 1]

    @property
    def open_shards(self) -> list[Shard]:
        """Return the shards that take records, in the order of their hash keys."""
        return self._open

    def shard(self, shard_id: str) -> Shard | None:
        """Return a shard, also when its id is written with fewer zeros."""
        index = index_of(shard_id)
        return None if index is None else self.shards.get(shard_id_of(index))

    def children_of(self, shard: Shard) -> list[Shard]:
        return [one for one in self.shards.values() if shard.meta.index in one.meta.parents]

    def listed(self, now_ms: int) -> list[Shard]:
        """Return the shards that have not expired (A38)."""
        horizon_ms = self.meta.trim_horizon_ms(now_ms)
        return [shard for shard in self.shards.values() if _is_kept(shard.meta, horizon_ms)]

    def status(self, monotonic_ms: int) -> str:
        updating = self._updating_until_ms is not None and monotonic_ms < self._updating_until_ms
        return "UPDATING" if updating else "ACTIVE"

    def show_updating(self, monotonic_ms: int) -> None:
        """Show UPDATING for a moment, as AWS does while it splits and merges (A36)."""
        self._updating_until_ms = monotonic_ms + RESHARD_MS

    def change(self, meta: StreamMeta) -> None:
        """Write down what is known of the stream from now on, then act by it; raise OSError."""
        self._disk.replace(self.folder / FILE_NAME, msgspec.json.encode(meta))
        self._take(meta)

    def trim(self, now_ms: int) -> int:
        """Delete what retention has passed: whole segments, then whole shards; raise OSError."""
        horizon_ms = self.meta.trim_horizon_ms(now_ms)
        freed = sum(shard.log.trim(horizon_ms) for shard in self.shards.values())
        kept = tuple(shard for shard in self.meta.shards if _is_kept(shard, horizon_ms))
        if len(kept) < len(self.meta.shards):
            self.change(msgspec.structs.replace(self.meta, shards=kept))
        return freed

    def each_log(self, act: Callable[[ShardLog], None]) -> None:
        for shard in self.shards.values():
            act(shard.log)

    def _take(self, meta: StreamMeta) -> None:
        """Make the shards what `meta` says; logs of shards that stay are kept."""
        shards: dict[str, Shard] = {}
        for one in meta.shards:
            shard_id = shard_id_of(one.index)
            shards[shard_id] = self.shards.get(shard_id) or Shard(
                self._disk, self.folder, meta, one
            )
            shards[shard_id].meta = one
        for shard_id in self.shards.keys() - shards.keys():
            self.shards[shard_id].log.abandon()
            shutil.rmtree(self.folder / shard_id, ignore_errors=True)
        self.meta, self.shards = meta, shards
        opened = [shard for shard in shards.values() if shard.meta.open]
        self._open = sorted(opened, key=lambda shard: shard.meta.hash_range.start)
        self._starts = [shard.meta.hash_range.start for shard in self._open]


def _is_kept(shard: ShardMeta, horizon_ms: int) -> bool:
    return shard.closed_ms is None or shard.closed_ms >= horizon_ms
