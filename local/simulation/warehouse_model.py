"""Rows of loads in, what the merge of `sql/loads/` makes of them out: told again, in Python.

One row after the other, in the order of arrival, each judged alone. The merge's test holds the SQL
to it; the simulator uses it for a warehouse, because it is a thousand times as quick to set up.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from core.poll import PollBook
from core.row import Row
from core.verdict import judge_in_poll

LineKey = tuple[str, int, int, int]
Identity = tuple[str, str, int]


class Count(NamedTuple):
    """What `load_lines` counts by: one poll, minute of arrival, and outcome."""

    poll: str
    minute: int
    outcome: str


def line_key(row: Row) -> LineKey:
    """Return what names a line, wherever it travelled."""
    if row.producer is None or row.lane is None or row.number is None:
        return (row.sequence_number, row.subsequence, -1, row.line)
    return (row.producer, row.lane, row.number, row.line)


@dataclass(slots=True)
class WarehouseModel:
    """The warehouse's tables, as they must be after some loads."""

    votes: dict[Identity, Row] = field(default_factory=dict)
    parked: dict[LineKey, str] = field(default_factory=dict)
    duplicates: set[LineKey] = field(default_factory=set)
    counts: Counter[Count] = field(default_factory=Counter)
    places: dict[LineKey, Count] = field(default_factory=dict)  # where each line is, once
    _counted: set[LineKey] = field(default_factory=set)

    def load(self, rows: Iterable[Row], book: PollBook) -> None:
        """Merge one load, judged by the rules in `book`."""
        for row in sorted(rows, key=_order):
            poll, outcome = self._merge(row, book)
            count = Count(poll, row.arrived_at // 60_000, outcome)
            self.counts[count] += 1
            if outcome != "redelivered":
                self.places[line_key(row)] = count

    def colours(self) -> Counter[str]:
        """Return votes by colour."""
        return Counter(str(row.colour) for row in self.votes.values())

    def _merge(self, row: Row, book: PollBook) -> tuple[str, str]:
        rules = book.rules_at(row.poll or "", row.arrived_at)
        poll = row.poll if rules and row.poll else "-"
        key = line_key(row)
        if key in self._counted or key in self.parked or key in self.duplicates:
            return poll, "redelivered"
        reason = row.parked_reason
        if reason is None:
            assert row.colour is not None, "a vote has a colour"
            assert row.voted_at is not None, "a vote has a time"
            verdict = judge_in_poll(row.colour, row.voted_at, rules)
            reason = verdict.value if verdict else None
        if reason is not None:
            self.parked[key] = reason
            return poll, "parked"
        return poll, self._count(row, key)

    def _count(self, row: Row, key: LineKey) -> str:
        assert row.poll is not None, "a vote has a poll"
        assert row.device_id is not None, "a vote has a device"
        assert row.seq is not None, "a vote has a number"
        identity = (row.poll, row.device_id, row.seq)
        first = self.votes.get(identity)
        if first is None:
            self.votes[identity] = row
            self._counted.add(key)
            return "counted"
        if (first.colour, first.voted_at, first.region) == (row.colour, row.voted_at, row.region):
            self.duplicates.add(key)
            return "duplicate"
        self.parked[key] = "identity_conflict"
        return "parked"


def _order(row: Row) -> tuple[int, int, int, int]:
    return (row.arrived_at, int(row.sequence_number), row.subsequence, row.line)
