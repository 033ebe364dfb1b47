"""A shard's trend and newly heard votes in, its trend with them out: pure, each record once.

A record is folded when its sequence number is above `through`. Records of a shard come in their
order, so what comes again is below it, however a retry cuts the batch.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain, groupby
from operator import attrgetter
from typing import Final

from core import limits
from core.trend import TrendState, Watch, new_state
from core.vote import canonical_colour, fits_palette
from processors.trend_votes import Glance, Heard

_colour: Final = attrgetter("colour")
_device: Final = attrgetter("device_id")
_region: Final = attrgetter("region")
_second: Final = attrgetter("second")


def fold(state: TrendState | None, heard: Sequence[Heard]) -> TrendState | None:
    """Return the state with what it does not hold yet; None where it holds all of it already.

    A state is started anew where none is, where it is of long ago, and where a number below
    `through` arrives later than any redelivery: then the stream is another one of the same name.
    """
    last = heard[-1]
    if state is not None and _is_over(state, last):
        state = None
    fresh = heard if state is None else [each for each in heard if each.sequence > state.through]
    if not fresh:
        return None
    state = state.copy() if state else new_state(fresh[0].second)
    for second, run in groupby(fresh, _second):
        advance(state, second)
        _count(state, second, list(chain.from_iterable(each.votes for each in run)))
    state.through = fresh[-1].sequence
    _drop_colours(state)
    return state


def _is_over(state: TrendState, last: Heard) -> bool:
    later_s = last.second - state.second
    again = last.sequence <= state.through and later_s > limits.TREND_RESTART_S
    return again or later_s > limits.TREND_KEPT_S


def advance(state: TrendState, second: int) -> None:
    """Move windows on to a second: what is too old leaves, what is kept weighs less."""
    passed_s = second - state.second
    if passed_s <= 0:
        return
    slots = second // limits.TREND_SLOT_S - state.second // limits.TREND_SLOT_S
    for counts in state.seconds.values():
        _shift(counts, passed_s)
    for counts in state.slots.values():
        _shift(counts, slots)
    for watch in (state.devices, state.regions):
        watch.recent.decay(0.5 ** (passed_s / limits.TREND_RECENT_HALF_LIFE_S))
        watch.usual.decay(0.5 ** (passed_s / limits.TREND_USUAL_HALF_LIFE_S))
    state.second = second


def _shift(counts: list[int], places: int) -> None:
    length = len(counts)
    counts[:] = (counts + [0] * min(places, length))[-length:]


def _count(state: TrendState, second: int, votes: list[Glance]) -> None:
    back_s = max(0, state.second - second)  # arrivals of a shard may step back a little
    back_slots = state.second // limits.TREND_SLOT_S - second // limits.TREND_SLOT_S
    for colour, count in _colours(votes).items():
        _add(state.seconds, colour, limits.TREND_SECONDS, back_s, count)
        _add(state.slots, colour, limits.TREND_SLOTS, max(0, back_slots), count)
    _watch(state.devices, Counter(map(_device, votes)))
    _watch(state.regions, Counter(map(_region, votes)))


def _colours(votes: Iterable[Glance]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for raw, count in Counter(map(_colour, votes)).items():
        colour = canonical_colour(raw)
        if fits_palette(colour):
            counts[colour] += count
    return counts


def _add(
    series: dict[str, list[int]], colour: str, length: int, places_back: int, count: int
) -> None:
    if colour not in series:
        series[colour] = [0] * length
    if places_back < length:
        series[colour][-1 - places_back] += count


def _watch(watch: Watch, counts: Counter[str]) -> None:
    for sketch in (watch.recent, watch.usual):
        sketch.add(counts, size=limits.TREND_SKETCH_SIZE)


def _drop_colours(state: TrendState) -> None:
    """Forget colours without votes in ten minutes, and all but the busiest."""
    busiest = Counter({colour: sum(counts) for colour, counts in state.slots.items()})
    kept = {colour for colour, n in busiest.most_common(limits.TREND_COLOURS_MAX) if n}
    for series in (state.seconds, state.slots):
        for colour in series.keys() - kept:
            del series[colour]
