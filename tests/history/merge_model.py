"""Rows of loads in, what the merge of `sql/loads/` must make of them out: told a second time."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from core.poll import PollBook
from core.row import Row
from core.verdict import judge_in_poll

LineKey = tuple[str, int, int, int]
Identity = tuple[str, str, int]
DAYS_7_MS = 7 * 86_400_000


class Count(NamedTuple):
    """A line of `load_lines`."""

    poll: str
    minute: int
    outcome: str


def line_key(row: Row) -> LineKey:
    """Return what names a line, wherever it travelled."""
    if row.producer is not None:
        assert row.lane is not None
        assert row.number is not None
        return (row.producer, row.lane, row.number, row.line)
    return (row.sequence_number, row.subsequence, -1, row.line)


@dataclass(slots=True)
class MergeModel:
    """The warehouse's tables, as they must be after some loads."""

    book: PollBook
    votes: dict[Identity, Row] = field(default_factory=dict)
    parked: dict[LineKey, str] = field(default_factory=dict)
    duplicates: set[LineKey] = field(default_factory=set)
    counts: Counter[Count] = field(default_factory=Counter)

    def load(self, rows: Iterable[Row]) -> None:
        """Merge one load: rows in the order of their arrival, each judged alone."""
        for row in sorted(rows, key=_order):
            poll, outcome = self._merge(row)
            self.counts[Count(poll, row.arrived_at // 60_000, outcome)] += 1

    def _merge(self, row: Row) -> tuple[str, str]:
        rules = self.book.rules_at(row.poll or "", row.arrived_at)
        poll = row.poll if rules and row.poll else "-"
        key = line_key(row)
        lines = {line_key(vote) for vote in self.votes.values()}
        if key in lines or key in self.parked or key in self.duplicates:
            return poll, "redelivered"
        reason = row.parked_reason
        if reason is None:
            assert row.colour is not None
            assert row.voted_at is not None
            verdict = judge_in_poll(row.colour, row.voted_at, rules)
            reason = verdict.value if verdict else None
        if reason is not None:
            self.parked[key] = reason
            return poll, "parked"
        return poll, self._count(row, key)

    def _count(self, row: Row, key: LineKey) -> str:
        assert row.poll is not None
        assert row.device_id is not None
        assert row.seq is not None
        identity = (row.poll, row.device_id, row.seq)
        first = self.votes.get(identity)
        if first is None:
            self.votes[identity] = row
            return "counted"
        if (first.colour, first.voted_at, first.region) == (row.colour, row.voted_at, row.region):
            self.duplicates.add(key)
            return "duplicate"
        self.parked[key] = "identity_conflict"
        return "parked"


def _order(row: Row) -> tuple[int, int, int, int]:
    return (row.arrived_at, int(row.sequence_number), row.subsequence, row.line)


def sums(counts: Sequence[tuple[str, int, int, int, int, int]]) -> Counter[Count]:
    """Return (poll, minute, counted, parked, duplicate, redelivered) as the model counts."""
    found: Counter[Count] = Counter()
    for poll, minute, *numbers in counts:
        for outcome, number in zip(
            ("counted", "parked", "duplicate", "redelivered"), numbers, strict=True
        ):
            if number:
                found[Count(poll, minute, outcome)] += number
    return found
