"""A line of the ledger that differs in, the commands that say why and repair it out."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from dashboard.pipeline.line import DIFFERS, Detail, Line

_CHECK: Final = "cube check --wait 60"
_MINUTE_MS: Final = 60_000


def with_commands(line: Line, *, default_poll: str) -> Line:
    """Return the line with what to run, where it differs; docs/recount.md and docs/recovery.md."""
    if line.state != DIFFERS:
        return line
    off = [each for each in line.details if each.state == DIFFERS]
    return msgspec.structs.replace(line, commands=_commands(line, off, default_poll))


def _commands(line: Line, off: Sequence[Detail], default_poll: str) -> tuple[str, ...]:
    polls = sorted({each.poll for each in off if each.poll}) or [default_poll]
    span = _span(off)
    recount = [f"cube recount --poll {poll}{span or ' --from ' + _DAY}" for poll in polls[:3]]
    match line.name:
        case "no_batch_missing":
            return (_CHECK, "cube recover list --kind live", "cube recover put --kind live --all")
        case "totals_equal_ledger" | "seconds_equal_totals":
            return (_CHECK, *recount)
        case "loads_equal_tables":
            return (_CHECK, f"cube recover rebuild{span}") if span else (_CHECK,)
        case "acknowledged_equals_applied" | "stream_equals_ledger":
            return (_CHECK, *recount, *(f"{each} --apply" for each in recount))
        case "arrived_equals_delivered" | "delivered_equals_loaded":
            return (_CHECK, *_RECOVER_HISTORY)
        case _:
            return (_CHECK, *_live_or_history(off, recount))


_DAY: Final = "YYYY-MM-DD"
_RECOVER_HISTORY: Final = (
    "cube recover list --kind history",
    "cube recover put --kind history --all",
)


def _live_or_history(off: Sequence[Detail], recount: Sequence[str]) -> Sequence[str]:
    """Return how to bring back what history lacks, and what the live tallies lack."""
    found: list[str] = []
    if any((each.left or 0) > (each.right or 0) for each in off) or not off:
        found += _RECOVER_HISTORY
    if any((each.left or 0) < (each.right or 0) for each in off):
        found += [*recount, *(f"{each} --apply" for each in recount)]
    return found


def _span(off: Sequence[Detail]) -> str:
    """Return the options for the minutes of arrival that differ, "" where none are known."""
    minutes = [each.minute_ms for each in off if each.minute_ms is not None]
    if not minutes:
        return ""
    return f" --from {_moment(min(minutes))} --to {_moment(max(minutes) + _MINUTE_MS)}"


def _moment(ms: int) -> str:
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%dT%H:%MZ}"
