"""Entries that the stream stored in, what must be counted in the end out: an independent count.

It reads the bytes with the standard library only and knows no lane arithmetic: a stamped batch
counts once by its name, an unstamped vote once by its identity, anything else not at all.
"""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from core.vote import Identity


class Expectation:
    """What a correct system would say, given what the stream has accepted."""

    def __init__(self) -> None:
        self.batches: dict[tuple[str, int, int], bytes] = {}
        self.unstamped: dict[Identity, str] = {}
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
            if name not in self.batches:
                self.batches[name] = data
                self._count_batch(lines)
            assert self.batches[name] == data, "a batch's bytes never change"
            return
        for line in (head, *lines):
            vote = parsed(line)
            assert vote is not None, "unstamped lines of the simulation are votes"
            identity = Identity(vote["poll"], vote["device_id"], vote["seq"])
            if identity not in self.unstamped:
                self.unstamped[identity] = vote["colour"]
                self.colours[vote["colour"]] += 1

    def _count_batch(self, lines: list[bytes]) -> None:
        for line in lines:
            vote = parsed(line)
            if vote is None or "colour" not in vote:
                self.bad_lines_of_batches += 1
            else:
                self.colours[vote["colour"]] += 1


def parsed(line: bytes) -> dict[str, Any] | None:
    """Return the JSON object of a line, None for anything else."""
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
