"""What `cube check` found last: one item of the tally table, and back."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from core.invariants.invariant import Invariant
from core.item import from_item, to_item
from core.keys import CHECK_PK, CHECK_SK

LINES_MAX: Final = 200  # with a hundred polls; an item holds 400 kB
_NOTE_CHARS_MAX: Final = 500


class CheckReport(msgspec.Struct, frozen=True, kw_only=True):
    """Verdicts of one check, those that are broken first; `lines_left_out` were ok."""

    checked_at_ms: int
    waited_s: int
    lines: tuple[Invariant, ...]
    lines_left_out: int = 0

    @classmethod
    def of(
        cls, verdicts: Iterable[Invariant], *, checked_at_ms: int, waited_s: float
    ) -> "CheckReport":
        """Return the report of a check that has just been made."""
        ranked = sorted(verdicts, key=lambda verdict: verdict.ok)
        lines = tuple(
            msgspec.structs.replace(each, note=each.note[:_NOTE_CHARS_MAX])
            for each in ranked[:LINES_MAX]
        )
        return cls(
            checked_at_ms=checked_at_ms,
            waited_s=round(waited_s),
            lines=lines,
            lines_left_out=len(ranked) - len(lines),
        )

    def to_item(self) -> dict[str, dict[str, Any]]:
        """Return the DynamoDB item."""
        values: dict[str, Any] = msgspec.to_builtins(self)
        return to_item({"pk": CHECK_PK, "sk": CHECK_SK} | values)

    @staticmethod
    def from_item(item: Mapping[str, Mapping[str, Any]]) -> "CheckReport":
        """Return what `to_item` wrote; members it does not know are ignored."""
        return msgspec.convert(from_item(item), CheckReport)
