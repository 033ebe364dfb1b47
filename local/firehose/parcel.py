"""What is on its way to storage in, up to where a shard is stored out."""

from collections import deque
from dataclasses import dataclass


@dataclass(slots=True, eq=False)
class Parcel:
    """A batch that was passed on: done when no object is left that holds something of it.

    With it everything of the shard up to the sequence number `through` is passed on.
    """

    through: int
    open: int = 0


class Checkpoint:
    """One shard's position: it never regresses and never passes what is not stored."""

    def __init__(self, position: int) -> None:
        self._position = position
        self._parcels: deque[Parcel] = deque()

    @property
    def is_open(self) -> bool:
        """Whether something that was passed on is not stored."""
        self._advance()
        return bool(self._parcels)

    @property
    def position(self) -> int:
        """The last sequence number below and at which everything is stored."""
        self._advance()
        return self._position

    def pass_on(self, through: int) -> Parcel:
        """Return a new parcel behind all others; its holders count themselves in `open`."""
        last = self._parcels[-1].through if self._parcels else self._position
        assert through >= last, "a shard is passed on in its order"
        parcel = Parcel(through)
        self._parcels.append(parcel)
        return parcel

    def skip_to(self, position: int) -> None:
        """Move on over what holds no records; nothing may be open."""
        assert not self.is_open, "records before it are not stored"
        self._position = max(self._position, position)

    def _advance(self) -> None:
        while self._parcels and not self._parcels[0].open:
            self._position = self._parcels.popleft().through
