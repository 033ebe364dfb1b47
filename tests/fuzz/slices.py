"""A fuzzer's bytes in, choices and slices of them out: how a harness reads its input."""

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Slices:
    """Bytes taken from the front; past the end they are zeros, so any input is whole."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def byte(self) -> int:
        taken = self._data[self._at : self._at + 1]
        self._at += 1
        return taken[0] if taken else 0

    def number(self) -> int:
        """Return two bytes as a number."""
        return self.byte() << 8 | self.byte()

    def choice(self, options: Sequence[T]) -> T:
        return options[self.byte() % len(options)]

    def rest(self) -> bytes:
        taken, self._at = self._data[self._at :], len(self._data)
        return taken

    def text(self) -> str:
        """Return the rest as text; what is no UTF-8 becomes a replacement character."""
        return self.rest().decode(errors="replace")
