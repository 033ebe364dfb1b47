"""Entries that the stream stored in, what must be counted in the end out: an independent count.

It reads the bytes with the standard library only and knows no lane arithmetic: a stamped batch
counts once by its name, an unstamped vote once by its identity, anything else not at all. Times of
votes are far inside or far outside the rules, so that it does not matter when a copy arrived.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from core.clock import Clock
from core.vote import Identity

BatchName = tuple[str, int, int]  # producer, lane, number
_DAY_MS: Final = 86_400_000
_AGE_MS_MAX: Final = 6 * _DAY_MS
_AHEAD_MS_MAX: Final = 60_000


class Line(NamedTuple):
    """One line of a batch: whose vote it is, None for what is none, and whether it counts."""

    identity: Identity | None
    counts: bool


class Expectation:
    """What a correct system would say, given what the stream has accepted."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._data: dict[BatchName, bytes] = {}
        self.batches: dict[BatchName, Sequence[Line]] = {}  # in the order of their first acceptance
        self.unstamped: dict[Identity, bool] = {}  # whether it counts
        self.colours: Counter[str] = Counter()
        self.bad_lines_of_batches = 0

    def written(self, entry: Mapping[str, Any]) -> None:
        """Take note of one entry that is in the stream; the same entry may come often."""
        data: bytes = entry["Data"]
        head, *lines = data.splitlines()
        first = parsed(head)
        if first is not None and "batch" in first:
            stamp = first["batch"]
            name = (stamp["producer"], stamp["lane"], stamp["number"])
            if name not in self._data:
                self._data[name] = data
                self.batches[name] = [self._line_of_batch(line) for line in lines]
            assert self._data[name] == data, "a batch's bytes never change"
            return
        for line in (head, *lines):
            vote = parsed(line)
            assert vote is not None, "unstamped lines of the simulation are votes"
            identity = Identity(vote["poll"], vote["device_id"], vote["seq"])
            if identity not in self.unstamped:
                counts = self.unstamped[identity] = is_timely(
                    vote["voted_at"], self._clock.now_ms()
                )
                self.colours[vote["colour"]] += counts

    def identities(self) -> list[Identity]:
        """Return the identities of all votes that count."""
        stamped = [
            line.identity
            for lines in self.batches.values()
            for line in lines
            if line.counts and line.identity is not None
        ]
        return stamped + [identity for identity, counts in self.unstamped.items() if counts]

    def _line_of_batch(self, line: bytes) -> Line:
        vote = parsed(line)
        if vote is None or "colour" not in vote:
            self.bad_lines_of_batches += 1
            return Line(None, counts=False)
        counts = is_timely(vote["voted_at"], self._clock.now_ms())
        self.colours[vote["colour"]] += counts
        self.bad_lines_of_batches += not counts
        return Line(Identity(vote["poll"], vote["device_id"], vote["seq"]), counts)


def is_timely(voted_at: int, arrival_ms: int) -> bool:
    """Return whether a vote's time is within the rules."""
    return -_AHEAD_MS_MAX <= arrival_ms - voted_at <= _AGE_MS_MAX


def parsed(line: bytes) -> dict[str, Any] | None:
    """Return the JSON object of a line, None for anything else."""
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
