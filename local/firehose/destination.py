"""Transformed batches in, objects and COPYs out: the buffers behind a delivery stream's transform.

What is delivered and what failed have an Outlet each; with Redshift a CopyQueue comes behind.
"""

import random
from collections.abc import Iterator

from local.drawing import CopySpec, S3Target
from local.firehose.action import Copy, StoreObject
from local.firehose.copy_queue import CopyQueue
from local.firehose.failed_record import Attempts, failed_line
from local.firehose.outlet import Outlet, Sent
from local.firehose.parcel import Parcel
from local.firehose.response import Failure
from local.firehose.shard_flow import Batch
from local.firehose.source_record import SourceRecord
from local.firehose.status import Delivered


class Destination:
    """Everything that a delivery stream puts somewhere; `delivered` counts it."""

    def __init__(
        self,
        target: S3Target,
        *,
        delivery_name: str,
        function_name: str | None,
        copy: CopySpec | None,
        delivered: Delivered,
        rng: random.Random,
    ) -> None:
        self._function_name = function_name
        self._delivered = delivered
        self._rows = Outlet(target, delivery_name=delivery_name, rng=rng)
        self._errors = Outlet(
            target, delivery_name=delivery_name, rng=rng, error_type="processing-failed"
        )
        self._copies = (
            CopyQueue(copy, bucket=target.bucket, delivery_name=delivery_name, rng=rng)
            if copy
            else None
        )
        self._in_flight: dict[int, Outlet | CopyQueue] = {}
        self._attempts = 0

    @property
    def held_bytes(self) -> int:
        return self._rows.held_bytes + self._errors.held_bytes

    @property
    def is_empty(self) -> bool:
        """Whether nothing is held, under way, or waits for its COPY."""
        copied = self._copies is None or self._copies.is_empty
        return self._rows.is_empty and self._errors.is_empty and copied

    def take(self, batch: Batch, parcel: Parcel, now_ms: int) -> None:
        """Take in what a batch became; records that were dropped leave no trace (C22)."""
        assert batch.verdicts is not None, "it left because they are known"
        judged = list(zip(batch.records, batch.verdicts, strict=True))
        rows = [(record, data) for record, data in judged if isinstance(data, bytes)]
        failed = [(record, why) for record, why in judged if isinstance(why, Failure)]
        self._delivered.records_dropped += len(judged) - len(rows) - len(failed)
        if any(data for _, data in rows):
            _add(self._rows, rows, parcel, now_ms)
        if failed:
            assert self._function_name is not None, "only a function lets records fail"
            attempts = Attempts(batch.tries, batch.ended_ms, self._function_name)
            lines = [(record, failed_line(record, why, attempts)) for record, why in failed]
            _add(self._errors, lines, parcel, now_ms)
            code, message = failed[-1][1]
            self._delivered.last_error = f"{code}: {message}"

    def candidates(self, now_ms: int, *, hurry: bool) -> Iterator[StoreObject | Copy | int]:
        """Yield what may be done: an action that is begun, or when one will be."""
        for outlet in (self._rows, self._errors):
            due_ms = outlet.due_ms(now_ms, hurry=hurry)
            if due_ms is not None:
                yield due_ms if due_ms > now_ms else outlet.begin(self._begin(outlet))
        if (copies := self._copies) is not None and (due_ms := copies.due_ms()) is not None:
            yield due_ms if due_ms > now_ms else copies.begin(self._begin(copies), now_ms)

    def stored(self, attempt_id: int, now_ms: int, *, ok: bool) -> None:
        holder = self._in_flight.pop(attempt_id)
        if not ok:
            holder.failed(now_ms)
        elif isinstance(holder, CopyQueue):
            self._deliver(holder.succeeded())
        else:
            sent = holder.stored()
            self._delivered.objects += 1
            if holder is self._errors:
                self._delivered.records_failed += sent.held.records
                _settle(sent)
            elif self._copies is not None:
                self._copies.add(sent)
            else:
                self._deliver([sent])

    def copied(self, attempt_id: int, now_ms: int, *, ok: bool) -> None:
        queue = self._in_flight.pop(attempt_id)
        assert isinstance(queue, CopyQueue), "that was a COPY"
        if ok:
            self._deliver(queue.succeeded())
        else:
            queue.failed(now_ms)
            self._delivered.copies_skipped = queue.skipped

    def _deliver(self, objects: list[Sent]) -> None:
        for sent in objects:
            self._delivered.records += sent.held.records
            self._delivered.bytes += sent.held.body.bytes
            _settle(sent)

    def _begin(self, holder: Outlet | CopyQueue) -> int:
        self._attempts += 1
        self._in_flight[self._attempts] = holder
        return self._attempts


def _add(
    outlet: Outlet, given: list[tuple[SourceRecord, bytes]], parcel: Parcel, now_ms: int
) -> None:
    pieces = [data for _, data in given]
    oldest_ms = min(record.arrival_ms for record, _ in given)
    outlet.add(pieces, parcel, records=len(given), oldest_ms=oldest_ms, now_ms=now_ms)


def _settle(sent: Sent) -> None:
    for parcel in sent.held.parcels:
        parcel.open -= 1
