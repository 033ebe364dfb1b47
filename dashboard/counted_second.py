"""Items of the tally table in, what was counted in each second out."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.keys import CAST_LATENCY_PREFIX, COLOUR_PREFIX


@dataclass(slots=True)
class CountedSecond:
    """Votes by colour, and cast-to-counted latency buckets, of one second of counting."""

    votes: Counter[str] = field(default_factory=Counter)
    latency: Counter[int] = field(default_factory=Counter)


def counted_seconds(items: Iterable[Mapping[str, Any]]) -> dict[int, CountedSecond]:
    """Return the sum over writer slots by second; items are plain values with their sk."""
    seconds: dict[int, CountedSecond] = {}
    for item in items:
        number = int(item["sk"].split("#")[1])
        second = seconds.setdefault(number, CountedSecond())
        for name, count in item.items():
            if name.startswith(COLOUR_PREFIX):
                second.votes[name.removeprefix(COLOUR_PREFIX)] += count
            elif name.startswith(CAST_LATENCY_PREFIX):
                second.latency[int(name.removeprefix(CAST_LATENCY_PREFIX))] += count
    return seconds
