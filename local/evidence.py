"""Clients, outboxes and an engine in, every invariant's verdict out: reads both sides, in order."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from core import keys, limits
from core.clock import Clock
from core.invariants import live as invariants
from core.invariants.invariant import MINUTE_MS, Bracketed, Invariant
from core.lane import LaneState
from core.ledger import COUNTED
from core.poll import PollBook
from core.tally import colours_of
from local.consumers import Consumers
from local.handler_errors import HandlerErrors
from local.history_evidence import HistoryEvidence, LiveSide
from local.ledger_reader import LedgerReader
from local.poll_change import read_book
from local.stream_witness import StreamCount, count_stream
from local.table_reader import read_items
from producers.outbox import OutboxSummary

FLOW_WAIT_S: Final = 5.0  # how long a check waits for what was in the stream when it began
COMMIT_MS: Final = 2_000  # a record may become readable this long after its arrival time
LINES_MAX: Final = 5_000_000  # of the stream: a check takes a minute, not an hour
OVERLAP_MS: Final = 5 * MINUTE_MS  # read earlier than asked, to know batches sent again
TRIM_MARGIN_MS: Final = 2 * MINUTE_MS
_BY_MINUTE: Final = ("stream_equals_ledger", "live_equals_warehouse")
TRIES: Final = 3  # a rollup that moves items while they are read makes sums differ for a moment


@dataclass(kw_only=True)
class Evidence:
    """Where to look; `consumers` says how far they are, None where nobody can tell.

    `wait_until(condition, seconds)` waits; `on_progress` hears of the lines read so far. `history`
    is None where there is no lake or no warehouse to compare with; `handler_errors` reads what was
    parked as such since a time.
    """

    kinesis: Any
    dynamodb: Any
    consumers: Callable[[], Consumers | None]
    stream: str
    table: str
    outboxes: Sequence[Path]
    clock: Clock
    wait_until: Callable[[Callable[[], bool], float], bool]
    history: HistoryEvidence | None = None
    handler_errors: Callable[[int], HandlerErrors] = field(default=lambda from_ms: HandlerErrors())
    on_progress: Callable[[int], None] = field(default=lambda lines: None)

    def collect(self, *, wait_s: float = 0, minutes: int | None = None) -> list[Invariant]:
        """Read everything once; `minutes` bounds how far back the stream is read.

        Where minutes differ, the lake is asked what was parked as a fault of ours: that explains
        some of it to the line, so all is read once more.

        The order matters: acknowledgements are read first, then the consumers are given the time
        to do what was there, then what they applied is read.
        """
        if wait_s:
            self.wait_until(self._drained, wait_s)
        verdicts = self._collect(wait_s, minutes, HandlerErrors())
        if all(verdict.ok for verdict in verdicts if verdict.name in _BY_MINUTE):
            return verdicts
        errors = self.handler_errors(self.clock.now_ms() - limits.MARKER_DAYS * 86_400_000)
        return self._collect(wait_s, minutes, errors) if errors else verdicts

    def _collect(
        self, wait_s: float, minutes: int | None, errors: HandlerErrors
    ) -> list[Invariant]:
        before = self._summaries()
        start = self.consumers()
        caught_up = start is not None and self.wait_until(
            lambda: self._have_done(start), FLOW_WAIT_S
        )
        book = read_book(self.dynamodb, self.table, read_ms=self.clock.now_ms())
        streamed = self._stream(book, start, minutes, errors, caught_up=caught_up)
        producers = streamed.count.producers if streamed else set()
        producers |= {summary.producer for summary in before.values()}
        lanes = self._lanes(producers)
        result = self._acknowledged(before, lanes, caught_up=caught_up)
        result.append(invariants.no_batch_missing(lanes, caught_up=caught_up))
        for poll in book.polls():
            result += [self._totals(poll), self._seconds(poll)]
        if streamed is not None:
            result.append(streamed.verdict)
            if self.history is not None:
                live = self._live_side(book, streamed)
                result += self.history.collect(
                    live, waited=wait_s > 0, on_progress=self.on_progress
                )
        now = self.consumers()
        age_ms = now.iterator_age_ms if now else 0
        done = now is not None and (now.caught_up if wait_s else caught_up)
        result.append(invariants.consumers_caught_up(age_ms, caught_up=done, waited=wait_s > 0))
        return result

    # --- how far the consumers are ---

    def _have_done(self, earlier: Consumers) -> bool:
        now = self.consumers()
        return now is not None and now.have_done(earlier)

    def _drained(self) -> bool:
        summaries = self._summaries().values()
        if any(summary.sealed_votes > summary.acknowledged_votes for summary in summaries):
            return False
        now = self.consumers()
        if now is None or not now.caught_up:
            return False
        return self.history is None or self.history.drained()

    # --- outboxes and lanes ---

    def _summaries(self) -> dict[Path, OutboxSummary]:
        return summaries_of(self.outboxes, self.clock)

    def _lanes(self, producers: Iterable[str]) -> dict[tuple[str, int], LaneState]:
        return {
            (producer, lane): state
            for producer in sorted(producers)
            for lane, state in lanes_of(self.dynamodb, self.table, producer).items()
        }

    def _acknowledged(
        self,
        before: Mapping[Path, OutboxSummary],
        lanes: Mapping[tuple[str, int], LaneState],
        *,
        caught_up: bool,
    ) -> list[Invariant]:
        result: list[Invariant] = []
        for folder, summary in before.items():
            mine = {
                lane: at for (producer, lane), at in lanes.items() if producer == summary.producer
            }
            after = OutboxSummary.read(folder)
            result.append(
                invariants.acknowledged_equals_applied(summary, mine, after, caught_up=caught_up)
            )
        return result

    # --- sums of the table ---

    def _totals(self, poll: str) -> Invariant:
        def read() -> Bracketed:
            before = self._colours(poll, "total#").total()
            counted = sum(self._ledger.of_poll(poll, (COUNTED,)).values())
            return Bracketed(
                before=before, between=counted, after=self._colours(poll, "total#").total()
            )

        verdict = invariants.totals_equal_ledger(poll, read())
        for _ in range(TRIES - 1):
            if verdict.ok:
                break
            verdict = invariants.totals_equal_ledger(poll, read())
        return verdict

    def _seconds(self, poll: str) -> Invariant:
        def read() -> dict[str, Bracketed]:
            before = self._colours(poll, "total#")
            fine: Counter[str] = Counter()
            for kind in ("second#", "minute#", "older#"):
                fine += self._colours(poll, kind)
            after = self._colours(poll, "total#")
            return {
                colour: Bracketed(before=before[colour], between=fine[colour], after=after[colour])
                for colour in sorted(fine.keys() | after.keys())
            }

        verdict = invariants.seconds_equal_totals(poll, read())
        for _ in range(TRIES - 1):
            if verdict.ok:
                break
            verdict = invariants.seconds_equal_totals(poll, read())
        return verdict

    def _colours(self, poll: str, prefix: str) -> Counter[str]:
        return colours_of(read_items(self.dynamodb, self.table, keys.poll_pk(poll), prefix=prefix))

    @property
    def _ledger(self) -> LedgerReader:
        return LedgerReader(self.dynamodb, self.table)

    # --- the stream itself ---

    def _stream(
        self,
        book: PollBook,
        start: Consumers | None,
        minutes: int | None,
        errors: HandlerErrors,
        *,
        caught_up: bool,
    ) -> "_Streamed | None":
        """Read the stream and compare it with the ledger; None where nobody knows the consumers."""
        if start is None:
            return None
        now_ms = self.clock.now_ms()
        from_minute = self._from_minute(book, now_ms, minutes)
        done_ms = now_ms if caught_up else min(start.done_until_ms, now_ms)
        until_minute: int | None = (done_ms - COMMIT_MS) // MINUTE_MS
        count = count_stream(
            self.kinesis,
            self.stream,
            from_ms=max(0, from_minute * MINUTE_MS - OVERLAP_MS),
            until_ms=now_ms,
            until_number=max(start.latest.values(), default=0),
            on_progress=self.on_progress,
            errors=errors,
        )
        ledger = self._ledger.of_all(book.polls())
        end = self.consumers()
        if end is not None and end.caught_up and end.latest == start.latest:
            until_minute = None  # nothing came meanwhile: all can be compared
        verdict = invariants.stream_equals_ledger(
            count.ledger(), ledger, from_minute=from_minute, until_minute=until_minute
        )
        return _Streamed(count, verdict, from_minute, until_minute)

    def _live_side(self, book: PollBook, streamed: "_Streamed") -> LiveSide:
        polls = book.polls()

        return LiveSide(
            stream=streamed.count.by_minute,
            detours=streamed.count.detours,
            ledger=lambda: self._ledger.by_outcome(polls),
            polls=polls,
            colours=lambda poll: self._colours(poll, "total#"),
            from_minute=streamed.from_minute,
            until_minute=streamed.until_minute,
            first_minute=min(self._ledger.of_all(book.polls()), default=0),
        )

    def _from_minute(self, book: PollBook, now_ms: int, minutes: int | None) -> int:
        """Return the first minute to compare: still in the stream, asked for, and affordable."""
        reply = self.kinesis.describe_stream_summary(StreamName=self.stream)
        summary = reply["StreamDescriptionSummary"]
        retained_ms: int = now_ms - summary["RetentionPeriodHours"] * 3_600_000 + TRIM_MARGIN_MS
        made_ms = int(summary["StreamCreationTimestamp"].timestamp() * 1000)
        first = max(retained_ms, made_ms) // MINUTE_MS
        if minutes is not None:
            first = max(first, now_ms // MINUTE_MS - minutes)
        lines = 0
        for minute, count in sorted(self._ledger.of_all(book.polls()).items(), reverse=True):
            lines += count
            if lines > LINES_MAX:
                return max(first, minute + 1)
        return first


@dataclass(frozen=True, slots=True)
class _Streamed:
    """What the stream holds from one minute of arrival on, and up to which it is all counted."""

    count: StreamCount
    verdict: Invariant
    from_minute: int
    until_minute: int | None


def summaries_of(outboxes: Iterable[Path], clock: Clock) -> dict[Path, OutboxSummary]:
    """Read every outbox whose lanes the tallies still remember."""
    oldest_ms = clock.now_ms() - (limits.LANE_IDLE_DAYS - 1) * 86_400_000
    return {
        folder: OutboxSummary.read(folder) for folder in outboxes if changed_ms(folder) >= oldest_ms
    }


def lanes_of(dynamodb: Any, table: str, producer: str) -> dict[int, LaneState]:
    """Return what the tallies have applied of each lane of a producer."""
    return {
        int(item["sk"]): LaneState.from_values(item)
        for item in read_items(dynamodb, table, keys.lane_pk(producer))
    }


def changed_ms(folder: Path) -> int:
    """Return when an outbox was last written to."""
    newest_ns = 0
    for path in folder.iterdir():
        with suppress(FileNotFoundError):  # a segment that nothing needs any more
            newest_ns = max(newest_ns, path.stat().st_mtime_ns)
    return newest_ns // 1_000_000
