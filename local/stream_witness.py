"""A stream in, lines by minute of arrival out, read from the stream itself: an independent witness.

It knows nothing of tallies: a batch of a (producer, lane, number) that stands in the stream twice
counts where it stands first; lines without a stamp count one by one.
"""

import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from core.errors import ServiceRefused
from core.record import count_lines, read_payloads
from core.service_error import code_of
from local.handler_errors import HandlerErrors

PAGE_RECORDS: Final = 10_000
THROTTLES_MAX: Final = 1_000  # in a row; a quarter of a second each, once all shards pause
THROTTLED: Final = "ProvisionedThroughputExceededException"
EXPIRED: Final = "ExpiredIteratorException"
EXPIRIES_MAX: Final = 10  # in a row: each was a sleep of five minutes
_THROTTLE_PAUSE_S: Final = 0.25  # a shard gives 2 MB a second, five reads a second (clause A28)


@dataclass(slots=True)
class StreamCount:
    """What was seen."""

    errors: HandlerErrors = field(default_factory=HandlerErrors)
    by_minute: Counter[int] = field(default_factory=Counter)
    # Minutes with what was parked as a fault of ours, or came back: by how much the ledger differs.
    detours: Counter[int] = field(default_factory=Counter)
    producers: set[str] = field(default_factory=set)
    lines: int = 0
    seen: set[tuple[str, int, int]] = field(default_factory=set)
    _unbelieved: set[tuple[str, int, int]] = field(default_factory=set)

    def ledger(self) -> Counter[int]:
        """Return what the ledger should have, by minute."""
        expected = self.by_minute.copy()
        expected.update(self.detours)
        return expected

    def add(self, data: bytes, arrival_ms: int, sequence_number: str = "") -> None:
        """Count one record.

        A batch of which nothing was believed (`errors.whole`) is in the ledger as parked lines, and
        as votes where it came again; to the stream both are one batch.
        """
        minute = arrival_ms // 60_000
        parked = self.errors.whole.get(sequence_number)
        before, came_back = self.lines, 0
        for payload in read_payloads(data):
            stamp = payload.stamp
            if stamp is None:
                lines = max(1, count_lines(payload.body))
            else:
                batch = (stamp.producer, stamp.lane, stamp.number)
                self.producers.add(stamp.producer)
                lines = 0 if batch in self.seen else stamp.votes
                if parked is not None and lines:
                    self._unbelieved.add(batch)
                elif parked is None and batch in self._unbelieved:
                    self._unbelieved.remove(batch)
                    came_back += stamp.votes
                self.seen.add(batch)
            self.by_minute[minute] += lines
            self.lines += lines
        if parked is not None:
            self.detours[minute] += parked - (self.lines - before)
        elif came_back or self.errors.touch(data, sequence_number):
            self.detours[minute] += came_back


def count_stream(
    client: Any,
    stream: str,
    *,
    from_ms: int,
    until_ms: int,
    until_number: int = 0,
    on_progress: Callable[[int], None],
    errors: HandlerErrors | None = None,
) -> StreamCount:
    """Read every shard, parents first, from `from_ms` (0: trim horizon) to `until_ms`.

    Shards without a parent among them are read in turns: while one asks for a pause, another goes
    on. No batch stands in two of them, so the order among them does not matter.
    """
    count = StreamCount(errors or HandlerErrors())
    for generation in generations(list_shards(client, stream)):
        readings = deque(
            _Reading(shard, first_iterator(client, stream, shard, from_ms)) for shard in generation
        )
        throttled = 0
        while readings:
            reading = readings.popleft()
            page = _next_page(client, stream, reading, from_ms)
            if page is None:
                readings.append(reading)
                throttled += 1
                if throttled > THROTTLES_MAX:
                    raise ServiceRefused("reading stream: throttled for a minute")
                if throttled >= len(readings):
                    time.sleep(_THROTTLE_PAUSE_S)  # noqa: TID251 - the pace that Kinesis asks for
                continue
            throttled = 0
            if count_page(count, page, until_ms, until_number) and reading.went_on(page):
                readings.append(reading)
            on_progress(count.lines)
    return count


def count_page(
    count: StreamCount, page: Mapping[str, Any], until_ms: int, until_number: int = 0
) -> bool:
    """Count a page; return whether the shard has more of interest.

    It ends behind `until_ms`, but reads what was there when reading began, up to sequence number
    `until_number`, in any case: a clock that was set back leaves later arrivals in front.
    """
    for record in page["Records"]:
        arrival_ms = round(record["ApproximateArrivalTimestamp"].timestamp() * 1000)
        if arrival_ms > until_ms and int(record["SequenceNumber"]) > until_number:
            return False
        count.add(record["Data"], arrival_ms, record["SequenceNumber"])
    return bool(page["Records"]) or page.get("MillisBehindLatest", 0) > 0


@dataclass(slots=True)
class _Reading:
    """One shard, and how far it is read: `last` is the last record's sequence number."""

    shard_id: str
    iterator: str
    last: str = ""

    def went_on(self, page: Mapping[str, Any]) -> bool:
        """Move on behind a page; return whether there is more to come."""
        if page["Records"]:
            self.last = page["Records"][-1]["SequenceNumber"]
        self.iterator = page.get("NextShardIterator") or ""
        return bool(self.iterator)


def _next_page(
    client: Any, stream: str, reading: _Reading, from_ms: int
) -> Mapping[str, Any] | None:
    """Return the next page, with a new iterator where this one has expired: we slept (A24)."""
    for _ in range(EXPIRIES_MAX):
        try:
            return read_page(client, reading.iterator)
        except Exception as error:
            if code_of(error) != EXPIRED:
                raise
        reading.iterator = _iterator_again(client, stream, reading, from_ms)
    raise ServiceRefused("reading stream: iterators expire sooner than they are used")


def _iterator_again(client: Any, stream: str, reading: _Reading, from_ms: int) -> str:
    if not reading.last:
        return first_iterator(client, stream, reading.shard_id, from_ms)
    reply = client.get_shard_iterator(
        StreamName=stream,
        ShardId=reading.shard_id,
        ShardIteratorType="AFTER_SEQUENCE_NUMBER",
        StartingSequenceNumber=reading.last,
    )
    return str(reply["ShardIterator"])


def list_shards(client: Any, stream: str) -> list[Mapping[str, Any]]:
    shards: list[Mapping[str, Any]] = []
    request: dict[str, Any] = {"StreamName": stream}
    while True:
        page = client.list_shards(**request)
        shards += page["Shards"]
        if not page.get("NextToken"):
            return shards
        request = {"NextToken": page["NextToken"]}


def generations(shards: Iterable[Mapping[str, Any]]) -> list[list[str]]:
    """Return shard ids in groups; the parents of a shard are in groups before its own."""
    waiting = {shard["ShardId"]: shard for shard in shards}
    groups: list[list[str]] = []
    while waiting:
        free = [
            shard_id
            for shard_id, shard in waiting.items()
            if shard.get("ParentShardId") not in waiting
            and shard.get("AdjacentParentShardId") not in waiting
        ]
        assert free, "shards have no cycle"
        groups.append(sorted(free))
        for shard_id in free:
            del waiting[shard_id]
    return groups


def first_iterator(client: Any, stream: str, shard_id: str, from_ms: int) -> str:
    request: dict[str, Any] = {
        "StreamName": stream,
        "ShardId": shard_id,
        "ShardIteratorType": "TRIM_HORIZON",
    }
    if from_ms:
        request["ShardIteratorType"] = "AT_TIMESTAMP"
        request["Timestamp"] = datetime.fromtimestamp(from_ms / 1000, UTC)
    return str(client.get_shard_iterator(**request)["ShardIterator"])


def read_page(client: Any, iterator: str) -> Mapping[str, Any] | None:
    """Return a page of records, None where the shard's read limit asks for a pause."""
    try:
        page: Mapping[str, Any] = client.get_records(ShardIterator=iterator, Limit=PAGE_RECORDS)
    except Exception as error:
        if code_of(error) != THROTTLED:
            raise
        return None
    return page
