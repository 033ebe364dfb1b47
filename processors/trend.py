"""Records of one Lambda call in, the trends of their polls on that shard written out.

Every item is written on condition that it is still the one read, and says through which record it
goes. So each record is in a trend once, whatever is delivered again; one that is given up (after
three tries, or a minute) is in none. A batch that a producer put twice counts twice: only the
tallies look at lanes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core import limits
from core.errors import ContendedTooLong
from core.event_record import shard_of
from core.trend import TrendState
from processors.trend_fold import fold
from processors.trend_store import TrendStore
from processors.trend_votes import Heard, hear

_KNOWN_MAX = 256  # states that a warm function remembers: a few MB


@dataclass(slots=True)
class TrendOutcome:
    """What a call did. `votes` were heard; `items` were written, of polls not left out."""

    records: int = 0
    votes: int = 0
    items: int = 0
    retries: int = 0
    polls_left_out: int = 0


@dataclass(slots=True)
class TrendProcessor:
    """Keeps the trends of the shards it is called for."""

    store: TrendStore
    known: dict[tuple[str, str], TrendState] = field(default_factory=dict)

    def run(self, records: Sequence[Mapping[str, Any]]) -> TrendOutcome:
        """Fold the records of an event; raise when an item cannot be written: all comes again."""
        outcome = TrendOutcome(records=len(records))
        if len(self.known) > _KNOWN_MAX:
            self.known.clear()
        by_poll = hear(records)
        votes = {poll: sum(len(each.votes) for each in by_poll[poll]) for poll in by_poll}
        outcome.votes = sum(votes.values())
        busiest = sorted(by_poll, key=lambda poll: (-votes[poll], poll))
        outcome.polls_left_out = max(0, len(busiest) - limits.TREND_POLLS_MAX)
        for poll in busiest[: limits.TREND_POLLS_MAX]:
            self._keep(poll, shard_of(records[0]), by_poll[poll], outcome)
        return outcome

    def _keep(self, poll: str, shard: str, heard: Sequence[Heard], outcome: TrendOutcome) -> None:
        state = self.known.get((poll, shard)) or self.store.load(poll, shard)
        for _ in range(limits.TREND_ATTEMPTS_MAX):
            after = fold(state, heard)
            if after is None:
                return
            if self.store.save(poll, shard, after, read=state):
                self.known[poll, shard] = after
                outcome.items += 1
                return
            outcome.retries += 1
            self.known.pop((poll, shard), None)
            state = self.store.load(poll, shard)
        raise ContendedTooLong(f"writing trends: {limits.TREND_ATTEMPTS_MAX} attempts lost")
