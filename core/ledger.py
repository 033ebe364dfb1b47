"""Names and sums of the ledger: what became of every line, by poll and minute of arrival."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

COUNTED: Final = "counted"
PARKED: Final = "parked"
DUPLICATE: Final = "duplicate"
OUTCOMES: Final = (COUNTED, PARKED, DUPLICATE)


def sum_lines(items: Iterable[Mapping[str, object]]) -> Counter[str]:
    """Return lines by outcome, summed over ledger items given as plain values."""
    sums: Counter[str] = Counter()
    for item in items:
        for outcome in OUTCOMES:
            count = item.get(outcome, 0)
            assert isinstance(count, int), "ledger items hold whole numbers"
            sums[outcome] += count
    return sums
