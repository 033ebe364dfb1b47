"""Votes by second in, the state of one shard out, as if they had arrived there."""

from collections.abc import Iterable, Mapping
from typing import Any

from core import limits
from core.sketch import Sketch
from core.trend import TrendState, Watch, new_state


def shard_trend(
    votes: Mapping[str, Mapping[int, int]],
    *,
    began: int | None = None,
    devices: Watch | None = None,
    regions: Watch | None = None,
) -> TrendState:
    """Return the state after votes by colour and second of arrival."""
    seconds = sorted({second for counts in votes.values() for second in counts})
    state = new_state(seconds[0] if began is None else began)
    state.second = seconds[-1]
    for colour, counts in votes.items():
        state.seconds[colour] = _series(counts, state.second, limits.TREND_SECONDS, unit_s=1)
        state.slots[colour] = _series(
            counts, state.second, limits.TREND_SLOTS, unit_s=limits.TREND_SLOT_S
        )
    state.devices = devices or state.devices
    state.regions = regions or state.regions
    return state


def _series(counts: Mapping[int, int], second: int, length: int, *, unit_s: int) -> list[int]:
    made = [0] * length
    for at, count in counts.items():
        back = second // unit_s - at // unit_s
        if back < length:
            made[-1 - back] += count
    return made


def watch(recent: Mapping[str, float], before: Mapping[str, float]) -> Watch:
    """Return who votes lately, and did before; sketches large enough to know everybody."""
    usual = _sketch(before)
    usual.add(recent, size=len(before) + len(recent))
    return Watch(recent=_sketch(recent), usual=usual)


def _sketch(counts: Mapping[str, Any]) -> Sketch:
    sketch = Sketch()
    sketch.add(counts, size=len(counts))
    return sketch


def steadily(rate: int, seconds: Iterable[int]) -> dict[int, int]:
    return dict.fromkeys(seconds, rate)
