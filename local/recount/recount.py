"""A poll and a range of minutes in; what the live tallies lack of it, by the lake, out.

Why it is exact while votes flow. A *difference* is what the lake's rows say less what a number of
the tallies says, both of the same votes: those that are applied. Every transaction of the live path
changes both sides alike, so a difference stays what it is until somebody repairs it, and may be
found at one time and added at another. Which votes are applied is known from the lanes' states,
which are written in the same transactions as the counts: they are read before and after the
tallies, and the lake is read once deliveries are past that. What is in flight is thus on neither
side; a batch that waits for `cube recover` is applied when that brings it, and not added here.

A minute's difference is added in one transaction with a marker, on condition that the marker is the
one that was there before the tallies were read (local/recount/repair.py): a minute is repaired
once, whoever is killed or runs twice. A re-count after a crash finds what is left.

What the lake cannot witness is refused: rows that failed and wait for `cube recover`, batches that
the tallies have and the lake has not, tallies that the rollup has put together.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from core.clients import TableClient
from core.clock import Clock
from core.errors import InvariantBroken, NotRunning, ServiceRefused
from core.keys import vote_mark_pk
from core.limits import FUTURE_MS_MAX, MARKER_DAYS
from local.consumers import Consumers, Deliveries
from local.handler_errors import HandlerErrors
from local.lake_objects import read_objects, row_objects_after
from local.poll_change import read_book
from local.recount.cell import FOR_EVER, Cell, Scope, Tiers
from local.recount.comparison import Comparison
from local.recount.difference import Interval, Lake, Reading, differences
from local.recount.failures import refuse_failures, refuse_queued
from local.recount.lake_lines import LakeLines, LooseLine
from local.recount.live_cells import read_cells
from local.recount.progress import COMMIT_MS, Progress, lacking, read_progress
from local.recount.repair import Repair, Repairer, State, read_marks
from local.table_reader import read_items
from processors.lake import hour_key

MINUTE_MS: Final = 60_000
LOOKBACK_MS: Final = MARKER_DAYS * 86_400_000  # how long a line, or an identity, is remembered
ROUNDS_MAX: Final = 4  # a number that moves under one round's readings rests in another
TOTALS_READINGS: Final = 12  # votes come every few milliseconds, and a reading takes as long
DELIVERY_WAIT_S: Final = 120.0  # a delivery stream that goes on takes seconds


@dataclass(kw_only=True)
class Recount:
    """Where to look; `consumers` and `deliveries` say how far they are, None: nobody can tell."""

    s3: Any
    bucket: str
    dynamodb: TableClient
    table: str
    consumers: Callable[[], Consumers | None]
    deliveries: Callable[[], Deliveries | None]
    clock: Clock
    rng: random.Random
    wait: Callable[[int], None]
    wait_until: Callable[[Callable[[], bool], float], bool]
    handler_errors: Callable[[int], HandlerErrors] = field(default=lambda from_ms: HandlerErrors())
    queued: Callable[[], int] = field(default=lambda: 0)  # failures that lie in queues
    on_progress: Callable[[int], None] = field(default=lambda rows: None)
    _keys: set[str] = field(default_factory=set)

    def compare(self, poll: str, *, from_ms: int, to_ms: int | None = None) -> Comparison:
        """Return what live lacks in whole minutes from `from_ms` on, and before `to_ms`.

        Minutes end where everything that arrived is delivered and applied; they begin where the
        tallies are still kept by minute. Raise InvariantBroken where the lake is no witness,
        NotRunning or ServiceRefused where nothing can be said.
        """
        tiers = Tiers.at(self.clock.now_ms())
        from_minute = max(-(-from_ms // MINUTE_MS), tiers.older_end)
        since_ms = from_minute * MINUTE_MS - LOOKBACK_MS
        until_ms = min(self._done_until_ms(), self._delivered_until_ms()) - COMMIT_MS
        lines = LakeLines(poll, since_ms, self.handler_errors(since_ms))
        self._keys.clear()
        self._read_new(lines)
        marks = read_marks(self.dynamodb, self.table, poll)
        end = until_ms // MINUTE_MS if to_ms is None else min(until_ms, to_ms) // MINUTE_MS
        comparison = Comparison(
            poll=poll,
            recount_id=f"{self.clock.now_ms()}-{self.rng.getrandbits(32):08x}",
            from_minute=from_minute,
            end_minute=max(from_minute, end),
            lake_minute=(lines.from_ms + FUTURE_MS_MAX) // MINUTE_MS + 1,
            lines=0,
            waiting=0,
            marks=marks,
        )
        readings: list[Reading] = []
        for _ in range(ROUNDS_MAX):
            readings += self._readings(lines, comparison, tiers)
            self._wait_for_deliveries(readings[-1].after.read_ms)
            self._read_new(lines)
            self._judge(comparison, lines, readings, tiers)
            if not comparison.open:
                break
        return comparison

    def apply(self, comparison: Comparison) -> Iterator[tuple[Repair, State]]:
        """Add every repair, one transaction each, and say what became of it."""
        repairer = Repairer(
            client=self.dynamodb,
            table=self.table,
            poll=comparison.poll,
            recount_id=comparison.recount_id,
            marks=comparison.marks,
            clock=self.clock,
            rng=self.rng,
            wait=self.wait,
        )
        for repair in comparison.repairs:
            yield repair, repairer.apply(repair)

    # --- reading ---

    def _read_new(self, lines: LakeLines) -> None:
        """Read the objects of rows that have not been read, judged by the rules of now."""
        after = hour_key(max(0, lines.from_ms - 60 * MINUTE_MS))
        keys = [
            each.key
            for each in row_objects_after(self.s3, self.bucket, after)
            if each.key not in self._keys
        ]
        book = read_book(self.dynamodb, self.table, read_ms=self.clock.now_ms())
        for key, body in read_objects(self.s3, self.bucket, keys):
            lines.add_object(key, body, book)
            self._keys.add(key)
            self.on_progress(lines.rows)

    def _readings(
        self, lines: LakeLines, comparison: Comparison, tiers: Tiers
    ) -> Iterator[Reading]:
        """Yield readings: of minutes once, of the totals as often as it may take."""
        producers = frozenset(producer for producer, _, _ in lines.batches())
        ledger = range(comparison.from_minute, comparison.end_minute)
        before = self._progress(producers)
        for scope in (
            Scope(ledger=ledger, cast_from=0),
            *[Scope(totals=True)] * TOTALS_READINGS,
        ):
            cells = read_cells(self.dynamodb, self.table, comparison.poll, scope, tiers)
            after = self._progress(producers)
            yield Reading(scope, before, cells, after)
            before = after

    def _progress(self, producers: frozenset[str]) -> Progress:
        """Return how far the live path is: what is said to be done is asked before what is."""
        done_until_ms = self._done_until_ms()
        return read_progress(
            self.dynamodb, self.table, producers, done_until_ms=done_until_ms, clock=self.clock
        )

    def _done_until_ms(self) -> int:
        consumers = self.consumers()
        if consumers is None:
            raise NotRunning("re-counting: nothing here says how far the consumers are")
        return consumers.done_until_ms

    def _delivered_until_ms(self) -> int:
        deliveries = self.deliveries()
        if deliveries is None:
            raise NotRunning("re-counting: nothing here says how far deliveries to the lake are")
        return deliveries.delivered_until_ms

    def _wait_for_deliveries(self, until_ms: int) -> None:
        """Wait until what may have been applied when the tallies were read is in the lake."""
        if not self.wait_until(
            lambda: self._delivered_until_ms() > until_ms + COMMIT_MS, DELIVERY_WAIT_S
        ):
            raise ServiceRefused(
                f"re-counting: deliveries to the lake stand still for {DELIVERY_WAIT_S:.0f} s"
            )

    # --- judging ---

    def _judge(
        self, comparison: Comparison, lines: LakeLines, readings: list[Reading], tiers: Tiers
    ) -> None:
        last = readings[-1].after
        batches = lines.batches()
        refuse_queued(self.queued())
        refuse_failures(self.s3, self.bucket, from_ms=lines.from_ms)
        lost = list(islice(lacking(last, batches, from_ms=lines.from_ms), 1))
        if lost:
            name = "/".join(map(str, lost[0]))
            raise InvariantBroken(
                f"re-counting: the lake lacks batch {name}, which is counted: `cube recover list`"
                " names what failed, `cube recover rebuild` brings back what was lost"
            )
        lake = Lake(batches, lines.loose_lines())
        found = differences(lake, readings, tiers)
        gone = self._unmarked(lake, found, tiers)
        if gone:
            lake = Lake(batches, [each for each in lake.loose if each[0] not in gone])
            found = differences(lake, readings, tiers)
        live: dict[Cell, int] = {}
        for reading in readings:
            live.update(reading.cells)
        inside = range(comparison.from_minute, comparison.end_minute)
        counted = [*lake.batches.values(), *(share for _, share in lake.loose)]
        comparison.lines = sum(
            share.lines for share in counted if share.arrival_ms // MINUTE_MS in inside
        )
        left = lake.without(last)
        waiting = [*left.batches.values(), *(share for _, share in left.loose)]
        comparison.waiting = len(gone) + sum(
            share.lines for share in waiting if share.arrival_ms // MINUTE_MS in inside
        )
        comparison.judge(found, live)

    def _unmarked(self, lake: Lake, found: dict[Cell, Interval], tiers: Tiers) -> set[LooseLine]:
        """Return unstamped votes that live lacks because they were never applied.

        Such a record went where failed ones go, and `cube recover` may bring it still: it leaves
        no marker of the vote's identity, while one whose counts got lost does.
        """
        since_ms = self.clock.now_ms() - LOOKBACK_MS + MINUTE_MS
        return {
            line
            for line, share in lake.loose
            if line.identity is not None
            and share.votes
            and share.arrival_ms >= since_ms
            and any(found[cell].high > 0 for cell, _ in tiers.cells(share) if cell in found)
            and not any(read_items(self.dynamodb, self.table, vote_mark_pk(*line.identity)))
        }


assert FOR_EVER * MINUTE_MS > 2**40, "no vote is cast that late"
