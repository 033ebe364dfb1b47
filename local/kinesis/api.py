"""boto3's calls of Kinesis in, its replies out: streams on a durable log, in one process."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from core.clock import Clock
from local.aws_error import AwsError, internal_failure
from local.kinesis import constraint, limits, refusal
from local.kinesis.catalog import Catalog
from local.kinesis.counter import Counter
from local.kinesis.disk import Disk
from local.kinesis.frame import FrameDamaged
from local.kinesis.group_commit import GroupCommit, Subscriber, Ticket
from local.kinesis.put import Times, Writer, check_records, entries_of
from local.kinesis.reader import Reader, read_shard
from local.kinesis.record import ReadResult, ShardView
from local.kinesis.reply import Reply
from local.kinesis.shard_control import ShardControl
from local.kinesis.start_position import position_at
from local.kinesis.stream import Stream
from local.kinesis.stream_control import StreamControl

Request = Mapping[str, Any]


class KinesisService:
    """A local Kinesis. A put that returned is on disk; records are readable once they are.

    Methods take boto3's keyword arguments, answer in boto3's shapes and raise AwsError with AWS's
    codes. InternalFailure (500) says that the disk refused: safe to repeat, as on AWS.

    Any method may be called from any thread. Group commit: `append_records` for each call, then
    one `commit`, on any thread, for all that were appended before it. The lock is free while the
    disk works; several shards are forced to disk side by side, by threads of the service's own.
    Subscribers are called by the thread that commits, with no lock held; they must not raise.

    `limits_enforced` False lifts the limits that count over time (puts, gets, scalings).
    """

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        *,
        limits_enforced: bool = True,
        disk: Disk | None = None,
    ) -> None:
        """Open or make the state in `folder`.

        Raises OSError, and DataFolderUnusable when the folder holds something else.
        """
        disk = disk or Disk()
        self._clock = clock
        self._counter = Counter(disk, folder)
        self._catalog = Catalog(disk, folder)
        self._group = GroupCommit()
        self._writer = Writer(self._counter, limits_enforced=limits_enforced)
        self._reader = Reader(self._catalog, self._counter, limits_enforced=limits_enforced)
        self._streams = StreamControl(self._catalog, self._counter)
        self._shards = ShardControl(
            self._catalog,
            self._counter,
            check_quota=self._streams.check_quota,
            limits_enforced=limits_enforced,
        )
        self._trim_due_ms = 0
        self._trim_if_due()

    # Streams.

    def create_stream(self, **request: Any) -> Reply:
        """The stream is ACTIVE at once."""
        return self._answer("CreateStream", request, self._streams.create)

    def delete_stream(self, **request: Any) -> Reply:
        """The stream is gone at once, with its records."""
        with self._quiet():
            constraint.check("DeleteStream", request)
            stream = self._catalog.named(request)
            for shard in stream.shards.values():
                self._group.forget(shard.log)
            self._catalog.delete(stream)
        return {}

    def describe_stream(self, **request: Any) -> Reply:
        return self._answer("DescribeStream", request, self._streams.describe)

    def describe_stream_summary(self, **request: Any) -> Reply:
        return self._answer("DescribeStreamSummary", request, self._streams.describe_summary)

    def list_streams(self, **request: Any) -> Reply:
        return self._answer("ListStreams", request, self._streams.list_streams)

    def increase_stream_retention_period(self, **request: Any) -> Reply:
        return self._answer("IncreaseStreamRetentionPeriod", request, self._streams.lengthen)

    def decrease_stream_retention_period(self, **request: Any) -> Reply:
        return self._answer("DecreaseStreamRetentionPeriod", request, self._streams.shorten)

    # Shards.

    def list_shards(self, **request: Any) -> Reply:
        return self._answer("ListShards", request, self._streams.list_shards)

    def split_shard(self, **request: Any) -> Reply:
        return self._reshard("SplitShard", request, self._shards.split)

    def merge_shards(self, **request: Any) -> Reply:
        return self._reshard("MergeShards", request, self._shards.merge)

    def update_shard_count(self, **request: Any) -> Reply:
        return self._reshard("UpdateShardCount", request, self._shards.scale)

    # Records.

    def put_record(self, **request: Any) -> Reply:
        """Put one record; over the shard's limit the whole call fails (A6)."""
        with self._guarded():
            constraint.check("PutRecord", request)
            stream, times = self._catalog.named(request), self._times()
            entries = entries_of([request], "data")
            self._writer.check_order(stream, request.get("SequenceNumberForOrdering"))
            (result,), touched = self._writer.put(stream, entries, times)
            if "ErrorCode" in result:
                shard = stream.route(entries[0].hash_key)
                raise refusal.throughput_exceeded(stream.name, shard.shard_id)
            ticket = self._group.enter(stream.name, touched)
        self._group.settle(ticket)
        return {"ShardId": result["ShardId"], "SequenceNumber": result["SequenceNumber"]}

    def put_records(self, **request: Any) -> Reply:
        """Put up to 500 records; each one over its shard's limit fails alone (A7, A8)."""
        with self._guarded():
            reply, ticket = self._append(request)
        self._group.settle(ticket)
        return reply

    def append_records(self, **request: Any) -> Reply:
        """Do what put_records does, without the commit: acknowledge it after `commit`."""
        with self._guarded():
            reply, _ = self._append(request)
            self._group.wait()
        return reply

    def commit(self) -> None:
        """Make all that has been appended durable, then visible; then tell the subscribers.

        Raises AwsError InternalFailure when the disk refused: then nothing that this was for may
        be acknowledged.
        """
        self._group.commit()
        self._trim_if_due()

    def get_shard_iterator(self, **request: Any) -> Reply:
        return self._answer("GetShardIterator", request, self._reader.iterator)

    def get_records(self, **request: Any) -> Reply:
        return self._answer("GetRecords", request, self._reader.records)

    # For the engine itself.

    def read(
        self, stream_name: str, shard_id: str, *, after: int, records_max: int, bytes_max: int
    ) -> ReadResult:
        """Return visible records above the number `after` (0: from the trim horizon).

        One record at least, if there is one, even above `bytes_max`. No limits by time.
        """
        with self._guarded():
            return read_shard(
                *self._reader.shard(stream_name, shard_id),
                after=after,
                records_max=records_max,
                bytes_max=bytes_max,
                now_ms=self._clock.now_ms(),
            )

    def shards(self, stream_name: str) -> list[ShardView]:
        """Return the shards that have not expired, parents before children."""
        with self._guarded():
            stream = self._catalog.named({"StreamName": stream_name})
            return [shard.view for shard in stream.listed(self._clock.now_ms())]

    def latest(self, stream_name: str, shard_id: str) -> int:
        """Return the last visible number, or one below all of the shard's."""
        with self._guarded():
            return self._reader.shard(stream_name, shard_id)[1].log.visible

    def sequence_at(self, stream_name: str, shard_id: str, timestamp_ms: int) -> int:
        """Return what `read` takes as `after` to begin at an arrival time (A23)."""
        with self._guarded():
            stream, shard = self._reader.shard(stream_name, shard_id)
            return position_at(stream, shard, timestamp_ms, self._clock.now_ms())

    def subscribe(self, callback: Subscriber) -> None:
        """Have `callback(stream_name, shard_id)` called after a commit or a reshard."""
        self._group.subscribe(callback)

    def trim_expired(self) -> int:
        """Delete what retention has passed; return bytes freed. `commit` does so once a minute."""
        with self._guarded():
            return sum(stream.trim(self._clock.now_ms()) for stream in self._catalog)

    def disk_bytes(self) -> int:
        """Return the bytes of all segments."""
        with self._guarded():
            return sum(
                shard.log.bytes_on_disk
                for stream in self._catalog
                for shard in stream.shards.values()
            )

    def close(self) -> None:
        """Commit, and seal what grows so that the next start need not scan it."""
        with self._quiet():
            flush = self._group.flush()
            for stream in self._catalog:
                for shard in stream.shards.values():
                    shard.log.close()
        self._group.tell(flush.visible)
        self._group.close()
        if flush.failed:
            raise internal_failure()

    def _answer(
        self, operation: str, request: Request, perform: Callable[[Request, Times], Reply]
    ) -> Reply:
        with self._guarded():
            constraint.check(operation, request)
            return perform(request, self._times())

    def _reshard(
        self,
        operation: str,
        request: Request,
        perform: Callable[[Request, Times], tuple[Stream, Reply]],
    ) -> Reply:
        """Change shards when everything put so far is visible: a parent ends with all it got."""
        with self._quiet():
            constraint.check(operation, request)
            flush = self._group.flush()
            if flush.failed:
                raise internal_failure()
            stream, reply = perform(request, self._times())
        changed = [(stream.name, shard_id) for shard_id in stream.shards]
        self._group.tell([*flush.visible, *changed])
        return reply

    def _append(self, request: Request) -> tuple[Reply, Ticket]:
        records = check_records(request, self._catalog)
        stream = self._catalog.named(request)
        entries = entries_of(records, "records.{}.member.data")
        results, touched = self._writer.put(stream, entries, self._times())
        failed = sum("ErrorCode" in result for result in results)
        reply = {"FailedRecordCount": failed, "Records": results}
        return reply, self._group.enter(stream.name, touched)

    def _trim_if_due(self) -> None:
        """Trim once a minute; what the disk refuses now is tried again then."""
        if self._clock.monotonic_ms() >= self._trim_due_ms:
            self._trim_due_ms = self._clock.monotonic_ms() + limits.TRIM_PERIOD_MS
            with contextlib.suppress(AwsError):
                self.trim_expired()

    def _times(self) -> Times:
        return Times(self._clock.now_ms(), self._clock.monotonic_ms())

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[None]:
        """Hold the lock; what the disk refuses, or gives back damaged, becomes a 500."""
        with self._group.lock:
            try:
                yield
            except (OSError, FrameDamaged) as error:
                raise internal_failure() from error

    @contextlib.contextmanager
    def _quiet(self) -> Iterator[None]:
        """Hold the lock while no commit is under way."""
        with self._group.turn, self._guarded():
            yield
