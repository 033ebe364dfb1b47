"""The tally table in, one reading of ledger, totals, lanes and verdicts out."""

from collections import Counter, deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from core import keys
from core.agreement import Agreement
from core.check_report import CheckReport
from core.clock import Clock
from core.invariants.invariant import MINUTE_MS
from core.item import from_item
from core.lane import LaneState
from core.tally import colours_of
from dashboard.pipeline.limits import (
    LATENCY_WINDOW_S,
    POLLS_READ_MAX,
    PRESENCE_PERIOD_MS,
    RATE_WINDOW_MS,
    REST,
    TRIES,
    WINDOW_MINUTES,
)
from dashboard.pipeline.poll_ledger import PollLedger, first_of, lines_by_minute, parted
from dashboard.reader import TableReader, TallyReader
from dashboard.rotation import polls_to_read

_LAST: Final = "~"  # sorts after every digit
_MOVING_MINUTES: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class TableReading:
    """What one look at the table saw, times in epoch ms.

    `ledgers` are by poll; `arrival_ms` is a histogram (core/latency.py) of arrival to counted, and
    `counted_by_second` votes by second of counting, both of the last seconds; `lines_per_second`
    are lines of the ledger that came between readings, None before there are two; `lanes` are
    those of the producers that were asked about.
    """

    as_of: int
    ledgers: Mapping[str, PollLedger]
    counted_by_second: Counter[int] = field(default_factory=Counter)
    arrival_ms: Counter[int] = field(default_factory=Counter)
    lines_per_second: int | None = None
    lanes: Mapping[tuple[str, int], LaneState] = field(default_factory=dict)
    agreement: Agreement | None = None
    check: CheckReport | None = None


class LedgerReader:
    """Reads the whole ledger of a poll seldom, and what is recent of it each time."""

    def __init__(self, client: TableReader, *, table: str, clock: Clock) -> None:
        self._client = client
        self._table = table
        self._clock = clock
        self._polls = TallyReader(client, table=table, clock=clock)
        self._known: dict[str, PollLedger] = {}
        self._turn = 0
        self._lines: deque[tuple[int, int]] = deque()  # when, how many in all

    def read(self, producers: Collection[str]) -> TableReading:
        """Return a reading; polls that stand still are read in turn, the others each time."""
        now_ms = self._clock.now_ms()
        seconds: Counter[int] = Counter()
        arrivals: Counter[int] = Counter()
        names = [*self._polls.read_polls().polls(), keys.UNKNOWN_POLL]
        for poll in self._due(names, now_ms):
            self._known[poll] = self._read_poll(poll, now_ms)
            if poll != keys.UNKNOWN_POLL:
                self._counted(poll, now_ms, seconds, arrivals)
        ledgers = {poll: self._known[poll] for poll in names if poll in self._known}
        return TableReading(
            as_of=now_ms,
            ledgers=ledgers,
            counted_by_second=seconds,
            arrival_ms=arrivals,
            lines_per_second=self._rate(ledgers.values(), now_ms),
            lanes=self._lanes(producers),
            agreement=self._one(keys.COMPARE_PK, keys.COMPARE_SK, Agreement.from_item),
            check=self._one(keys.CHECK_PK, keys.CHECK_SK, CheckReport.from_item),
        )

    def polls(self) -> list[str]:
        """Return the polls that have been read."""
        return [poll for poll in list(self._known) if self._is_poll(poll)]

    def read_totals(self, poll: str) -> Counter[str]:
        """Return votes by colour of all time."""
        return colours_of(self._items(keys.poll_pk(poll), first="total#", last="total#" + _LAST))

    def _rate(self, ledgers: Iterable[PollLedger], now_ms: int) -> int | None:
        total = sum(each.sums.total() for each in ledgers)
        while self._lines and now_ms - self._lines[0][0] > RATE_WINDOW_MS:
            self._lines.popleft()
        self._lines.append((now_ms, total))
        first_ms, first = self._lines[0]
        return (
            None
            if now_ms == first_ms
            else max(0, round((total - first) * 1000 / (now_ms - first_ms)))
        )

    def _due(self, polls: list[str], now_ms: int) -> list[str]:
        """Return the polls to read now: new ones, those that move, and some of the others."""
        moving = now_ms // MINUTE_MS - _MOVING_MINUTES
        watched = {
            poll
            for poll in polls
            if poll not in self._known or (self._known[poll].newest_minute or 0) >= moving
        }
        self._turn += 1
        return polls_to_read(polls, watched, turn=self._turn, others_max=POLLS_READ_MAX)

    def _read_poll(self, poll: str, now_ms: int) -> PollLedger:
        known = self._known.get(poll)
        rest_ms = 0 if known is None else max(PRESENCE_PERIOD_MS, REST * known.whole_took_ms)
        if known is None or not 0 <= now_ms - known.whole_ms < rest_ms:
            return self._settled(poll, now_ms)
        recent = self._read_recent(known)
        old_enough = now_ms - known.whole_ms >= REST * known.whole_took_ms
        if self._is_poll(poll) and not recent.counted.agrees and old_enough:
            return self._settled(poll, now_ms)  # a late line of long ago, or a true difference
        return recent

    def _settled(self, poll: str, now_ms: int) -> PollLedger:
        """Read the whole until it adds up, or has not several times."""
        for _ in range(TRIES):
            found = self._read_whole(poll, now_ms)
            if not self._is_poll(poll) or found.counted.agrees:
                return found
        return replace(found, differs=True)

    def _read_whole(self, poll: str, now_ms: int) -> PollLedger:
        started_ms = self._clock.monotonic_ms()
        before = self._totals(poll)
        minutes = lines_by_minute(self._items(keys.ledger_pk(poll)))
        from_minute = now_ms // MINUTE_MS - WINDOW_MINUTES
        older, recent = parted(minutes, from_minute)
        return PollLedger(
            poll=poll,
            from_minute=from_minute,
            whole_ms=now_ms,
            whole_took_ms=self._clock.monotonic_ms() - started_ms,
            older=older,
            minutes=recent,
            first_minute=first_of(minutes),
            totals_before=before,
            totals_after=self._totals(poll),
        )

    def _read_recent(self, known: PollLedger) -> PollLedger:
        before = self._totals(known.poll)
        items = self._items(
            keys.ledger_pk(known.poll), first=keys.ledger_sk(known.from_minute, 0), last=_LAST
        )
        minutes = lines_by_minute(items)
        return PollLedger(
            poll=known.poll,
            from_minute=known.from_minute,
            whole_ms=known.whole_ms,
            whole_took_ms=known.whole_took_ms,
            older=known.older,
            minutes=minutes,
            first_minute=first_of(minutes) if known.first_minute is None else known.first_minute,
            totals_before=before,
            totals_after=self._totals(known.poll),
            differs=known.differs,
        )

    def _totals(self, poll: str) -> Counter[str]:
        return self.read_totals(poll) if self._is_poll(poll) else Counter()

    @staticmethod
    def _is_poll(poll: str) -> bool:
        return poll != keys.UNKNOWN_POLL

    def _counted(
        self, poll: str, now_ms: int, seconds: Counter[int], arrivals: Counter[int]
    ) -> None:
        first = keys.counted_sk(now_ms // 1000 - LATENCY_WINDOW_S, 0)
        for item in self._items(keys.poll_pk(poll), first=first, last="counted#" + _LAST):
            second = int(item["sk"].split("#")[1])
            for name, count in item.items():
                if name.startswith(keys.COLOUR_PREFIX):
                    seconds[second] += count
                elif name.startswith(keys.ARRIVAL_LATENCY_PREFIX):
                    arrivals[int(name.removeprefix(keys.ARRIVAL_LATENCY_PREFIX))] += count

    def _lanes(self, producers: Collection[str]) -> dict[tuple[str, int], LaneState]:
        return {
            (producer, int(item["sk"])): LaneState.from_values(item)
            for producer in sorted(producers)
            for item in self._items(keys.lane_pk(producer))
        }

    def _one(self, pk: str, sk: str, read: Any) -> Any:
        return next((read(item) for item in self._raw(pk, first=sk, last=sk)), None)

    def _items(self, pk: str, *, first: str = "", last: str = "") -> Iterator[dict[str, Any]]:
        return map(from_item, self._raw(pk, first=first, last=last))

    def _raw(self, pk: str, *, first: str = "", last: str = "") -> Iterator[dict[str, Any]]:
        request: dict[str, Any] = {
            "TableName": self._table,
            "ConsistentRead": True,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": pk}},
        }
        if last:
            request["KeyConditionExpression"] += " AND sk BETWEEN :first AND :last"
            request["ExpressionAttributeValues"] |= {":first": {"S": first}, ":last": {"S": last}}
        while True:
            page = self._client.query(**request)
            yield from page["Items"]
            if not page.get("LastEvaluatedKey"):
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
