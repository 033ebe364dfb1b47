"""Clients and a vote's identity in, everything that says where the vote is out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from core.clock import Clock
from core.errors import OutboxDamaged
from core.vote import Identity
from local.consumers import Consumers
from local.trace.call_search import CallLog
from local.trace.find import (
    Copy,
    Evidence,
    LiveFind,
    LoadFind,
    Nowhere,
    ObjectFind,
    OutboxFind,
    Unknown,
    WarehouseRow,
)
from local.trace.lake_search import LakeSearch
from local.trace.limits import COPIES_MAX, COPIES_MS
from local.trace.live_search import LiveSearch
from local.trace.outbox_search import find_in_outboxes
from local.trace.sighting import Batch, Place, Sighting
from local.trace.stream_search import find_on_stream
from local.trace.warehouse_search import WarehouseSearch

_EARLIER_MS: Final = 1_000  # a stream's clock gives times in order only by the second


@dataclass(frozen=True, kw_only=True)
class Tracer:
    """Where to look. `consumers` says how far they are, None where nobody can tell.

    `lake` and `warehouse` may be Unknown where there is none; `wait` passes milliseconds.
    """

    kinesis: Any
    stream: str
    outboxes: Sequence[Path]
    live: LiveSearch
    logs: CallLog
    lake: LakeSearch
    warehouse: WarehouseSearch | Unknown
    consumers: Callable[[], Consumers | None]
    clock: Clock
    wait: Callable[[int], None]
    on_progress: Callable[[int], None] = lambda records: None

    def evidence(self, wanted: Identity, *, since_ms: int) -> Evidence:
        """Ask every place. The warehouse may name the record: then the stream is read from there.

        Consumers are asked before what they have applied: a line that is missing then, though
        they had done it, is lost.
        """
        now_ms = self.clock.now_ms()
        rows = self._rows(wanted)
        outboxes = self._outboxes(wanted)
        from_ms, until_ms = _window(rows, outboxes, now_ms - since_ms)
        sightings = find_on_stream(
            self.kinesis,
            self.stream,
            wanted,
            from_ms=from_ms,
            until_ms=until_ms,
            wait=self.wait,
            on_progress=self.on_progress,
        )
        consumers = self.consumers()
        copies = [self._copy(each, wanted, consumers) for each in sightings[:COPIES_MAX]]
        seen = {_key(each.place) for each in sightings}
        named = [] if isinstance(rows, Unknown) else rows
        copies += [
            self._named_by(row, row.place, wanted)
            for row in named
            if row.place is not None and _key(row.place) not in seen
        ]
        return Evidence(
            identity=wanted,
            now_ms=now_ms,
            from_ms=from_ms,
            outboxes=outboxes,
            copies=copies,
            more_copies=len(sightings) > COPIES_MAX,
            warehouse=rows,
            done_until_ms=_done_until_ms(consumers),
        )

    def _rows(self, wanted: Identity) -> Sequence[WarehouseRow] | Unknown:
        if isinstance(self.warehouse, Unknown):
            return self.warehouse
        return self.warehouse.rows_of(wanted)

    def _outboxes(self, wanted: Identity) -> Sequence[OutboxFind] | Unknown:
        try:
            found = find_in_outboxes(self.outboxes, wanted)
        except OutboxDamaged as error:
            return Unknown(str(error))
        return [
            each._replace(live=self._of_batch(each.batch, each.cast_ms))
            if each.acknowledged
            else each
            for each in found
        ]

    def _of_batch(self, batch: Batch, at_ms: int) -> LiveFind:
        """Return whether all of a batch is applied."""
        place = Place(sequence_number="", subsequence=0, line=0, arrival_ms=at_ms, batch=batch)
        return self.live.look_at_batch(place, self.clock.now_ms())

    def _copy(self, sighting: Sighting, wanted: Identity, consumers: Consumers | None) -> Copy:
        place, raw = sighting.place, sighting.line.raw
        rows = self.lake.row_of(place, wanted)
        live = self.live.look(sighting, self.clock.now_ms())
        missing = live.fate == "missing" or isinstance(rows, Nowhere)
        done_ms = _done_until_ms(consumers)
        overdue = done_ms is not None and done_ms > place.arrival_ms
        return Copy(
            place=place,
            sighting=sighting,
            live=live,
            calls=self.logs.calls(place),
            rows=rows,
            backup=self.lake.backup_of(place, raw),
            load=self._load(rows),
            failed=self.lake.failed(place, raw) if missing and overdue else (),
        )

    def _named_by(self, row: WarehouseRow, place: Place, wanted: Identity) -> Copy:
        """Return what is known of a line that only the warehouse names still."""
        gone = Unknown("the stream no longer shows the record")
        rows = self.lake.row_of(place, wanted)
        if row.table == "parked_votes":
            live = LiveFind("parked", f"parked, says history: {row.says}", row.says)
        elif place.batch is not None:
            live = self._of_batch(place.batch, place.arrival_ms)
        else:
            live = LiveFind("forgotten", "without its record nothing tells its marker")
        return Copy(
            place=place,
            sighting=None,
            live=live,
            calls=gone,
            rows=rows,
            backup=gone,
            load=self._load(rows),
        )

    def _load(self, rows: ObjectFind | Nowhere | Unknown) -> LoadFind | Nowhere | Unknown:
        if isinstance(self.warehouse, Unknown):
            return self.warehouse
        if not isinstance(rows, ObjectFind):
            return Unknown("no object of rows is known to hold it")
        return self.warehouse.load_of(rows.key)


def _window(
    rows: Sequence[WarehouseRow] | Unknown, outboxes: Sequence[OutboxFind] | Unknown, asked_ms: int
) -> tuple[int, int | None]:
    """Return from where, and up to where, the stream is read: near where a row says it was."""
    if not isinstance(rows, Unknown) and rows:
        arrivals = [row.arrival_ms for row in rows]
        return max(0, min(arrivals) - _EARLIER_MS), max(arrivals) + COPIES_MS
    cast = [] if isinstance(outboxes, Unknown) else [each.cast_ms for each in outboxes]
    return max(0, min([asked_ms, *(ms - _EARLIER_MS for ms in cast)])), None


def _key(place: Place) -> tuple[str, int, int]:
    return place.sequence_number, place.subsequence, place.line


def _done_until_ms(consumers: Consumers | None) -> int | None:
    """Return up to which arrival everything is done, workers' chunks among it."""
    if consumers is None:
        return None
    oldest_ms = consumers.events_oldest_ms
    return consumers.done_until_ms if oldest_ms is None else min(consumers.done_until_ms, oldest_ms)
