"""Trend items of a poll's shards in, its momentum, leaders and suspects out: pure arithmetic.

Windows are of arrival at the stream. They end TREND_SETTLE_S before now, when every shard has been
heard, or with the newest second heard where the trends lag behind the tallies.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from core import limits
from core.sketch import Sketch
from core.trend import TrendState, Watch
from dashboard.limits import (
    LEADER_SLOTS,
    MOMENTUM_LONG_S,
    MOMENTUM_SHORT_S,
    MOMENTUM_VOTES_MIN,
    STEADY_RATIO,
    TREND_SETTLE_S,
    TREND_STALE_S,
)
from dashboard.suspicion import Suspect, suspects


class Momentum(NamedTuple):
    """Votes a second of a colour over two windows; `ratio` None: too few votes to say."""

    colour: str
    short_rate: float
    long_rate: float
    ratio: float | None
    spark: list[int]

    @property
    def direction(self) -> str:
        if self.ratio is None:
            return "unknown"
        if self.ratio >= STEADY_RATIO:
            return "rising"
        return "falling" if self.ratio <= 1 / STEADY_RATIO else "steady"


class LeaderChange(NamedTuple):
    """Who led the minute that ended at `second`, and who the one before; None: nobody."""

    second: int
    leader: str
    before: str | None


@dataclass(frozen=True, slots=True)
class Trend:
    """What the shards together say; `until` is the last second of all windows.

    `suspects` None: what is usual is not known yet. `behind_s` is how far the trends are behind
    what is counted.
    """

    until: int
    heard: int
    began: int
    behind_s: int
    momentum: tuple[Momentum, ...]
    changes: tuple[LeaderChange, ...]
    suspects: tuple[Suspect, ...] | None

    @property
    def stale(self) -> bool:
        return self.behind_s >= TREND_STALE_S


def read_trend(
    states: Sequence[TrendState], *, now_s: int, counted_s: int | None, known: Iterable[str]
) -> Trend | None:
    """Return the trend of a poll, None where no shard has one.

    `counted_s` is the newest second in which a vote was counted, `known` the colours to look at.
    """
    if not states:
        return None
    heard = max(state.second for state in states)
    began = min(state.began for state in states)
    behind_s = 0 if counted_s is None else max(0, counted_s - heard)
    until = now_s - TREND_SETTLE_S
    if behind_s >= TREND_STALE_S:
        until = min(until, heard)
    seconds = _merge(states, known, unit_s=1)
    slots = _merge(states, known, unit_s=limits.TREND_SLOT_S)
    return Trend(
        until=until,
        heard=heard,
        began=began,
        behind_s=behind_s,
        momentum=momentum(seconds, until=until, began=began),
        changes=leader_changes(slots, last=(until + 1) // limits.TREND_SLOT_S - 1),
        suspects=suspects(
            devices=_watch([state.devices for state in states], states, heard),
            regions=_watch([state.regions for state in states], states, heard),
            seen_s=heard - began,
        ),
    )


def _merge(
    states: Iterable[TrendState], known: Iterable[str], *, unit_s: int
) -> dict[str, Counter[int]]:
    """Return votes by colour and number of second (or slot), added over shards."""
    merged: dict[str, Counter[int]] = {colour: Counter() for colour in known}
    for state in states:
        last = state.second // unit_s
        for colour, counts in (state.seconds if unit_s == 1 else state.slots).items():
            if colour in merged:
                first = last - len(counts) + 1
                merged[colour].update({first + i: n for i, n in enumerate(counts) if n})
    return merged


def _watch(watches: Iterable[Watch], states: Iterable[TrendState], heard: int) -> Watch:
    """Return sketches over all shards; what a shard heard earlier weighs less by now."""
    merged = Watch(recent=Sketch(), usual=Sketch())
    for watch, state in zip(watches, states, strict=True):
        aged = watch.copy()
        aged.recent.decay(0.5 ** ((heard - state.second) / limits.TREND_RECENT_HALF_LIFE_S))
        aged.usual.decay(0.5 ** ((heard - state.second) / limits.TREND_USUAL_HALF_LIFE_S))
        merged.recent.merge(aged.recent)
        merged.usual.merge(aged.usual)
    return merged


def momentum(
    seconds: Mapping[str, Mapping[int, int]], *, until: int, began: int
) -> tuple[Momentum, ...]:
    """Return every colour that had votes in the long window, the busiest first.

    A window that reaches back before the first record heard is divided by what it has of it.
    """
    found: list[Momentum] = []
    short_s = min(MOMENTUM_SHORT_S, until - began + 1)
    long_s = min(MOMENTUM_LONG_S, until - began + 1)
    if long_s <= 0:
        return ()
    for colour, counts in seconds.items():
        line = [counts.get(second, 0) for second in range(until - MOMENTUM_LONG_S + 1, until + 1)]
        votes = sum(line)
        if not votes:
            continue
        short, long = sum(line[-short_s:]) / short_s, sum(line[-long_s:]) / long_s
        says = long_s > 2 * MOMENTUM_SHORT_S and votes >= MOMENTUM_VOTES_MIN
        spark = [sum(line[at : at + 5]) for at in range(0, MOMENTUM_LONG_S, 5)]
        found.append(Momentum(colour, short, long, short / long if says else None, spark))
    return tuple(sorted(found, key=lambda each: (-each.long_rate, each.colour)))


def leader_changes(
    slots: Mapping[str, Mapping[int, int]], *, last: int
) -> tuple[LeaderChange, ...]:
    """Return when another colour had the most votes of a minute, the newest first.

    A minute is looked at every slot. The leader stays one until another has more, and while there
    are no votes.
    """
    minute = MOMENTUM_LONG_S // limits.TREND_SLOT_S
    changes: list[LeaderChange] = []
    leader: str | None = None
    for slot in range(last - LEADER_SLOTS + 1, last + 1):
        votes = {
            colour: sum(counts.get(slot - back, 0) for back in range(minute))
            for colour, counts in slots.items()
        }
        best = max(votes, key=lambda colour: votes[colour], default=None)
        if best is None or votes[best] == 0 or (leader and votes[leader] == votes[best]):
            continue
        if best != leader:
            second = (slot + 1) * limits.TREND_SLOT_S
            changes.append(LeaderChange(second, best, leader))
            leader = best
    return tuple(reversed(changes))
