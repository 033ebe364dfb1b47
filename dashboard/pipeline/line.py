"""One invariant's verdict in, the line of the ledger that a person reads out."""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from core.invariants import CATALOGUE
from core.invariants.invariant import Invariant
from dashboard.pipeline.limits import DETAILS_MAX

OK: Final = "ok"
DIFFERS: Final = "differs"
ON_ITS_WAY: Final = "on_its_way"  # not equal yet, and nothing says that it will not be
UNKNOWN: Final = "unknown"
_WORST_FIRST: Final = (DIFFERS, UNKNOWN, ON_ITS_WAY, OK)

PAGE: Final = "page"
CHECK: Final = "check"
COMPARE: Final = "compare"

_TITLES: Final = {  # in the order of the flow
    "acknowledged_equals_applied": "Acknowledged = applied",
    "no_batch_missing": "No batch is missing",
    "stream_equals_ledger": "Stream = ledger",
    "totals_equal_ledger": "Totals = ledger",
    "seconds_equal_totals": "Seconds = totals",
    "arrived_equals_delivered": "Arrived = delivered",
    "delivered_equals_loaded": "Delivered = loaded",
    "loads_equal_tables": "Loads = tables",
    "live_equals_warehouse": "Live = warehouse",
    "colours_equal_warehouse": "Colours, live = warehouse",
    "comparison_agrees": "Live = warehouse, on schedule",
}
_SIDES: Final = {
    "acknowledged_equals_applied": (
        "lines acknowledged to producers",
        "lines applied of their lanes",
    ),
    "no_batch_missing": ("batches not wholly applied", "none"),
    "stream_equals_ledger": ("lines in the stream, each batch once", "lines in the live ledger"),
    "totals_equal_ledger": ("votes in the totals", "votes in the ledger"),
    "seconds_equal_totals": ("votes by second, minute, older", "votes in the totals"),
    "arrived_equals_delivered": ("lines in the stream", "lines in the lake"),
    "delivered_equals_loaded": ("rows in loaded objects", "rows that their loads counted"),
    "loads_equal_tables": ("lines that loads put there", "rows in the tables"),
    "live_equals_warehouse": ("lines in the live ledger, last hour", "lines in the warehouse"),
    "colours_equal_warehouse": ("votes in the live totals", "votes in the warehouse"),
    "comparison_agrees": ("lines in the live ledger", "lines in the warehouse"),
}
_MEANINGS: Final = {entry.name: entry.meaning for entry in CATALOGUE}
NAMES: Final = tuple(_TITLES)


def title_of(name: str) -> str:
    """Return a line's name in words."""
    return _TITLES[name]


def sides_of(name: str) -> tuple[str, str]:
    """Return what a line's two sides are."""
    return _SIDES[name]


def meaning_of(name: str) -> str:
    """Return what a line says when it is ok."""
    return _MEANINGS[name]


class Detail(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a line: a poll, a minute of arrival (epoch ms), an outcome, a lane."""

    state: str
    left: int | None
    right: int | None
    poll: str | None = None
    minute_ms: int | None = None
    what: str = ""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the ledger.

    `left` and `right` are None when unknown; `exact_until_ms` None: as a whole, as of `as_of`.
    `source` says who compared: this page, `cube check`, the scheduled comparison. `details` are
    those that differ first; `details_left_out` are more.
    """

    name: str
    state: str
    left: int | None = None
    right: int | None = None
    exact_until_ms: int | None = None
    note: str = ""
    source: str = PAGE
    as_of: int | None = None
    details: tuple[Detail, ...] = ()
    details_left_out: int = 0
    commands: tuple[str, ...] = ()

    @property
    def difference(self) -> int | None:
        return None if self.left is None or self.right is None else self.left - self.right


def line_of(
    verdicts: Sequence[Invariant],
    *,
    state: str,
    as_of: int,
    details: Iterable[Detail] = (),
    source: str = PAGE,
) -> Line:
    """Return verdicts of one name, one a poll, as one line; `verdicts` has at least one."""
    parts = list(details)
    shown, left_out = first_details(parts)
    return Line(
        name=verdicts[0].name,
        state=state,
        left=sum(each.left for each in verdicts),
        right=sum(each.right for each in verdicts),
        exact_until_ms=min(
            (each.exact_until_ms for each in verdicts if each.exact_until_ms is not None),
            default=None,
        ),
        note=_note(verdicts, parts),
        source=source,
        as_of=as_of,
        details=shown,
        details_left_out=left_out,
    )


def _note(verdicts: Sequence[Invariant], parts: Sequence[Detail]) -> str:
    """Return what to say: where the parts say where, only how many differ."""
    off = sum(each.state == DIFFERS and each.minute_ms is not None for each in parts)
    if off:
        return "1 of its minutes differs" if off == 1 else f"{off} of its minutes differ"
    notes = [each.note for each in verdicts if each.note and (each.left != each.right)]
    return "; ".join(notes or [each.note for each in verdicts if not each.ok])


def unknown_line(name: str, note: str, *, source: str = PAGE, as_of: int | None = None) -> Line:
    """Return a line that nobody can judge now, and why."""
    return Line(name=name, state=UNKNOWN, note=note, source=source, as_of=as_of)


def first_details(details: Iterable[Detail]) -> tuple[tuple[Detail, ...], int]:
    """Return the details that fit, the worst and then the newest first, and how many do not."""
    ranked = sorted(
        details, key=lambda each: (_WORST_FIRST.index(each.state), -(each.minute_ms or 0))
    )
    return tuple(ranked[:DETAILS_MAX]), max(0, len(ranked) - DETAILS_MAX)


def worst(states: Iterable[str]) -> str:
    """Return the state that stands for several."""
    found = set(states)
    return next((state for state in _WORST_FIRST if state in found), OK)
