"""What the last comparison of live with history found: one item of the tally table, and back."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from core.item import from_item, to_item
from core.keys import COMPARE_PK, COMPARE_SK

DIFFERENCES_MAX: Final = 50  # named in the item and the log line; all are counted


class LineDifference(msgspec.Struct, frozen=True, kw_only=True):
    """Lines of one outcome, poll and minute of arrival, as both sides have them."""

    poll: str
    minute: int
    outcome: str
    live: int
    history: int


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """Minutes of arrival from `from_minute` up to and without `until_minute`, compared.

    `live` and `history` are the lines of both sides in them; `minutes_different` counts minutes in
    which they differ. `behind_minutes` is how far the slower side's newest line is behind now.
    """

    checked_at_ms: int
    from_minute: int
    until_minute: int
    live: int
    history: int
    minutes_different: int
    behind_minutes: int
    differences: tuple[LineDifference, ...] = ()

    @property
    def agrees(self) -> bool:
        return not self.minutes_different

    def to_item(self) -> dict[str, dict[str, Any]]:
        """Return the DynamoDB item."""
        values: dict[str, Any] = msgspec.to_builtins(self)
        return to_item({"pk": COMPARE_PK, "sk": COMPARE_SK} | values)

    @staticmethod
    def from_item(item: Mapping[str, Mapping[str, Any]]) -> "Agreement":
        """Return what `to_item` wrote; members it does not know are ignored."""
        return msgspec.convert(from_item(item), Agreement)
