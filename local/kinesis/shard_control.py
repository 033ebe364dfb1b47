"""Requests to split, merge or scale in, the stream resharded out (clauses A36 to A39)."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from local.kinesis import limits, refusal
from local.kinesis.catalog import Catalog
from local.kinesis.counter import Counter
from local.kinesis.put import Times
from local.kinesis.refusal import ACCOUNT_ID
from local.kinesis.reshard import Resharding
from local.kinesis.stream import Shard, Stream

Request = Mapping[str, Any]
Reply = dict[str, Any]
_DAY_MS: Final = 86_400_000


class ShardControl:
    """Operations that change a stream's shards. The caller locks, and has committed before.

    Children take puts at once; the stream shows UPDATING for half a second, in which a second
    reshard is refused (A36). All of a reshard becomes durable with one write of the stream's file.
    """

    def __init__(
        self,
        catalog: Catalog,
        counter: Counter,
        *,
        check_quota: Callable[[int], None],
        limits_enforced: bool,
    ) -> None:
        self._catalog = catalog
        self._counter = counter
        self._check_quota = check_quota
        self._limits_enforced = limits_enforced

    def split(self, request: Request, times: Times) -> tuple[Stream, Reply]:
        stream = self._catalog.named(request)
        shard = _open_shard(stream, request["ShardToSplit"])
        self._check_quota(1)
        start, end = shard.meta.hash_range
        middle = int(request["NewStartingHashKey"])
        if not start + 1 < middle < end:
            raise refusal.invalid_argument(
                f"NewStartingHashKey {middle} used in SplitShard() on shard {shard.shard_id} in "
                f"stream {stream.name} under account {ACCOUNT_ID} is not both greater than one "
                f"plus the shard's StartingHashKey {start} and less than the shard's "
                f"EndingHashKey {end}."
            )
        self._reshard(stream, times, lambda work: work.split(shard.meta, middle))
        return stream, {}

    def merge(self, request: Request, times: Times) -> tuple[Stream, Reply]:
        stream = self._catalog.named(request)
        first = _open_shard(stream, request["ShardToMerge"])
        second = _open_shard(stream, request["AdjacentShardToMerge"])
        lower, upper = sorted((first, second), key=lambda shard: shard.meta.hash_range.start)
        if lower.meta.hash_range.end + 1 != upper.meta.hash_range.start:
            raise refusal.invalid_argument(
                f"Shards {first.shard_id} and {second.shard_id} in stream {stream.name} under "
                f"account {ACCOUNT_ID} are not an adjacent pair of shards eligible for merging"
            )
        self._reshard(stream, times, lambda work: work.merge(lower.meta, upper.meta))
        return stream, {}

    def scale(self, request: Request, times: Times) -> tuple[Stream, Reply]:
        """Return the stream and the reply of UpdateShardCount, which names the old count."""
        stream, target = self._catalog.named(request), request["TargetShardCount"]
        current = len(stream.open_shards)
        scalings_ms = self._check_scale(stream, current, target, times.now_ms)
        self._reshard(stream, times, lambda work: work.scale(target), scalings_ms=scalings_ms)
        reply = {
            "StreamName": stream.name,
            "CurrentShardCount": current,
            "TargetShardCount": target,
            "StreamARN": stream.arn,
        }
        return stream, reply

    def _check_scale(
        self, stream: Stream, current: int, target: int, now_ms: int
    ) -> tuple[int, ...]:
        """Return when the stream was scaled within a day, this time included (A39)."""
        counts = f"Current open shard count: {current} Target shard count: {target}"
        if target > 2 * current:
            raise refusal.limit_exceeded(
                f"UpdateShardCount cannot scale up over double your current open shard count. "
                f"{counts}"
            )
        if 2 * target < current:
            raise refusal.limit_exceeded(
                f"UpdateShardCount cannot scale down below half your current open shard count. "
                f"{counts}"
            )
        self._check_quota(target - current)
        recent_ms = tuple(at for at in stream.meta.scalings_ms if now_ms - at < _DAY_MS)
        if self._limits_enforced and len(recent_ms) >= limits.SCALINGS_PER_DAY:
            raise refusal.limit_exceeded(
                f"Stream {stream.name} under account {ACCOUNT_ID} was scaled "
                f"{limits.SCALINGS_PER_DAY} times in the last 24 hours."
            )
        return (*recent_ms, now_ms)

    def _reshard(
        self,
        stream: Stream,
        times: Times,
        act: Callable[[Resharding], None],
        *,
        scalings_ms: tuple[int, ...] | None = None,
    ) -> None:
        status = stream.status(times.monotonic_ms)
        if status != "ACTIVE":
            raise refusal.stream_not_active(stream.name, status)
        work = Resharding(stream.meta, times.now_ms, self._counter.next)
        act(work)
        meta = work.result
        if scalings_ms is not None:
            meta = msgspec.structs.replace(meta, scalings_ms=scalings_ms)
        stream.change(meta)
        stream.show_updating(times.monotonic_ms)
        self._catalog.share_memory()


def _open_shard(stream: Stream, shard_id: str) -> Shard:
    shard = stream.shard(shard_id)
    if shard is None:
        raise refusal.shard_missing(stream.name, shard_id)
    if not shard.meta.open:
        raise refusal.invalid_argument(
            f"Shard {shard.shard_id} in stream {stream.name} under account {ACCOUNT_ID} has "
            "already been merged or split, and thus is not eligible for merging or splitting."
        )
    return shard
