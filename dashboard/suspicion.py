"""Who votes lately and who usually does in, whose share is far above its usual one out.

A share is of all votes that arrived for the poll: lately (a vote weighs half after 30 s), or
usually (after 10 min), less what is lately's: so a flood does not make itself usual while it comes.
Nobody is accused by what a sketch does not know: of the recent share the least that it can be
counts, of the usual one the most.
"""

from collections.abc import Iterator
from typing import NamedTuple

from core.trend import Watch
from dashboard.limits import (
    SUSPECT_DEVICE_SHARE_MIN,
    SUSPECT_RATIO_MIN,
    SUSPECT_REGION_SHARE_MIN,
    SUSPECT_VOTES_MIN,
    SUSPECTS_MAX,
    USUAL_SEEN_S,
)


class Suspect(NamedTuple):
    """A device or region, its share lately (at least) and usually (at most), from 0 to 1."""

    kind: str
    name: str
    share: float
    usual_share: float


def suspects(*, devices: Watch, regions: Watch, seen_s: int) -> tuple[Suspect, ...] | None:
    """Return whose share is far above its usual one, the largest first.

    None while too little was seen to say what is usual.
    """
    if seen_s < USUAL_SEEN_S:
        return None
    found = [
        *_of("device", devices, SUSPECT_DEVICE_SHARE_MIN),
        *_of("region", regions, SUSPECT_REGION_SHARE_MIN),
    ]
    return tuple(sorted(found, key=lambda each: (-each.share, each.name))[:SUSPECTS_MAX])


def _of(kind: str, watch: Watch, share_min: float) -> Iterator[Suspect]:
    recent, usual_total = watch.recent, watch.usual.total - watch.recent.total
    if recent.total < SUSPECT_VOTES_MIN or usual_total < SUSPECT_VOTES_MIN:
        return
    for name in recent.counts:
        share = recent.at_least(name) / recent.total
        usual = max(0.0, watch.usual.at_most(name) - recent.at_least(name)) / usual_total
        if share >= share_min and share >= SUSPECT_RATIO_MIN * usual:
            yield Suspect(kind, name, share, usual)
