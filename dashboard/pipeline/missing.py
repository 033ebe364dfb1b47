"""States of lanes as they are read in, batches that are missing and since when out."""

from collections.abc import Mapping

import msgspec

from core.lane import LaneState

LaneKey = tuple[str, int]  # producer, lane


class MissingBatches(msgspec.Struct, frozen=True, kw_only=True):
    """Batches of one lane that a later one overtook, or that are applied in part.

    `first` and `last` are the lowest and highest of their numbers; `since_ms` is when the lowest
    was first seen to be missing, by this process.
    """

    producer: str
    lane: int
    batches: int
    first: int
    last: int
    since_ms: int


class GapWatch:
    """Remembers when a gap was first seen: a fresh one is on its way, an old one is not."""

    def __init__(self) -> None:
        self._since: dict[tuple[str, int, int], int] = {}

    def look(self, lanes: Mapping[LaneKey, LaneState], *, now_ms: int) -> list[MissingBatches]:
        """Return what is missing, the oldest first; what has come is forgotten."""
        found: list[MissingBatches] = []
        for (producer, lane), state in sorted(lanes.items()):
            numbers = [number for gap in state.gaps for number in gap] + list(state.partial)
            if not numbers:
                continue
            key = (producer, lane, min(numbers))
            found.append(
                MissingBatches(
                    producer=producer,
                    lane=lane,
                    batches=batches_missing(state),
                    first=min(numbers),
                    last=max(numbers),
                    since_ms=self._since.get(key, now_ms),
                )
            )
        self._since = {(each.producer, each.lane, each.first): each.since_ms for each in found}
        return sorted(found, key=lambda each: each.since_ms)


def batches_missing(state: LaneState) -> int:
    """Return how many batches of a lane are not wholly applied.

    One that is applied in part stands in the lane's gaps as well; it is one batch.
    """
    outside = [
        number
        for number in state.partial
        if not any(first <= number <= last for first, last in state.gaps)
    ]
    return state.missing() + len(outside)
