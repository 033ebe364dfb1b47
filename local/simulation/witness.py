"""Transactions that the table took and positions that were saved in, what was applied, when, out.

It believes nothing that a processor says of itself. A lane's item tells which lines a transaction
added, by the revision that it was made from: lines that are added twice are seen twice. The
ledger's lines tell how many votes it counted, named or not.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any, Final, NamedTuple

from core.item import from_item
from core.lane import LaneState
from core.ledger import COUNTED
from local.mapping.source import StreamSource
from local.simulation.expectation import BatchName

_EVERYTHING: Final = 2**31
_LANE: Final = "lane#"
_MARK: Final = "mark#"
_LEDGER: Final = "ledger#"


class Applied(NamedTuple):
    """Lines `first` up to and without `last` of a batch, which one transaction added."""

    batch: BatchName
    first: int
    last: int


class TableWitness:
    """What transactions added, in the order in which they were committed."""

    def __init__(self) -> None:
        self.applied: list[Applied] = []
        self.marks: Counter[str] = Counter()
        self.counted = 0
        self._states: dict[tuple[str, int], dict[int, LaneState]] = {}

    def committed(self, actions: Sequence[Mapping[str, Any]]) -> None:
        """Take note of one transaction."""
        for action in actions:
            if "Put" in action:
                self._put(action["Put"])
            elif action["Update"]["Key"]["pk"]["S"].startswith(_LEDGER):
                self.counted += _counted(action["Update"])

    def _put(self, put: Mapping[str, Any]) -> None:
        pk: str = put["Item"]["pk"]["S"]
        if pk.startswith(_MARK):
            self.marks[pk] += 1
        elif pk.startswith(_LANE):
            values = from_item(put["Item"])
            condition = put.get("ExpressionAttributeValues", {":rev": {"N": "0"}})
            self._lane(
                (pk.removeprefix(_LANE), int(values["sk"])),
                int(condition[":rev"]["N"]),
                LaneState.from_values(values),
            )

    def _lane(self, key: tuple[str, int], read_rev: int, after: LaneState) -> None:
        states = self._states.setdefault(key, {0: LaneState()})
        before = states[read_rev]
        states[after.rev] = after
        numbers = set(range(before.high + 1, after.high + 1)) | before.partial.keys()
        numbers.update(n for first, last in before.gaps for n in range(first, last + 1))
        for number in sorted(numbers):
            first = before.applied_lines(number)
            last = after.applied_lines(number)
            last = _EVERYTHING if last is None else last
            if first is not None and last > first:
                self.applied.append(Applied((*key, number), first, last))


def _counted(update: Mapping[str, Any]) -> int:
    values = update["ExpressionAttributeValues"]
    return sum(
        int(values[f":{placeholder[1:]}"]["N"])
        for placeholder, name in update["ExpressionAttributeNames"].items()
        if name == COUNTED
    )


@dataclass(slots=True)
class PositionWitness:
    """Which records of each shard are done, and what was saved: (position, done until)."""

    consumer: str
    saves: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    _done: dict[str, set[int]] = field(default_factory=dict)
    _open: dict[str, list[int]] = field(default_factory=dict)  # records not done when last asked
    _known: dict[str, int] = field(default_factory=dict)  # the last record that was ever seen

    def did(self, shard_id: str, sequence_numbers: Iterable[int]) -> None:
        self._done.setdefault(shard_id, set()).update(sequence_numbers)

    def saved(self, shard_id: str, position: int, source: StreamSource, stream: str) -> None:
        """Take note of a save, and of how far the shard's records, read anew, are done by then."""
        result = source.read(
            stream,
            shard_id,
            after=self._known.get(shard_id, 0),
            records_max=_EVERYTHING,
            bytes_max=_EVERYTHING,
        )
        waiting = self._open.get(shard_id, [])
        waiting += [record.sequence_number for record in result.records]
        if result.records:
            self._known[shard_id] = waiting[-1]
        done = self._done.setdefault(shard_id, set())
        ready = len(list(takewhile(done.__contains__, waiting)))
        waiting = self._open[shard_id] = waiting[ready:]
        until = min(position, waiting[0] - 1) if waiting else position
        where = f"{self.consumer}/{shard_id}"
        self.saves.setdefault(where, []).append((position, until))
