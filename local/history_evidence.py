"""Lake, warehouse and what stream and tallies were found to hold in, history's verdicts out.

The order of reading makes it exact: how far deliveries are, then the lake, then the manifest, then
the tables, then the tallies. What arrived before all of it was delivered and loaded is compared.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.clock import Clock
from core.invariants import history as invariants
from core.invariants.invariant import MINUTE_MS, Invariant, LineKey
from local.consumers import Deliveries
from local.lake_objects import row_objects_after
from local.lake_witness import LakeCount, count_lake
from local.warehouse_reader import WarehouseReader
from processors.lake import ROWS_PREFIX, hour_key


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSide:
    """What the rest of the check found: lines in the stream and in the live ledger."""

    stream: Mapping[int, int]  # minute of arrival -> lines
    ledger: Callable[[], Mapping[str, Mapping[LineKey, int]]]  # outcome -> poll, minute -> lines
    detours: Mapping[int, int]  # minute -> by how much the ledger is ahead of the stream
    polls: Sequence[str]
    colours: Callable[[str], Counter[str]]  # poll -> its live totals
    from_minute: int
    until_minute: int | None  # None: the live path has done all, and nothing came meanwhile
    first_minute: int  # the first that the ledger has


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is delivered and not merged yet: how much of what, and the first arrival in it, ms."""

    count: int
    what: str
    oldest_ms: tuple[int, ...]


@dataclass(kw_only=True)
class HistoryEvidence:
    """Where to look; `deliveries` says how far they are.

    `by_manifest`: objects are loaded by the manifest (HistoryLoad=scheduled). Otherwise Firehose
    copies them into the landing table, and keeps no account of which object a row came from.
    """

    s3: Any
    bucket: str
    warehouse: WarehouseReader
    deliveries: Callable[[], Deliveries | None]
    clock: Clock
    by_manifest: bool = True

    def drained(self) -> bool:
        """Return whether everything that has arrived is in the warehouse."""
        before = self.deliveries()
        if before is None:
            return True  # there is no history to wait for
        if not before.caught_up:
            return False
        if not self.by_manifest:
            return self.warehouse.landed()[0] == 0
        start = hour_key(max(0, self.clock.now_ms() - 2 * 3_600_000))
        keys = {each.key for each in row_objects_after(self.s3, self.bucket, start)}
        return keys <= self.warehouse.load_of(start).keys()

    def collect(
        self, live: LiveSide, *, waited: bool, on_progress: Callable[[int], None]
    ) -> list[Invariant]:
        start = self.deliveries()
        if start is None:
            return []
        lake = count_lake(
            self.s3, self.bucket, from_ms=live.from_minute * MINUTE_MS, on_progress=on_progress
        )
        load_of = self.warehouse.load_of(min(lake.rows, default=ROWS_PREFIX))
        rows_of_loads = self.warehouse.rows_of_loads()
        waiting = self._waiting(lake, load_of)
        drained = start.caught_up and not waiting.count and live.until_minute is None
        delivered_until = self._until(start, (), live.until_minute, drained=drained)
        loaded_until = self._until(start, waiting.oldest_ms, live.until_minute, drained=drained)
        loads, tables = self.warehouse.by_minute(live.from_minute)
        delivered, failed = lake.by_minute()
        behind_ms = self.clock.now_ms() - start.delivered_until_ms if not drained else 0
        arrived = invariants.arrived_equals_delivered(
            live.stream,
            delivered,
            failed,
            from_minute=live.from_minute,
            until_minute=delivered_until,
            unreadable=lake.unreadable,
        )
        in_manifest = invariants.delivered_equals_loaded(
            lake.rows, load_of, rows_of_loads, drained=drained and waited
        )
        return [
            arrived,
            *([in_manifest] if self.by_manifest else []),
            invariants.loads_equal_tables(loads, tables),
            invariants.live_equals_warehouse(
                live.ledger(),
                tables,
                _sum(lake.detoured(), live.detours),
                from_minute=live.from_minute,
                until_minute=loaded_until,
            ),
            *self._colours(live, drained=drained and not failed),
            invariants.history_caught_up(
                max(0, behind_ms),
                f"{waiting.count} {waiting.what}",
                drained=drained,
                waited=waited,
            ),
        ]

    def _waiting(self, lake: LakeCount, load_of: Mapping[str, str]) -> Waiting:
        if not self.by_manifest:
            count, oldest_ms = self.warehouse.landed()
            return Waiting(count, "rows", () if oldest_ms is None else (oldest_ms,))
        keys = [key for key in lake.rows if key not in load_of]
        return Waiting(len(keys), "objects", tuple(lake.oldest_ms[key] for key in keys))

    @staticmethod
    def _until(
        deliveries: Deliveries,
        waiting_ms: Sequence[int],
        live_until: int | None,
        *,
        drained: bool,
    ) -> int | None:
        """Return the first minute that is not wholly delivered (and, with `waiting_ms`, loaded)."""
        if drained:
            return None
        until_ms = min([deliveries.delivered_until_ms, *waiting_ms])
        minutes = [until_ms // MINUTE_MS]
        return min(minutes if live_until is None else [*minutes, live_until])

    def _colours(self, live: LiveSide, *, drained: bool) -> list[Invariant]:
        first = self.warehouse.first_minute()
        if first is not None and first > live.first_minute:
            return []  # retention has forgotten votes that the totals keep for ever
        before = {poll: live.colours(poll) for poll in live.polls}
        between = self.warehouse.colours()
        return [
            invariants.colours_equal_warehouse(
                poll,
                before[poll],
                between.get(poll, Counter()),
                live.colours(poll),
                drained=drained,
            )
            for poll in live.polls
        ]


def _sum(one: Mapping[int, int], other: Mapping[int, int]) -> dict[int, int]:
    """Return both together; what is 0 stays, because it names a minute."""
    return {minute: one.get(minute, 0) + other.get(minute, 0) for minute in {*one, *other}}
