"""A producer's lanes: where a device's votes travel, and which batches of a lane are applied.

A producer has a fixed number of lanes; a device always uses the same one; one batch is in flight
per lane, numbers rising without gaps. `LaneState` is what the tallies remember of a lane: the same
arithmetic answers redelivery, retry, bisect, resharding and re-drive.
"""

import hashlib
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from core import limits
from core.errors import LaneGapsExceeded
from core.version import check_version


@lru_cache(maxsize=262_144)
def lane_of(device_id: str, lanes: int) -> int:
    """Return the lane of a device: blake2b of its id, spread evenly."""
    digest = hashlib.blake2b(device_id.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % lanes


def partition_key(producer: str, lane: int) -> str:
    return f"{producer}-{lane:04d}"


def explicit_hash_key(lane: int, lanes: int) -> str:
    """Return the middle of the lane's equal part of the hash space: no shard is hot."""
    return str((2 * lane + 1) * limits.HASH_KEY_END // (2 * lanes))


@dataclass(frozen=True, slots=True)
class LaneState:
    """What has been applied of one lane.

    `high` is the highest batch number seen; `gaps` are inclusive ranges below it that are not
    completely applied; `partial` says how many lines of such a batch are. `votes` and `parked`
    count lines applied over the lane's life; `rev` guards the item against concurrent writers.
    """

    high: int = 0
    gaps: tuple[tuple[int, int], ...] = ()
    partial: dict[int, int] = field(default_factory=dict)
    votes: int = 0
    parked: int = 0
    rev: int = 0

    def applied_lines(self, number: int) -> int | None:
        """Return how many lines of a batch are applied: 0 for a new one, None for a done one."""
        if number > self.high or any(first <= number <= last for first, last in self.gaps):
            return self.partial.get(number, 0)
        return None

    def missing(self) -> int:
        """Return how many batches were accepted by the stream and are not applied yet."""
        return sum(last - first + 1 for first, last in self.gaps)

    def advance(
        self, number: int, *, lines: int, done: bool, votes: int, parked: int
    ) -> "LaneState":
        """Return the state after the first `lines` lines of batch `number` have been applied.

        Raise LaneGapsExceeded when the holes no longer fit into one item.
        """
        assert self.applied_lines(number) is not None, "a batch is applied once"
        gaps = self.gaps
        if number > self.high:
            gaps = (*gaps, (self.high + 1, number))
        partial = {other: count for other, count in self.partial.items() if other != number}
        if done:
            gaps = _without(gaps, number)
        else:
            partial[number] = lines
        if len(gaps) > limits.LANE_GAPS_MAX:
            raise LaneGapsExceeded(f"applying batch {number}: {len(gaps)} holes in the lane")
        return LaneState(
            max(self.high, number),
            gaps,
            partial,
            self.votes + votes,
            self.parked + parked,
            self.rev + 1,
        )

    def to_values(self) -> dict[str, Any]:
        """Return the plain values stored in the lane's item."""
        return {
            "high": self.high,
            "gaps": [list(gap) for gap in self.gaps],
            "partial": {str(number): lines for number, lines in self.partial.items()},
            "votes": self.votes,
            "parked": self.parked,
            "rev": self.rev,
        }

    @staticmethod
    def from_values(values: dict[str, Any]) -> "LaneState":
        """Return the state that `to_values` described; members it does not know are ignored.

        Raise VersionUnknown for a form of newer code, KeyError where one of ours is missing: a
        lane that is guessed at counts votes twice, or not at all.
        """
        check_version(values, "lane state")
        return LaneState(
            values["high"],
            tuple((first, last) for first, last in values["gaps"]),
            {int(number): lines for number, lines in values["partial"].items()},
            values["votes"],
            values["parked"],
            values["rev"],
        )


def _without(gaps: tuple[tuple[int, int], ...], number: int) -> tuple[tuple[int, int], ...]:
    left: list[tuple[int, int]] = []
    for first, last in gaps:
        if not first <= number <= last:
            left.append((first, last))
            continue
        if first < number:
            left.append((first, number - 1))
        if number < last:
            left.append((number + 1, last))
    return tuple(left)
