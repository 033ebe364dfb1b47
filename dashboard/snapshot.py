"""A poll's tally in, what goes over the wire out: API entries, stream ticks, stream openings.

Times are epoch ms, UTC; what is not known is null, never 0.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.limits import HISTORY_S, STICKER_COLOURS_MAX, STICKERS, TICK_SECONDS
from dashboard.poll_tally import PollTally
from dashboard.share import largest_remainder, stickers
from dashboard.swatch import swatches


def entry(tally: PollTally, trend: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return `polls.{poll}` of `/api/snapshot`."""
    known = tally.as_of is not None
    return {
        "as_of": tally.as_of,
        "total": tally.total,
        "by_colour": dict(zip(tally.palette, tally.counts(), strict=True)) if known else None,
        "votes_per_second": tally.votes_per_second,
        "latency_ms": {"p50": tally.latency_ms(0.5), "p99": tally.latency_ms(0.99)},
        "trend": trend,
    }


def snapshot(
    tallies: Mapping[str, PollTally],
    trends: Mapping[str, Mapping[str, Any] | None],
    *,
    as_of: int | None,
    server_now: int,
) -> dict[str, Any]:
    """Return the whole of `/api/snapshot`."""
    polls = {poll: entry(tally, trends.get(poll)) for poll, tally in sorted(tallies.items())}
    return {"server_now": server_now, "as_of": as_of, "polls": polls}


def tick(
    tally: PollTally, *, seq: int, server_now: int, trend: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return a stream tick; lists are in palette order, `stickers` and `shares` add up."""
    known = tally.as_of is not None
    counts = tally.counts()
    return {
        "seq": seq,
        "server_now": server_now,
        "as_of": tally.as_of,
        "total": tally.total,
        "counts": counts if known else None,
        "shares": largest_remainder(counts, 1000),
        "stickers": stickers(counts, seats=STICKERS, colours_max=STICKER_COLOURS_MAX),
        "votes_per_second": tally.votes_per_second,
        "latency_ms": {"p50": tally.latency_ms(0.5), "p99": tally.latency_ms(0.99)},
        "full_second": tally.full_second,
        "seconds": _seconds(tally, TICK_SECONDS),
        "trend": trend,
    }


def opening(
    tally: PollTally,
    *,
    poll: str,
    polls: Sequence[str],
    seq: int,
    server_now: int,
    trend: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return what a viewer needs first: a tick with the palette, the polls and the history."""
    return tick(tally, seq=seq, server_now=server_now, trend=trend) | {
        "poll": poll,
        "polls": sorted(polls),
        "palette": swatches(tally.palette),
        "seconds": _seconds(tally, HISTORY_S),
    }


def _seconds(tally: PollTally, newest: int) -> list[tuple[int, list[int]]]:
    """Return (second, counts) of the newest full seconds, oldest first; empty ones included."""
    last = tally.full_second
    if last is None:
        return []
    return [(number, tally.counts_of(number)) for number in range(last - newest + 1, last + 1)]
