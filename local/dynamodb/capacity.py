"""Item sizes in, capacity units out: AWS's arithmetic, for cost figures.

A write unit is 1 KB and a read unit 4 KB, rounded up an item; a transaction doubles both (clause
D4), and an eventually consistent read costs half.
"""

from collections.abc import Mapping
from typing import Any

from core.item import Item
from local.dynamodb import members
from local.dynamodb.attribute import item_size_bytes
from local.dynamodb.limits import READ_UNIT_BYTES, WRITE_UNIT_BYTES
from local.dynamodb.members import Request


def wanted(request: Request) -> bool:
    """Return whether the reply has to count; refuse an unknown word."""
    return members.choice(request, "ReturnConsumedCapacity", "NONE") != "NONE"


def _units(size_bytes: int, unit_bytes: int) -> int:
    return max(1, -(-size_bytes // unit_bytes))


def write_units(*versions: tuple[bytes | None, Item | None]) -> int:
    """Return the units of a write: of the larger of an item's versions (JSON, item)."""
    # JSON is never shorter than the size that counts, and most items are small.
    return max(
        _units(0 if len(blob or b"") <= WRITE_UNIT_BYTES else item_size_bytes(item or {}),
               WRITE_UNIT_BYTES)
        for blob, item in versions
    )  # fmt: skip


def read_units(size_bytes: int, *, consistent: bool) -> float:
    """Return the units of reading that many bytes: of one item, or of one page."""
    return _units(size_bytes, READ_UNIT_BYTES) * (1.0 if consistent else 0.5)


def consumed(request: Request, table: str, units: float) -> dict[str, Any]:
    """Return the ConsumedCapacity member of a single table's reply, empty when not asked for."""
    if not wanted(request):
        return {}
    return {"ConsumedCapacity": _entry(request, table, units)}


def consumed_each(
    request: Request, units: Mapping[str, float], *, kind: str | None = None
) -> dict[str, Any]:
    """Return the ConsumedCapacity list of a reply over tables; `kind` is "Read" or "Write"."""
    if not wanted(request):
        return {}
    entries = []
    for table, amount in units.items():
        entry = _entry(request, table, amount)
        if kind is not None:
            entry[f"{kind}CapacityUnits"] = float(amount)
        entries.append(entry)
    return {"ConsumedCapacity": entries}


def _entry(request: Request, table: str, units: float) -> dict[str, Any]:
    entry: dict[str, Any] = {"TableName": table, "CapacityUnits": float(units)}
    if request["ReturnConsumedCapacity"] == "INDEXES":
        entry["Table"] = {"CapacityUnits": float(units)}
    return entry
