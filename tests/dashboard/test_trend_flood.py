"""From votes to suspects: what shards fold and a reader reads accuses who floods, nobody else."""

import random
from collections.abc import Iterable

import pytest

from core.trend import TrendState
from dashboard.suspicion import Suspect
from dashboard.trend import read_trend
from processors.trend_fold import fold
from processors.trend_votes import Glance, Heard

START_S = 1_790_000_000
SHARDS = 2
REGIONS = ("north", "south", "east", "west")


class Crowd:
    """Votes a second of many devices; a device always votes on one shard."""

    def __init__(self, devices: int, votes: int) -> None:
        self._rng = random.Random(7)
        self._devices = devices
        self._votes = votes
        self._sequence = 0
        self.states: list[TrendState | None] = [None] * SHARDS

    def vote(self, seconds: Iterable[int], *more: Glance) -> None:
        """Let the crowd vote for a while, and who is named with it, each second."""
        for second in seconds:
            votes = [self._glance() for _ in range(self._votes)] + list(more)
            for shard in range(SHARDS):
                mine = [vote for vote in votes if hash_of(vote.device_id) == shard]
                self._sequence += 1
                heard = [Heard(self._sequence, START_S + second, mine)]
                self.states[shard] = fold(self.states[shard], heard)

    def suspects(self, *, now: int) -> tuple[Suspect, ...]:
        states = [state for state in self.states if state is not None]
        trend = read_trend(states, now_s=START_S + now, counted_s=None, known=("red",))
        assert trend is not None
        assert trend.suspects is not None
        return trend.suspects

    def _glance(self) -> Glance:
        device = self._rng.randrange(self._devices)
        return Glance("cube", f"d{device}", "red", REGIONS[device % len(REGIONS)])


def hash_of(device_id: str) -> int:
    return sum(device_id.encode()) % SHARDS


@pytest.mark.parametrize("devices", [40, 2_000])
def test_a_crowd_of_any_size_is_not_suspected(devices: int) -> None:
    crowd = Crowd(devices, votes=150)
    crowd.vote(range(150))
    assert crowd.suspects(now=150) == ()


def test_a_flood_is_suspected_and_does_not_make_itself_usual_while_it_comes() -> None:
    """Half a minute of it, after a minute and a half without."""
    crowd = Crowd(2_000, votes=150)
    crowd.vote(range(90))
    assert crowd.suspects(now=90) == ()
    robot = Glance("cube", "robot", "red", "moon")
    crowd.vote(range(90, 120), *[robot] * 80)
    found = crowd.suspects(now=120)
    assert {(each.kind, each.name) for each in found} == {("device", "robot"), ("region", "moon")}
    assert all(0.2 < each.share <= 80 / 230 for each in found), "at least so much, never more"


def test_who_always_floods_is_usual() -> None:
    crowd = Crowd(2_000, votes=150)
    crowd.vote(range(150), *[Glance("cube", "kiosk", "red", "north")] * 60)
    assert crowd.suspects(now=150) == ()
