"""Sequence numbers taken and done in any order in, the position below which all is done out."""

from collections import deque
from collections.abc import Iterable


class Progress:
    """One shard's position: it never regresses and never passes a record that is not done."""

    def __init__(self, position: int) -> None:
        self._position = position
        self._open: deque[int] = deque()  # taken and not passed, in the shard's order
        self._done: set[int] = set()  # done, waiting for a lower one

    @property
    def position(self) -> int:
        """The last sequence number below and at which every record is done."""
        return self._position

    @property
    def records_open(self) -> int:
        """How many records are taken and not done."""
        return len(self._open) - len(self._done)

    def take(self, sequence_numbers: Iterable[int]) -> None:
        for number in sequence_numbers:
            assert number > (self._open[-1] if self._open else self._position), "a shard is ordered"
            self._open.append(number)

    def finish(self, sequence_numbers: Iterable[int]) -> None:
        for number in sequence_numbers:
            assert number > self._position, "a record is done once"
            assert number not in self._done, "a record is done once"
            self._done.add(number)
        while self._open and self._open[0] in self._done:
            self._position = self._open.popleft()
            self._done.remove(self._position)
