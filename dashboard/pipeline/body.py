"""Readings in, what `/api/ledger` answers out; docs/dashboard.md has its shape.

Times are epoch ms, UTC; what is not known is null, never 0.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from core.invariants.invariant import MINUTE_MS
from core.ledger import OUTCOMES
from dashboard.pipeline.command import with_commands
from dashboard.pipeline.history_lines import (
    ColourReading,
    by_minute,
    colours_line,
    live_line,
    loads_line,
)
from dashboard.pipeline.history_reader import HistoryReading
from dashboard.pipeline.limits import STALE_HISTORY_MS, STALE_MS, WINDOW_MINUTES
from dashboard.pipeline.line import (
    DIFFERS,
    NAMES,
    OK,
    ON_ITS_WAY,
    UNKNOWN,
    Line,
    meaning_of,
    sides_of,
    title_of,
    unknown_line,
)
from dashboard.pipeline.live_lines import check_lines, compare_line, missing_line, totals_line
from dashboard.pipeline.missing import MissingBatches
from dashboard.pipeline.stage import stages
from dashboard.pipeline.table_reader import TableReading


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The last good readings, and what went wrong since; `missing` None: no producer is known."""

    now_ms: int
    default_poll: str
    viewers: int
    reading: TableReading | None = None
    history: HistoryReading | None = None
    colours: ColourReading | None = None
    missing: Sequence[MissingBatches] | None = None
    producers: int | None = None
    producers_left_out: bool = False
    table_error: str = ""
    history_error: str = ""
    history_off: bool = False

    @property
    def table_stale(self) -> bool:
        return self.reading is None or self.now_ms - self.reading.as_of > STALE_MS

    @property
    def history_stale(self) -> bool:
        return self.history is None or self.now_ms - self.history.as_of > STALE_HISTORY_MS

    @property
    def history_why(self) -> str:
        if self.history_off:
            return "no warehouse is set up"
        if self.history_error:
            return self.history_error
        return "" if self.history else "the warehouse has not been asked yet"


def body(known: Known) -> dict[str, Any]:
    """Return `/api/ledger` without its clock."""
    lines = [with_commands(line, default_poll=known.default_poll) for line in _lines(known)]
    return {
        "as_of": known.reading.as_of if known.reading else None,
        "state": overall(lines),
        "sources": _sources(known),
        "stages": stages(
            known.reading,
            known.history,
            producers=known.producers,
            viewers=known.viewers,
            table_stale=known.table_stale,
            history_stale=known.history_stale,
            history_why=known.history_why,
        ),
        "totals": _totals(known),
        "minutes": _minutes(known),
        "lines": [shown(line) for line in lines],
        "missing": known.missing,
        "parked": known.history.parked if known.history else None,
    }


def overall(lines: Sequence[Line]) -> str:
    """Return what all lines together say: one that differs counts, however many are unknown."""
    states = [line.state for line in lines]
    if DIFFERS in states:
        return DIFFERS
    if UNKNOWN in states:
        return UNKNOWN
    return ON_ITS_WAY if ON_ITS_WAY in states else OK


def shown(line: Line) -> dict[str, Any]:
    """Return a line with what is worked out of it."""
    values: dict[str, Any] = msgspec.to_builtins(line)
    return values | {
        "title": title_of(line.name),
        "meaning": meaning_of(line.name),
        "left_is": sides_of(line.name)[0],
        "right_is": sides_of(line.name)[1],
        "difference": line.difference,
    }


def _lines(known: Known) -> list[Line]:
    found = [*_live(known), *_history(known)]
    by_name = {line.name: line for line in found}
    return [by_name[name] for name in NAMES]


def _live(known: Known) -> list[Line]:
    reading = known.reading
    if reading is None:
        why = known.table_error or "nothing has been read yet"
        return [
            unknown_line(name, why)
            for name in NAMES
            if name
            not in {"loads_equal_tables", "live_equals_warehouse", "colours_equal_warehouse"}
        ]
    return [
        _aged(totals_line(reading), known.table_stale),
        _aged(
            missing_line(reading, known.missing, left_out=known.producers_left_out),
            known.table_stale,
        ),
        compare_line(reading.agreement, now_ms=known.now_ms),
        *check_lines(reading.check, now_ms=known.now_ms),
    ]


def _history(known: Known) -> list[Line]:
    names = ("loads_equal_tables", "live_equals_warehouse", "colours_equal_warehouse")
    reading, history, colours = known.reading, known.history, known.colours
    if history is None or reading is None:
        return [
            unknown_line(name, known.history_why or "nothing has been read yet") for name in names
        ]
    if colours is None:
        last = unknown_line(names[2], "all of history is being counted")
    else:
        last = colours_line(reading, colours)
    stale = known.history_stale or known.table_stale
    lines = (loads_line(history), live_line(reading, history), last)
    return [_aged(line, stale) for line in lines]


def _aged(line: Line, stale: bool) -> Line:
    """What was equal some time ago may not be now; a difference stays one until it is read anew."""
    if not stale or line.state == DIFFERS:
        return line
    return msgspec.structs.replace(line, state=UNKNOWN, note="the last reading is too old")


def _sources(known: Known) -> list[dict[str, Any]]:
    reading = known.reading
    agreement = reading.agreement if reading else None
    check = reading.check if reading else None
    return [
        _source(
            "tallies", reading.as_of if reading else None, known.table_error, known.table_stale
        ),
        _source(
            "warehouse",
            known.history.as_of if known.history else None,
            known.history_why,
            known.history_stale,
        ),
        _source(
            "comparison", agreement.checked_at_ms if agreement else None, "", agreement is None
        ),
        _source("cube check", check.checked_at_ms if check else None, "", check is None),
    ]


def _source(name: str, as_of: int | None, error: str, stale: bool) -> dict[str, Any]:
    state = UNKNOWN if as_of is None else "stale" if stale else OK
    return {"name": name, "as_of": as_of, "state": state, "error": error}


def _totals(known: Known) -> dict[str, Any]:
    reading = known.reading
    batches = None if known.missing is None else sum(each.batches for each in known.missing)
    if reading is None:
        unknown: Mapping[str, Any] = dict.fromkeys(OUTCOMES)
        return {"lines": None, **unknown, "missing_batches": batches, "by_poll": []}
    sums = {poll: ledger.sums for poll, ledger in reading.ledgers.items()}
    each = {outcome: sum(lines[outcome] for lines in sums.values()) for outcome in OUTCOMES}
    return {
        "lines": sum(each.values()),
        **each,
        "missing_batches": batches,
        "by_poll": [
            {"poll": poll} | {outcome: lines[outcome] for outcome in OUTCOMES}
            for poll, lines in sorted(sums.items(), key=lambda pair: -pair[1].total())
            if lines.total()
        ],
    }


def _minutes(known: Known) -> list[dict[str, Any]]:
    """Return the window's minutes of arrival, oldest first, with the lines of both sides."""
    reading, history = known.reading, known.history
    if reading is None:
        return []
    last = reading.as_of // MINUTE_MS
    in_history = by_minute(history.tables) if history else Counter()
    found: list[dict[str, Any]] = []
    for minute in range(last - WINDOW_MINUTES + 1, last + 1):
        lines = [
            each.minutes[minute] for each in reading.ledgers.values() if minute in each.minutes
        ]
        entry: dict[str, Any] = {"minute_ms": minute * MINUTE_MS}
        entry |= {outcome: sum(each[outcome] for each in lines) for outcome in OUTCOMES}
        reached = (
            history is not None and history.from_minute <= minute <= history.as_of // MINUTE_MS
        )
        entry["history"] = in_history[minute] if reached else None
        found.append(entry)
    return found
