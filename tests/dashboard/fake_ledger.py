"""Lines in, what a warehouse answers the Pipeline page's statements out; it can be made to lie."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from core.invariants.invariant import MINUTE_MS
from core.ledger import OUTCOMES
from core.query_value import QueryValue
from core.warehouse import Value
from dashboard.pipeline import history_reader as sql_of

Rows = list[tuple[Value, ...]]
Key = tuple[str, str, int]  # outcome, poll, minute of arrival


class FakeLedger:
    """What the loads say, what the tables hold, and what else the page asks."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self.loads: Counter[Key] = Counter()
        self.tables: Counter[Key] = Counter()
        self.colours: Counter[tuple[str, str]] = Counter()
        self.parked: Counter[tuple[str, str]] = Counter()
        self.producers: list[str] = []
        self.landed = 0
        self.asked: Counter[str] = Counter()

    def load(self, poll: str, minute: int, outcome: str, lines: int) -> None:
        """Load lines: into the tables, and into what the loads say."""
        self.loads[outcome, poll, minute] += lines
        self.tables[outcome, poll, minute] += lines

    def answer(
        self, sql: str, params: Mapping[str, QueryValue]
    ) -> tuple[tuple[str, ...], Rows] | None:
        """Return columns and rows, None for a statement that the Pipeline page does not send."""
        rows = self._rows(sql, params)
        if rows is None:
            return None
        self.asked[sql] += 1
        return tuple(f"column_{place}" for place in range(len(rows[0]) if rows else 0)), rows

    def _rows(self, sql: str, params: Mapping[str, QueryValue]) -> Rows | None:
        now = self._now()
        match sql:
            case sql_of.BY_MINUTE_SQL:
                first = datetime.fromisoformat(params["from"].texts[0]).replace(tzinfo=UTC)
                return [
                    (side, outcome, poll, moment(minute), lines)
                    for side, counts in (("loads", self.loads), ("tables", self.tables))
                    for (outcome, poll, minute), lines in counts.items()
                    if moment(minute) >= first
                ]
            case sql_of.LOADS_SQL:
                minutes = [minute for _, _, minute in self.loads]
                if not minutes:
                    return [(None,) * 8]
                sums = [
                    sum(lines for key, lines in self.loads.items() if key[0] == outcome)
                    for outcome in OUTCOMES
                ]
                span = (moment(min(minutes)), moment(max(minutes)))
                return [(now, *span, sum(sums), *sums, 0)]
            case sql_of.RECENT_SQL:
                return [(now - timedelta(seconds=10), 900), (now, 4_000)] if self.loads else []
            case sql_of.OBJECTS_SQL:
                return [(len(self.loads), 1_000 * len(self.loads), now)]
            case sql_of.LANDED_SQL:
                return [(self.landed, now if self.landed else None)]
            case sql_of.PARKED_SQL:
                return [(poll, reason, lines, now) for (poll, reason), lines in self.parked.items()]
            case sql_of.COLOURS_SQL:
                return [(poll, colour, votes) for (poll, colour), votes in self.colours.items()]
            case sql_of.PRODUCERS_SQL:
                return [(producer, now) for producer in self.producers]
            case _:
                return None


def moment(minute: int) -> datetime:
    return datetime.fromtimestamp(minute * MINUTE_MS / 1000, UTC)
