"""A stored item's plain values in, nothing out where its form is known: newer ones are refused.

docs/decisions/0015-versions.md has the rule. Unknown members are ignored; what would be misread
without them gets another `v`, and who does not know that `v` stands still instead of guessing.
"""

from collections.abc import Mapping
from typing import Any, Final

from core.errors import VersionUnknown

ITEM_VERSION: Final = 1  # of items that code reads and acts by: lane states, poll rules


def check_version(values: Mapping[str, Any], what: str) -> None:
    """Raise VersionUnknown for values whose `v` this code does not know; without `v` it is 1."""
    version = values.get("v", ITEM_VERSION)
    if version != ITEM_VERSION:
        raise VersionUnknown(f"reading {what}: version {version}, not {ITEM_VERSION}")
