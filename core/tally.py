"""Counts in, increments of table items out: everything commutes, so it merges by addition."""

from collections import Counter
from collections.abc import Iterable, Mapping

from core import keys
from core.latency import bucket_of
from core.limits import CAST_LATENCY_MS_MAX, UPDATE_ATTRIBUTES_MAX

ItemKey = tuple[str, str]


class Increments:
    """Numbers to add to attributes of items, by (pk, sk)."""

    __slots__ = ("items",)

    def __init__(self) -> None:
        self.items: dict[ItemKey, Counter[str]] = {}

    def add(self, key: ItemKey, attribute: str, count: int) -> None:
        counts = self.items.get(key)
        if counts is None:
            counts = self.items[key] = Counter()
        counts[attribute] += count

    def merge(self, other: "Increments") -> None:
        for key, counts in other.items.items():
            mine = self.items.get(key)
            if mine is None:
                self.items[key] = counts.copy()
            else:
                mine.update(counts)

    def widest(self) -> int:
        """Return how many attributes the widest item has."""
        return max(map(len, self.items.values()), default=0)

    def fits(self, items_max: int) -> bool:
        """Return whether one transaction can hold this: items, and operators an expression."""
        return len(self.items) <= items_max and self.widest() <= UPDATE_ATTRIBUTES_MAX


def add_votes(
    into: Increments, slot: int, by_second: Mapping[tuple[str, str, int], int], counted_ms: int
) -> None:
    """Add votes by (poll, colour, second of voting) to totals, seconds and counted seconds."""
    counted_sk = keys.counted_sk(counted_ms // 1000, slot)
    total_sk = keys.total_sk(slot)
    for (poll, colour, second), count in by_second.items():
        pk = keys.poll_pk(poll)
        attribute = keys.COLOUR_PREFIX + colour
        into.add((pk, total_sk), attribute, count)
        into.add((pk, keys.second_sk(second, slot)), attribute, count)
        into.add((pk, keys.second_sk(second, slot)), keys.REVISION, count)
        into.add((pk, counted_sk), attribute, count)


def add_latencies(
    into: Increments,
    slot: int,
    poll: str,
    voted_at: Mapping[int, int],
    *,
    arrival_ms: int,
    counted_ms: int,
) -> None:
    """Add the latency histograms of one poll's votes, given as voted_at (ms) -> votes.

    Arrival to counted for every vote; cast to counted for votes under a minute old, because an
    older one is backlog. Negatives (a device clock that runs ahead) count as 0.
    """
    key = (keys.poll_pk(poll), keys.counted_sk(counted_ms // 1000, slot))
    arrival = keys.ARRIVAL_LATENCY_PREFIX + str(bucket_of(counted_ms - arrival_ms))
    into.add(key, arrival, sum(voted_at.values()))
    buckets: Counter[int] = Counter()
    for cast_ms, count in voted_at.items():
        latency_ms = counted_ms - cast_ms
        if latency_ms < CAST_LATENCY_MS_MAX:
            buckets[bucket_of(latency_ms)] += count
    for bucket, count in buckets.items():
        into.add(key, f"{keys.CAST_LATENCY_PREFIX}{bucket}", count)


def add_ledger(
    into: Increments, slot: int, poll: str, arrival_ms: int, outcome: str, count: int
) -> None:
    """Add lines to the ledger: `outcome` is counted, parked or duplicate."""
    key = (keys.ledger_pk(poll), keys.ledger_sk(arrival_ms // 60_000, slot))
    into.add(key, outcome, count)
    into.add(key, keys.REVISION, count)


def colours_of(items: Iterable[Mapping[str, object]]) -> Counter[str]:
    """Return votes by colour, summed over items given as plain values."""
    votes: Counter[str] = Counter()
    for item in items:
        for name, count in item.items():
            if name.startswith(keys.COLOUR_PREFIX) and isinstance(count, int):
                votes[name.removeprefix(keys.COLOUR_PREFIX)] += count
    return votes
