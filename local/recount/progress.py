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
from core.clock import Clock
from core.lane import LaneState
from local.recount.lake_lines import Batch, LooseLine, numbers_by_lane
from local.table_reader import read_items

COMMIT_MS: Final = 2_000  # a record may become readable this long after its arrival time
_DAY_MS: Final = 86_400_000
_IDLE_MS: Final = (limits.LANE_IDLE_DAYS - 1) * _DAY_MS
_LATE_MS: Final = 3_600_000  # what arrived before may have been applied that much later


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the live path was at a moment. All that arrived before `done_until_ms` is done.

    Of producers that are not among `producers` nobody had heard: their batches may be applied.
    """

    producers: frozenset[str]
    lanes: Mapping[tuple[str, int], LaneState]
    applied_ms: Mapping[tuple[str, int], int]  # when a batch of the lane was applied last
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


def read_progress(
    client: TableClient,
    table: str,
    producers: frozenset[str],
    *,
    done_until_ms: int,
    clock: Clock,
) -> Progress:
    """Return how far the live path is; `done_until_ms` was asked for before."""
    lanes: dict[tuple[str, int], LaneState] = {}
    applied_ms: dict[tuple[str, int], int] = {}
    for producer in sorted(producers):
        for item in read_items(client, table, keys.lane_pk(producer)):
            lane = (producer, int(item["sk"]))
            lanes[lane] = LaneState.from_values(item)
            applied_ms[lane] = item["expires_at"] * 1_000 - limits.LANE_IDLE_DAYS * _DAY_MS
    return Progress(producers, lanes, applied_ms, done_until_ms, clock.now_ms())


def lacking(progress: Progress, batches: Iterable[Batch], *, from_ms: int) -> Iterator[Batch]:
    """Yield batches that the tallies have and the lake lacks, of what arrived since `from_ms`.

    They are those above its first of a lane; of a lane that it has nothing of, the last.
    """
    held = numbers_by_lane(batches)
    for lane, state in progress.lanes.items():
        numbers = held.get(lane, set())
        first = min(numbers, default=state.high)
        if not numbers and progress.applied_ms[lane] < from_ms + _LATE_MS:
            continue  # its batches arrived before what is looked at
        for number in sorted(set(range(first, state.high + 1)) - numbers):
            if state.applied_lines(number) is None:
                yield *lane, number
