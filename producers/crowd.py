"""A seed in, devices by lane out, each as the first bytes of its votes' JSON lines."""

import random
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

import msgspec

from core import limits
from core.lane import lane_of
from core.poll import DEFAULT_PALETTE, DEFAULT_POLL

REGIONS: Final = (
    "eu-west",
    "eu-north",
    "us-east",
    "us-west",
    "sa-east",
    "ap-south",
    "ap-east",
    "af-south",
)
GROUPS_FLAKY: Final = 8  # groups of devices a lane, each with a line of its own
RING_PICKS_MIN: Final = 2_048


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """Who votes, and on what. `namespace` keeps the devices of two outboxes apart."""

    seed: int
    poll: str = DEFAULT_POLL
    palette: tuple[str, ...] = DEFAULT_PALETTE
    devices: int = 10_000
    namespace: str = "cube"
    pattern: str = "steady"
    lanes: int = limits.LANES
    late_share: float = 0.0
    malformed_share: float = 0.0

    def device_id(self, index: int) -> str:
        return f"{self.namespace}-{index:07d}"


@dataclass(frozen=True, slots=True)
class LaneCrowd:
    """A lane's devices, in groups that share a line; `devices_until` counts earlier lanes' too.

    A ring holds the heads of a group's devices in random order, every device at least once and
    some more often: a run of it is a sample of the group.
    """

    devices_until: int
    rings: tuple[tuple[str, ...], ...]


def gather(crowd: Crowd, rng: random.Random) -> list[LaneCrowd]:
    """Return the crowd by lane; a lane that no device falls into has no rings."""
    groups = GROUPS_FLAKY if crowd.pattern == "flaky" else 1
    heads: list[list[list[str]]] = [[[] for _ in range(groups)] for _ in range(crowd.lanes)]
    poll = msgspec.json.encode(crowd.poll).decode()
    members = [0] * crowd.lanes
    for index, region in enumerate(rng.choices(REGIONS, k=crowd.devices)):
        device_id = crowd.device_id(index)
        lane = lane_of(device_id, crowd.lanes)
        head = f'{{"poll":{poll},"device_id":"{device_id}","region":"{region}","seq":'
        heads[lane][members[lane] % groups].append(head)
        members[lane] += 1
    return [
        LaneCrowd(until, tuple(_ring(group, rng) for group in lane if group))
        for until, lane in zip(accumulate(members), heads, strict=True)
    ]


def _ring(heads: list[str], rng: random.Random) -> tuple[str, ...]:
    ring = heads + rng.choices(heads, k=max(0, RING_PICKS_MIN - len(heads)))
    rng.shuffle(ring)
    return tuple(ring)
