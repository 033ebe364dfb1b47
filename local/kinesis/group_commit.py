"""Appends of many calls in, one forced write for all of them out, then the news of it."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from local.aws_error import internal_failure
from local.kinesis.limits import SYNC_THREADS_MAX
from local.kinesis.shard_log import LogMark, ShardLog
from local.kinesis.stream import Shard

Subscriber = Callable[[str, str], None]
Place = tuple[str, str]  # stream name, shard id


class Claim(NamedTuple):
    """One log's part in a call: how often it has lost bytes, and the call's last number."""

    log: ShardLog
    losses: int
    last: int


Ticket = list[Claim]


class Flush(NamedTuple):
    """What a flush made visible, and whether the disk refused a part of it."""

    visible: list[Place]
    failed: bool


class GroupCommit:
    """Which logs are dirty, and who still waits for them.

    `lock` guards all state of the service; it is not held while the disk works. `turn` is held by
    the one commit that is under way: take it before `lock`, never after.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.turn = threading.RLock()
        self._dirty: dict[ShardLog, Place] = {}
        self._waiting = 0  # calls that appended, and whose commit() is still to come
        self._lost = False  # bytes of such a call are gone
        self._subscribers: list[Subscriber] = []
        self._pool = ThreadPoolExecutor(SYNC_THREADS_MAX, thread_name_prefix="kinesis-sync")

    def subscribe(self, callback: Subscriber) -> None:
        self._subscribers.append(callback)

    def enter(self, stream_name: str, shards: Sequence[Shard]) -> Ticket:
        """Take in that shards have got records; return what `settle` takes."""
        for shard in shards:
            self._dirty[shard.log] = (stream_name, shard.shard_id)
        return [Claim(shard.log, shard.log.losses, shard.log.appended) for shard in shards]

    def settle(self, ticket: Ticket) -> None:
        """Commit; raise AwsError InternalFailure unless the ticket's own records are durable."""
        flush = self.flush()
        self.tell(flush.visible)
        with self.lock:
            kept = [log.losses == losses and log.visible >= last for log, losses, last in ticket]
        if not all(kept):
            raise internal_failure()

    def wait(self) -> None:
        """Take in that a call has appended, and will learn from commit() how that went."""
        self._waiting += 1

    def commit(self) -> None:
        """Make durable, then visible, what has been appended when this starts; tell subscribers.

        Raises AwsError InternalFailure when the disk did not take it, or lost what a call waits
        for: no call that this commit was for may be acknowledged then.
        """
        with self.turn:
            with self.lock:
                lost, self._lost, self._waiting = self._lost, False, 0
            flush = self.flush()
        self.tell(flush.visible)
        if lost or flush.failed:
            raise internal_failure()

    def flush(self) -> Flush:
        """Make durable, then visible, what has been appended when this starts."""
        with self.turn:
            with self.lock:
                covered = self._begin()
            synced = self._sync(covered)
            with self.lock:
                for log, _, mark, well in synced:
                    if well:
                        log.publish(mark)
                    else:
                        self._discard(log)
        return Flush(
            visible=[place for _, place, _, well in synced if well],
            failed=not all(well for _, _, _, well in synced),
        )

    def tell(self, places: list[Place]) -> None:
        """Call the subscribers; no lock is held, they may read."""
        for place in places:
            for callback in self._subscribers:
                callback(*place)

    def close(self) -> None:
        self._pool.shutdown()

    def forget(self, log: ShardLog) -> None:
        self._dirty.pop(log, None)

    def _begin(self) -> list[tuple[ShardLog, Place, LogMark]]:
        dirty, self._dirty = self._dirty, {}
        begun = [(log, place, log.begin_commit()) for log, place in dirty.items()]
        return [(log, place, mark) for log, place, mark in begun if mark is not None]

    def _sync(
        self, covered: list[tuple[ShardLog, Place, LogMark]]
    ) -> list[tuple[ShardLog, Place, LogMark, bool]]:
        """Force all logs to disk side by side: the file system joins their journal writes."""
        apply = map if len(covered) < 2 else self._pool.map
        well = apply(_synced, covered)
        return [(*one, done) for one, done in zip(covered, well, strict=True)]

    def _discard(self, log: ShardLog) -> None:
        log.discard()
        self.forget(log)
        self._lost = self._lost or self._waiting > 0


def _synced(covered: tuple[ShardLog, Place, LogMark]) -> bool:
    log, _, mark = covered
    try:
        log.sync(mark)
    except OSError:
        return False
    return True
