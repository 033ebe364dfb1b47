"""A reading of the tally table in, the ledger's lines that it alone decides out."""

from collections.abc import Sequence
from typing import Final

import msgspec

from core import keys
from core.agreement import Agreement
from core.check_report import CheckReport
from core.invariants.history import comparison_agrees
from core.invariants.invariant import MINUTE_MS, Invariant
from core.invariants.live import no_batch_missing, totals_equal_ledger
from dashboard.pipeline.limits import GAP_MS_MAX, STALE_CHECK_MS, STALE_COMPARE_MS
from dashboard.pipeline.line import (
    CHECK,
    COMPARE,
    DIFFERS,
    OK,
    ON_ITS_WAY,
    UNKNOWN,
    Detail,
    Line,
    first_details,
    line_of,
    unknown_line,
    worst,
)
from dashboard.pipeline.missing import MissingBatches
from dashboard.pipeline.poll_ledger import PollLedger
from dashboard.pipeline.table_reader import TableReading


def totals_line(reading: TableReading) -> Line:
    """Compare each poll's running totals with its ledger."""
    ledgers = [each for poll, each in reading.ledgers.items() if poll != keys.UNKNOWN_POLL]
    if not ledgers:
        return unknown_line("totals_equal_ledger", "no poll has been read yet")
    verdicts = [totals_equal_ledger(each.poll, each.counted) for each in ledgers]
    states = [_state(each) for each in ledgers]
    return line_of(
        verdicts,
        state=worst(states),
        as_of=reading.as_of,
        details=[
            Detail(state=state, left=each.left, right=each.right, poll=ledger.poll)
            for state, each, ledger in zip(states, verdicts, ledgers, strict=True)
        ],
    )


def _state(ledger: PollLedger) -> str:
    if ledger.counted.agrees:
        return OK
    return DIFFERS if ledger.differs else ON_ITS_WAY


def missing_line(
    reading: TableReading, missing: Sequence[MissingBatches] | None, *, left_out: bool
) -> Line:
    """Say whether lanes have gaps; None: nobody knows who the producers are."""
    if missing is None:
        note = "lanes have not been read: the warehouse says who the producers are"
        return unknown_line("no_batch_missing", note)
    old = [each for each in missing if reading.as_of - each.since_ms >= GAP_MS_MAX]
    verdict = no_batch_missing(reading.lanes, caught_up=bool(old))
    note = "a gap of seconds closes by itself" if missing and not old else ""
    if left_out:
        note = "the lanes of the latest producers only"
    shown, left_out_details = first_details(
        Detail(
            state=DIFFERS if each in old else ON_ITS_WAY,
            left=each.batches,
            right=0,
            what=f"producer {each.producer}, lane {each.lane}, from batch {each.first}",
        )
        for each in missing
    )
    return Line(
        name=verdict.name,
        state=DIFFERS if not verdict.ok else ON_ITS_WAY if missing else OK,
        left=sum(each.batches for each in missing),
        right=0,
        note=note,
        as_of=reading.as_of,
        details=shown,
        details_left_out=left_out_details,
    )


def compare_line(found: Agreement | None, *, now_ms: int) -> Line:
    """Show what the scheduled comparison found last."""
    if found is None:
        return unknown_line("comparison_agrees", "the comparison has not run yet", source=COMPARE)
    late = now_ms - found.checked_at_ms > STALE_COMPARE_MS
    shown, left_out = first_details(
        Detail(
            state=DIFFERS,
            left=each.live,
            right=each.history,
            poll=each.poll,
            minute_ms=each.minute * MINUTE_MS,
            what=each.outcome,
        )
        for each in found.differences
    )
    verdict = comparison_agrees(found, repaired=False)
    note = verdict.note
    if late:
        note = f"it has not run since; `cube status` says why{'; ' if note else ''}{note}"
    compared = found.until_minute > found.from_minute
    return Line(
        name=verdict.name,
        state=DIFFERS if not verdict.ok else OK if compared and not late else UNKNOWN,
        left=verdict.left,
        right=verdict.right,
        exact_until_ms=verdict.exact_until_ms,
        note=note,
        source=COMPARE,
        as_of=found.checked_at_ms,
        details=shown,
        details_left_out=left_out,
    )


# What only somebody at the desk can compare: outboxes, the stream itself, every second of the
# tallies, the lake's objects.
_BY_CHECK: Final = (
    "acknowledged_equals_applied",
    "stream_equals_ledger",
    "seconds_equal_totals",
    "arrived_equals_delivered",
    "delivered_equals_loaded",
)


def check_lines(report: CheckReport | None, *, now_ms: int) -> list[Line]:
    """Show what `cube check` found last of what this page cannot compare."""
    if report is None:
        note = "`cube check` has not been run here"
        return [unknown_line(name, note, source=CHECK) for name in _BY_CHECK]
    return [_checked(name, report, now_ms) for name in _BY_CHECK]


def _checked(name: str, report: CheckReport, now_ms: int) -> Line:
    verdicts = [each for each in report.lines if each.name == name]
    if not verdicts:
        note = "the last `cube check` did not compare it"
        return unknown_line(name, note, source=CHECK, as_of=report.checked_at_ms)
    line = line_of(
        verdicts,
        state=worst(_state_of(each) for each in verdicts),
        as_of=report.checked_at_ms,
        source=CHECK,
        details=[
            Detail(state=_state_of(each), left=each.left, right=each.right, what=each.left_is)
            for each in verdicts
            if len(verdicts) > 1
        ],
    )
    if now_ms - report.checked_at_ms > STALE_CHECK_MS and line.state != DIFFERS:
        note = "the last `cube check` was made long ago"
        return msgspec.structs.replace(line, state=UNKNOWN, note=note)
    return line


def _state_of(verdict: Invariant) -> str:
    if not verdict.ok:
        return DIFFERS
    return OK if verdict.left == verdict.right else ON_ITS_WAY
