"""A stream's shards and a wish in, its shards after splits and merges out: no I/O."""

from collections.abc import Callable

import msgspec

from local.kinesis.hash_range import HashRange, even_ranges
from local.kinesis.stream_meta import ShardMeta, StreamMeta, new_shard


class Resharding:
    """A series of splits and merges of one stream; `result` is the stream after them.

    Parents are closed and stay in the list, children are open (A37, A38). A shard is open from
    its `created_ms` until before its `closed_ms`, so at any time the open ones cover the hash
    space once.
    """

    def __init__(self, meta: StreamMeta, now_ms: int, next_counter: Callable[[], int]) -> None:
        self._meta = meta
        self._now_ms = now_ms
        self._next_counter = next_counter
        self._shards = {shard.index: shard for shard in meta.shards}
        self._next_index = meta.next_shard_index

    @property
    def result(self) -> StreamMeta:
        return msgspec.structs.replace(
            self._meta, shards=tuple(self._shards.values()), next_shard_index=self._next_index
        )

    def split(self, shard: ShardMeta, new_starting_hash: int) -> None:
        """Close a shard; its hash keys from `new_starting_hash` on go to the second child."""
        start, end = shard.hash_range
        closed_ms = self._close(shard)
        self._open(HashRange(start, new_starting_hash - 1), closed_ms, (shard.index,))
        self._open(HashRange(new_starting_hash, end), closed_ms, (shard.index,))

    def merge(self, lower: ShardMeta, upper: ShardMeta) -> None:
        """Close two shards whose ranges touch; one child takes both."""
        closed_ms = self._close(lower, upper)
        place = HashRange(lower.hash_range.start, upper.hash_range.end)
        self._open(place, closed_ms, (lower.index, upper.index))

    def scale(self, count: int) -> None:
        """Split and merge until the open shards are `count` even ranges (A39)."""
        targets = even_ranges(count)
        for start, _ in targets:
            for shard in tuple(self._shards.values()):
                if shard.open and shard.hash_range.start < start <= shard.hash_range.end:
                    self.split(shard, start)
        for target in targets:
            while len(pieces := self._open_within(target)) > 1:
                self.merge(pieces[0], pieces[1])

    def _open_within(self, target: HashRange) -> list[ShardMeta]:
        """Return the open shards that lie in a range, in the order of their hash keys."""
        pieces = [
            shard
            for shard in self._shards.values()
            if shard.open
            and target.start <= shard.hash_range.start
            and shard.hash_range.end <= target.end
        ]
        return sorted(pieces, key=lambda shard: shard.hash_range.start)

    def _close(self, *parents: ShardMeta) -> int:
        closed_ms = max(self._now_ms, *(parent.created_ms + 1 for parent in parents))
        for parent in parents:
            self._shards[parent.index] = msgspec.structs.replace(
                parent, closed_ms=closed_ms, ending_counter=self._next_counter()
            )
        return closed_ms

    def _open(self, place: HashRange, created_ms: int, parents: tuple[int, ...]) -> None:
        self._shards[self._next_index] = new_shard(
            self._next_index,
            place,
            created_ms=created_ms,
            counter=self._next_counter(),
            parents=parents,
        )
        self._next_index += 1
