"""A translated statement: DuckDB's text with gaps, and values in, the text to run out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from local.warehouse.error import WarehouseError

# What a session fills in: the time of a statement and of its transaction, who asks.
NAMES: Final = frozenset(
    {"now", "transaction", "user", "database", "pid", "copied_rows", "copy_id"}
)


@dataclass(frozen=True, slots=True)
class Translation:
    """A text in pieces: strings as they are, ints for parameters from 1, names for the session."""

    pieces: tuple[str | int, ...]
    gaps: tuple[str | int, ...]  # pieces[0] gaps[0] pieces[1] gaps[1] ... pieces[-1]
    is_query: bool

    @property
    def parameters(self) -> int:
        return max((gap for gap in self.gaps if isinstance(gap, int)), default=0)

    def render(self, literals: Sequence[str], names: Mapping[str, str]) -> str:
        """Return the text with literals for its parameters. Raises 08P01 where one is missing."""
        if self.parameters > len(literals):
            raise WarehouseError("08P01", f"there is no parameter ${self.parameters}")
        parts: list[str] = [str(self.pieces[0])]
        for gap, piece in zip(self.gaps, self.pieces[1:], strict=True):
            parts += [names[gap] if isinstance(gap, str) else literals[gap - 1], str(piece)]
        return "".join(parts)
