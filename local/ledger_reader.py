"""A table in, its ledger's lines by minute of arrival out, as checks add them up."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from core import keys
from core.invariants.invariant import LineKey
from core.ledger import OUTCOMES
from local.table_reader import read_items


class LedgerReader:
    """Reads the lines of polls; those that name no poll are among them."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def of_poll(self, poll: str, outcomes: Sequence[str] = OUTCOMES) -> Counter[int]:
        """Return lines of one poll by minute."""
        lines: Counter[int] = Counter()
        for item in read_items(self._client, self._table, keys.ledger_pk(poll)):
            minute = int(item["sk"].partition("#")[0])
            lines[minute] += sum(item.get(outcome, 0) for outcome in outcomes)
        return lines

    def of_all(self, polls: Iterable[str]) -> Counter[int]:
        """Return lines by minute, whatever became of them."""
        lines: Counter[int] = Counter()
        for poll in (*polls, keys.UNKNOWN_POLL):
            lines += self.of_poll(poll)
        return lines

    def by_outcome(self, polls: Iterable[str]) -> dict[str, Counter[LineKey]]:
        """Return outcome -> (poll, minute) -> lines."""
        known = (*polls, keys.UNKNOWN_POLL)
        return {
            outcome: Counter(
                {
                    (poll, minute): lines
                    for poll in known
                    for minute, lines in self.of_poll(poll, (outcome,)).items()
                }
            )
            for outcome in OUTCOMES
        }
