"""What one DynamoDB transaction will do: lane states, markers and increments, within its limits."""

from dataclasses import dataclass, field
from typing import NamedTuple

from core import limits
from core.lane import LaneState
from core.tally import Increments
from processors.delivery import Delivery
from processors.fold import ParkedLine

LaneKey = tuple[str, int]  # producer, lane


class Mark(NamedTuple):
    """A marker: `position` is the line that was applied, `digest` what it said."""

    position: str
    digest: str


@dataclass(slots=True)
class Transaction:
    """Changes that are applied together or not at all.

    `lanes` holds (state read, state to write): the write is refused when the state has moved.
    `marks` are put only where none exists. `kept` are the lines whose objects must exist first;
    of them `parked` are parked by this transaction, the others were before. `late` counts batches
    that come after a later one of their lane.
    """

    lanes: dict[LaneKey, tuple[LaneState, LaneState]] = field(default_factory=dict)
    marks: dict[str, Mark] = field(default_factory=dict)
    increments: Increments = field(default_factory=Increments)
    kept: list[tuple[Delivery, ParkedLine]] = field(default_factory=list)
    votes: int = 0
    parked: int = 0
    duplicates: int = 0
    late: int = 0

    @property
    def items(self) -> int:
        """Return how many items are written: two write units each, while they are under 1 KB."""
        return len(self.lanes) + len(self.marks) + len(self.increments.items)

    @property
    def empty(self) -> bool:
        return not (self.lanes or self.marks)

    def takes(self, more: Increments, *, lane: LaneKey | None = None, marks: int = 0) -> bool:
        """Return whether these changes still fit into the transaction."""
        mine = self.increments.items
        items = len(mine.keys() | more.items.keys()) + len(self.lanes) + len(self.marks) + marks
        items += lane is not None and lane not in self.lanes
        if items > limits.TRANSACTION_ITEMS_MAX:
            return False
        return all(
            len(mine[key].keys() | counts.keys()) <= limits.UPDATE_ATTRIBUTES_MAX
            if key in mine
            else len(counts) <= limits.UPDATE_ATTRIBUTES_MAX
            for key, counts in more.items.items()
        )
