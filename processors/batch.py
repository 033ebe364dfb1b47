"""Records of one Lambda call in, all of them applied once, or the first that is not, out."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core import limits
from core.backoff import full_jitter_ms
from core.clock import Clock
from core.errors import ContendedTooLong
from core.poll import PollBook
from processors.delivery import Delivery, read_event
from processors.fold import ParkedLine
from processors.lane import Cursor, Known, plan
from processors.park import ParkingLot
from processors.reply import partial_reply
from processors.rules import RulesReader
from processors.store import Contended, TallyStore


@dataclass(slots=True)
class Outcome:
    """What a call did. `failed_record` is the index of the first record not wholly applied.

    `items` were written; `late` batches were applied after a later one of their lane.
    """

    records: int = 0
    votes: int = 0
    parked: int = 0
    duplicates: int = 0
    transactions: int = 0
    items: int = 0
    late: int = 0
    retries: int = 0
    failed_record: int | None = None
    error: str = ""

    @property
    def metrics(self) -> dict[str, int]:
        """Return what a monitor adds up, by the metric's name."""
        return {
            "VotesCounted": self.votes,
            "VotesParked": self.parked,
            "VotesDuplicate": self.duplicates,
        }

    @property
    def facts(self) -> dict[str, object]:
        """Return what a log line says of the call besides."""
        return {
            "records": self.records,
            "votes": self.votes,
            "parked": self.parked,
            "duplicates": self.duplicates,
            "transactions": self.transactions,
            "items": self.items,
            "late": self.late,
            "retries": self.retries,
            "error": self.error,
        }


@dataclass(slots=True)
class Processor:
    """The ordered processor: applies a shard's records in their order, each exactly once."""

    store: TallyStore
    parking: ParkingLot
    rules: RulesReader
    clock: Clock
    rng: random.Random
    wait: Callable[[int], None]
    known: Known = field(default_factory=Known)

    def run(self, records: Sequence[Mapping[str, Any]]) -> Outcome:
        """Apply the records of an event; what could not be applied is named, never skipped."""
        return self.apply(read_event(records), records=len(records))

    def apply(self, deliveries: Sequence[Delivery], *, records: int) -> Outcome:
        """Apply the deliveries of that many records of one shard, whoever read them."""
        outcome = Outcome(records=records)
        cursor = Cursor()
        self.known.marks.clear()
        if len(self.known.lanes) > limits.KNOWN_LANES_MAX:
            self.known.lanes.clear()
        try:
            latest_ms = max((delivery.arrival_ms for delivery in deliveries), default=0)
            book = self.rules.book_for(latest_ms)
            kept: dict[str, set[ParkedLine]] = {}
            while cursor.delivery < len(deliveries):
                cursor = self._apply_next(deliveries, cursor, book, kept, outcome)
        except Exception as error:  # the world is away: the mapping delivers the rest again
            outcome.failed_record = deliveries[cursor.delivery].record
            outcome.error = f"{type(error).__name__}: {error}"
            self.known.lanes.clear()
        return outcome

    def _apply_next(
        self,
        deliveries: Sequence[Delivery],
        cursor: Cursor,
        book: PollBook,
        kept: dict[str, set[ParkedLine]],
        outcome: Outcome,
    ) -> Cursor:
        """Commit the next transaction, planning again while others are in the way."""
        for attempt in range(limits.STORE_ATTEMPTS_MAX):
            now_ms = self.clock.now_ms()
            transaction, following = plan(deliveries, cursor, self.known, book, now_ms)
            if transaction.empty:
                return following
            self.parking.park(transaction.kept, kept)
            try:
                committed = self.store.commit(transaction, self.known, now_ms=now_ms)
            except Contended:
                committed, busy = False, True
            else:
                busy = attempt >= limits.STORE_LOSSES_AT_ONCE_MAX
            if committed:
                outcome.transactions += 1
                outcome.items += transaction.items
                outcome.late += transaction.late
                outcome.votes += transaction.votes
                outcome.parked += transaction.parked
                outcome.duplicates += transaction.duplicates
                return following
            outcome.retries += 1
            if busy:
                self.wait(self._back_off_ms(attempt))
        raise ContendedTooLong(f"writing tallies: {limits.STORE_ATTEMPTS_MAX} attempts lost")

    def _back_off_ms(self, attempt: int) -> int:
        return full_jitter_ms(
            self.rng,
            attempt=attempt,
            base_ms=limits.STORE_BACKOFF_MS_BASE,
            cap_ms=limits.STORE_BACKOFF_MS_CAP,
        )


def reply_of(outcome: Outcome, records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return Lambda's partial batch answer: at most one number, the first unapplied (B25)."""
    return partial_reply(outcome.failed_record, records)
