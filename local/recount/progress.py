"""Lanes and consumers in, which batches and lines are applied out: what is in flight, and what not.

The live path writes a batch's counts and its lane's state in one transaction, so the state says
exactly whether the counts are there. An unstamped line is applied for certain once the consumers
are past its arrival, and may be from then on.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from core import keys, limits
from core.clients import TableClient
from core.lane import LaneState
from local.recount.lake_lines import Batch, LooseLine, numbers_by_lane
from local.table_reader import read_items

COMMIT_MS: Final = 2_000  # a record may become readable this long after its arrival time
_IDLE_MS: Final = (limits.LANE_IDLE_DAYS - 1) * 86_400_000
_NEW: Final = LaneState()


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the live path was at a moment. All that arrived before `done_until_ms` is done.

    Of producers that are not among `producers` nobody had heard: their batches may be applied.
    """

    producers: frozenset[str]
    lanes: Mapping[tuple[str, int], LaneState]
    done_until_ms: int
    read_ms: int

    def has_batch(self, batch: Batch, arrival_ms: int) -> bool:
        """Return whether all of a batch was applied for certain."""
        state = self.lanes.get(batch[:2])
        if state is None:
            return arrival_ms < self.read_ms - _IDLE_MS  # the item is gone: long ago it was done
        return state.applied_lines(batch[2]) is None

    def began_batch(self, batch: Batch, arrival_ms: int) -> bool:
        """Return whether any of a batch was, or may have been, applied."""
        if batch[0] not in self.producers:
            return arrival_ms <= self.read_ms + COMMIT_MS
        state = self.lanes.get(batch[:2])
        if state is None:
            return arrival_ms < self.read_ms - _IDLE_MS
        return state.applied_lines(batch[2]) != 0

    def has_line(self, line: LooseLine) -> bool:
        """Return whether an unstamped line was applied for certain."""
        return line.order[0].arrival_ms < self.done_until_ms - COMMIT_MS

    def may_have_line(self, line: LooseLine) -> bool:
        """Return whether an unstamped line may have been applied."""
        return line.order[0].arrival_ms <= self.read_ms + COMMIT_MS


def read_lanes(
    client: TableClient, table: str, producers: Iterable[str]
) -> dict[tuple[str, int], LaneState]:
    """Return the states of all lanes of the producers."""
    return {
        (producer, int(item["sk"])): LaneState.from_values(item)
        for producer in sorted(producers)
        for item in read_items(client, table, keys.lane_pk(producer))
    }


def lacking(before: Progress, after: Progress, batches: Iterable[Batch]) -> Iterator[Batch]:
    """Yield the batches that the tallies have and the lake lacks, from its first of a lane on.

    Of a lane that the lake has nothing of, they are those applied between the two moments.
    """
    held = numbers_by_lane(batches)
    for lane, state in after.lanes.items():
        numbers = held.get(lane)
        first = min(numbers) if numbers else before.lanes.get(lane, _NEW).high + 1
        missing = set(range(first, state.high + 1)) - (numbers or set())
        for number in sorted(missing):
            if state.applied_lines(number) is None:
                yield *lane, number
