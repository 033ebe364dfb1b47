"""A seed and simulated time in, JSON lines of votes by lane out: pure, and about 0.3 us a vote.

Nothing is encoded vote by vote: a line is a device's head, a number and the tick's tail for a
colour, put together with as few Python operations a vote as possible.
"""

import random
from collections.abc import Collection, Iterator, Sequence
from typing import Final, NamedTuple

import msgspec

from core.record import read_lines
from core.vote import Vote
from producers.crowd import Crowd, LaneCrowd, gather
from producers.offline import Lines
from producers.preference import TABLE_PICKS, Preference

SEQ_PER_MS: Final = 1_000  # a lane casts fewer votes than this a millisecond
PIECE_VOTES_MAX: Final = 1_024  # lines put together at once: half a ring
LATE_MS: Final = (60_000, 3_600_000)  # older than a latency, younger than too old

# One line for each way of not being a vote that a device in the field has shown.
MALFORMED: Final = (
    '{"poll":"cube","device_id":\n',
    "\x00\x01 not json \x02\n",
    '{"poll":"cube","device_id":"cube-broken","colour":"red","voted_at":0}\n',
    '{"poll":"cube","device_id":"cube-broken","seq":-1,"colour":"red","voted_at":0}\n',
    '{"poll":"cube","device_id":"cube-broken","seq":1,"colour":"red","voted_at":0,"v":9}\n',
    '["red","red","red"]\n',
)

assert PIECE_VOTES_MAX < TABLE_PICKS // 2, "a table of colours is sampled, not used up"


class Chunk(NamedTuple):
    """Complete lines of one lane: what `Outbox.offer` takes. `votes` counts lines."""

    lane: int
    lines: bytes
    votes: int


class Generator:
    """A crowd that votes when it is told to.

    Within a lane seq rises by one a vote from `start_ms` * 1000, so it rises for each device, no
    identity comes twice, and a run that starts later starts above all that this one has used.
    """

    def __init__(self, crowd: Crowd, *, start_ms: int) -> None:
        self._rng = random.Random(f"{crowd.seed}/{crowd.pattern}")
        self._crowd = crowd
        self._lanes: list[LaneCrowd] = gather(crowd, self._rng)
        self._seq = [start_ms * SEQ_PER_MS] * crowd.lanes
        self._tails = [
            f',"colour":{msgspec.json.encode(colour).decode()},"voted_at":'
            for colour in crowd.palette
        ]
        self._preference = Preference(self._rng, len(crowd.palette), start_ms=start_ms)
        groups = max(len(lane.rings) for lane in self._lanes)
        self._lines = Lines(self._rng, lanes=crowd.lanes, groups=groups, start_ms=start_ms)
        self._flaky = crowd.pattern == "flaky"
        self._owed_late = 0.0
        self._owed_malformed = 0.0
        self.late_votes = 0
        self.malformed_lines = 0
        self.not_cast_votes = 0  # they were due on lanes that were full

    @property
    def held_votes(self) -> int:
        """Votes of devices that are offline just now: cast, and not in any chunk yet."""
        return self._lines.held_votes

    def tick(self, now_ms: int, votes: int, full: Collection[int] = ()) -> list[Chunk]:
        """Cast exactly `votes` votes at `now_ms`, late and malformed ones among them.

        Devices of lanes that are `full` wait: what they would have cast is not cast.
        """
        late, malformed = self._take_shares(votes)
        chunks = self._reconnected(now_ms) if self._flaky else []
        tails = self._tails_at(now_ms)
        plain = votes - late - malformed
        done, phase = 0, self._rng.randrange(self._crowd.devices)
        for lane, crowd in enumerate(self._lanes):
            until = (plain * crowd.devices_until + phase) // self._crowd.devices
            if until > done and lane in full:
                self.not_cast_votes += until - done
            elif until > done:
                self._cast(chunks, lane, until - done, now_ms, tails)
            done = until
        if late:
            tails = self._tails_at(now_ms - self._rng.randint(*LATE_MS))
            self._cast(chunks, self._some_lane(), late, now_ms, tails)
        if malformed:
            lines = "".join(self._rng.choices(MALFORMED, k=malformed)).encode()
            chunks.append(Chunk(self._some_lane(), lines, malformed))
        return chunks

    def finish(self, now_ms: int) -> list[Chunk]:
        """Return what every device still holds, as if all were back."""
        return self._reconnected(now_ms, everyone=True)

    def _take_shares(self, votes: int) -> tuple[int, int]:
        """Return how many of the next votes are late and malformed; fractions are carried over."""
        self._owed_late += votes * self._crowd.late_share
        self._owed_malformed += votes * self._crowd.malformed_share
        late = min(votes, int(self._owed_late))
        malformed = min(votes - late, int(self._owed_malformed))
        self._owed_late -= late
        self._owed_malformed -= malformed
        self.late_votes += late
        self.malformed_lines += malformed
        return late, malformed

    def _some_lane(self) -> int:
        """Return a lane that has devices."""
        device = self._rng.randrange(self._crowd.devices)
        return next(lane for lane, crowd in enumerate(self._lanes) if device < crowd.devices_until)

    def _tails_at(self, voted_at_ms: int) -> list[str]:
        end = f"{voted_at_ms}}}\n"
        return [tail + end for tail in self._tails]

    def _cast(
        self, chunks: list[Chunk], lane: int, votes: int, now_ms: int, tails: Sequence[str]
    ) -> None:
        """Let a sample of one group of the lane's devices vote; hold it if they have no line."""
        rings = self._lanes[lane].rings
        group = int(self._rng.random() * len(rings))
        picks = self._preference.picks(now_ms)
        left = votes
        pieces: list[str] = []
        while left:
            count = min(left, PIECE_VOTES_MAX)
            pieces += self._lines_of(rings[group], lane, count, tails, picks)
            left -= count
        lines = "".join(pieces).encode()
        if self._flaky and self._lines.offline(lane, group, now_ms):
            self._lines.hold(lane, group, lines, votes)
        else:
            chunks.append(Chunk(lane, lines, votes))

    def _lines_of(
        self, ring: Sequence[str], lane: int, count: int, tails: Sequence[str], picks: list[int]
    ) -> list[str]:
        """Return `count` lines in three parts each; this is where the time goes."""
        chance = self._rng.random
        device = int(chance() * (len(ring) - count))
        pick = int(chance() * (TABLE_PICKS - count))
        seq = self._seq[lane]
        self._seq[lane] = seq + count
        parts = [""] * (3 * count)
        parts[0::3] = ring[device : device + count]
        parts[1::3] = map(str, range(seq, seq + count))
        parts[2::3] = [tails[colour] for colour in picks[pick : pick + count]]
        return parts

    def _reconnected(self, now_ms: int, *, everyone: bool = False) -> list[Chunk]:
        """Return the backlog of devices that are back, a chunk a lane."""
        chunks: list[Chunk] = []
        for lane in range(self._crowd.lanes):
            held = self._lines.back(lane, now_ms, everyone=everyone)
            if held:
                lines = b"".join(held)
                chunks.append(Chunk(lane, lines, lines.count(b"\n")))
        return chunks


def read_chunk(chunk: Chunk) -> Iterator[Vote]:
    """Yield the votes of a chunk, malformed lines left out: the slow way, for checks."""
    for line in read_lines(chunk.lines, 1):
        if line.vote is not None:
            yield line.vote
