"""Runs of votes in, whole record bodies of each lane out, cut where the votes alone say so.

Nothing here knows the time: the n-th body of a lane is a function of the lane's lines, so a replay
that is started again makes the same batches under the same numbers.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from core import limits
from core.lane import lane_of
from producers.generate import Chunk
from producers.pack import split_lines
from producers.run import Run

BODY_BYTES_MAX: Final = 49_000  # with any stamp one record of 50 kB; part of a replay's identity

assert BODY_BYTES_MAX + 512 <= limits.RECORD_BYTES_MAX, "a body and its stamp are one record"


class LanePacker:
    """Collects lines by lane. `skip` says how many votes of each lane are packed already."""

    def __init__(self, lanes: int, skip: Sequence[int]) -> None:
        assert len(skip) == lanes, "one number a lane"
        self._lanes = lanes
        self._skip = list(skip)
        self._waiting: list[list[bytes]] = [[] for _ in range(lanes)]
        self._size_bytes = [0] * lanes
        self.skipped_votes = 0

    def add(self, run: Run) -> list[Chunk]:
        """Take a run; return the bodies of its lane that are full now."""
        lane = lane_of(run.device_id, self._lanes)
        lines = run.lines
        if self._skip[lane]:
            lines = self._skip_lines(lane, run)
        if not lines:
            return []
        self._waiting[lane].append(lines)
        self._size_bytes[lane] += len(lines)
        if self._size_bytes[lane] <= BODY_BYTES_MAX:
            return []
        *full, rest = split_lines(b"".join(self._waiting[lane]), BODY_BYTES_MAX)
        self._waiting[lane] = [rest]
        self._size_bytes[lane] = len(rest)
        return [Chunk(lane, body, body.count(b"\n")) for body in full]

    def finish(self) -> Iterator[Chunk]:
        """Yield what is left of each lane."""
        for lane, waiting in enumerate(self._waiting):
            if waiting:
                body = b"".join(waiting)
                yield Chunk(lane, body, body.count(b"\n"))
        self._waiting = [[] for _ in range(self._lanes)]

    def _skip_lines(self, lane: int, run: Run) -> bytes:
        skipped = min(self._skip[lane], run.votes)
        self._skip[lane] -= skipped
        self.skipped_votes += skipped
        return b"\n".join(run.lines.split(b"\n")[skipped:])
