"""A seed and a time in, which groups of devices have no line out; and what they hold meanwhile.

A device without a line keeps its votes, with the time they were cast, and sends them in order when
it is back, before anything newer.
"""

import random
from typing import Final

PERIOD_MS: Final = (8_000, 24_000)
OFFLINE_SHARE: Final = 0.25  # of each period, so of the devices at any moment


class Lines:
    """The lines of (lane, group)s of devices: on and off by a schedule drawn from the seed."""

    def __init__(self, rng: random.Random, *, lanes: int, groups: int, start_ms: int) -> None:
        self._schedule = [
            [(rng.randint(*PERIOD_MS), rng.randrange(PERIOD_MS[1])) for _ in range(groups)]
            for _ in range(lanes)
        ]
        self._start_ms = start_ms
        self._held: list[dict[int, list[bytes]]] = [{} for _ in range(lanes)]
        self.held_votes = 0

    def offline(self, lane: int, group: int, now_ms: int) -> bool:
        period_ms, phase_ms = self._schedule[lane][group]
        return (now_ms - self._start_ms + phase_ms) % period_ms < period_ms * OFFLINE_SHARE

    def hold(self, lane: int, group: int, lines: bytes, votes: int) -> None:
        self._held[lane].setdefault(group, []).append(lines)
        self.held_votes += votes

    def holds(self, lane: int, group: int) -> bool:
        return group in self._held[lane]

    def back(self, lane: int, now_ms: int, *, everyone: bool = False) -> list[bytes]:
        """Return what the groups that are back held, oldest first in each, and forget it."""
        held = self._held[lane]
        back = [group for group in held if everyone or not self.offline(lane, group, now_ms)]
        chunks = [chunk for group in back for chunk in held.pop(group)]
        self.held_votes -= sum(chunk.count(b"\n") for chunk in chunks)
        return chunks
