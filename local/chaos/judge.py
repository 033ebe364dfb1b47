"""What each stage holds of the same votes in, how many were lost and how many doubled, out.

The judge believes no sum of the system's own: it reads the outboxes' acknowledgements, the records
of the stream, the tallies and the rows of history, and compares them vote by vote where both sides
name votes, colour by colour where one side is a tally.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

Lane = tuple[str, int]  # producer, lane


class Cast(NamedTuple):
    """A vote as it can be told from every other, with what it says."""

    poll: str
    device_id: str
    seq: int
    colour: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What was read once everything had drained. Parked lines are accounted for, with a reason."""

    acknowledged: Mapping[Lane, int]  # lines, as the producers' outboxes say
    streamed: Mapping[Lane, int]  # lines of distinct batches, as the stream's records say
    votes: Counter[Cast]  # of distinct batches in the stream
    tallies: Mapping[str, int]  # colour -> votes
    parked: int
    rows: Counter[Cast]  # of the warehouse's votes
    rows_parked: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Losses:
    """What one stage lacks, and what it has too much."""

    stage: str
    lost: int = 0
    doubled: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The verdict: `lost` and `doubled` are those of the stage that has most."""

    votes: int
    stages: tuple[Losses, ...]
    broken: tuple[str, ...] = field(default=())  # what `cube check` calls broken, and other claims

    @property
    def lost(self) -> int:
        return max((stage.lost for stage in self.stages), default=0)

    @property
    def doubled(self) -> int:
        return max((stage.doubled for stage in self.stages), default=0)

    @property
    def ok(self) -> bool:
        return not (self.lost or self.doubled or self.broken)


def judge(evidence: Evidence, broken: tuple[str, ...] = ()) -> Judgement:
    """Compare each stage with the one before it."""
    return Judgement(
        votes=sum(evidence.acknowledged.values()),
        stages=(_stream(evidence), _live(evidence), _history(evidence)),
        broken=broken,
    )


def _stream(evidence: Evidence) -> Losses:
    """An acknowledged batch is in the stream; what it was never told of is not."""
    lanes = evidence.acknowledged.keys() | evidence.streamed.keys()
    more = {
        lane: evidence.streamed.get(lane, 0) - evidence.acknowledged.get(lane, 0) for lane in lanes
    }
    return _sums("stream", more)


def _live(evidence: Evidence) -> Losses:
    """Every vote of the stream is in the tally of its colour, or parked."""
    due: Counter[str] = Counter()
    for vote, count in evidence.votes.items():
        due[vote.colour] += count
    colours = due.keys() | evidence.tallies.keys()
    found = _sums(
        "live", {colour: evidence.tallies.get(colour, 0) - due[colour] for colour in colours}
    )
    return _but_parked(found, evidence.parked)


def _history(evidence: Evidence) -> Losses:
    """Every vote of the stream is one row, or parked."""
    votes = evidence.votes.keys() | evidence.rows.keys()
    found = _sums(
        "history",
        {str(vote): evidence.rows[vote] - evidence.votes[vote] for vote in votes},
    )
    return _but_parked(found, evidence.rows_parked)


def _sums(stage: str, more: Mapping[Lane, int] | Mapping[str, int]) -> Losses:
    values = list(more.values())
    return Losses(
        stage=stage,
        lost=sum(-value for value in values if value < 0),
        doubled=sum(value for value in values if value > 0),
    )


def _but_parked(found: Losses, parked: int) -> Losses:
    """Take parked lines from what is missing; one parked that is not missing was counted too."""
    return Losses(
        stage=found.stage,
        lost=max(0, found.lost - parked),
        doubled=found.doubled + max(0, parked - found.lost),
    )
