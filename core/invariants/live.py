"""Two independent sources in, whether they agree out: what must hold of every vote, by name.

Votes may flow while the sources are read. Each function says what of its answer is exact even so:
`left` was read before `right`, and what is bracketed lies between two readings of the other side.
"""

from collections.abc import Mapping
from typing import Protocol

from core.invariants.invariant import (
    Bracketed,
    Invariant,
    exact_until_ms,
    few,
    minutes_between,
)
from core.lane import LaneState


class OutboxLines(Protocol):
    """What an outbox says of itself, in lines: `producers.outbox.OutboxSummary` is one."""

    @property
    def producer(self) -> str: ...
    @property
    def lanes(self) -> int: ...
    @property
    def sealed_votes(self) -> int: ...
    @property
    def acknowledged_votes(self) -> int: ...
    @property
    def acknowledged_by_lane(self) -> tuple[int, ...]: ...


def acknowledged_equals_applied(
    before: OutboxLines,
    lanes: Mapping[int, LaneState],
    after: OutboxLines,
    *,
    caught_up: bool,
) -> Invariant:
    """Compare an outbox, lane by lane, with what the tallies applied of it.

    Nothing beyond what was sealed may ever be applied. Once the consumers have done all that was
    acknowledged (`caught_up`), no less than that may be. Between the two lie batches whose answer
    got lost: the stream has them, the outbox sends them again, they count once.
    """
    applied = [lanes.get(lane, LaneState()) for lane in range(before.lanes)]
    lines = [state.votes + state.parked for state in applied]
    too_few = [
        lane for lane, count in enumerate(lines) if count < before.acknowledged_by_lane[lane]
    ]
    total = sum(lines)
    ok = total <= after.sealed_votes and not (caught_up and too_few)
    note = ""
    if caught_up and too_few:
        note = f"lanes with lines that were accepted and not applied: {few(too_few)}"
    elif total > after.sealed_votes:
        note = f"only {after.sealed_votes} lines were ever sealed"
    elif not caught_up:
        note = "the consumers are behind: exact with --wait"
    elif after.sealed_votes > after.acknowledged_votes:
        waiting = after.sealed_votes - after.acknowledged_votes
        note = f"{waiting} more wait in the outbox, or are on their way"
    elif total > before.acknowledged_votes:
        note = f"{total - before.acknowledged_votes} were acknowledged while this was read"
    return Invariant(
        name="acknowledged_equals_applied",
        ok=ok,
        left=before.acknowledged_votes,
        right=total,
        left_is=f"lines acknowledged to producer {before.producer}",
        right_is="lines applied of its lanes",
        note=note,
    )


def no_batch_missing(lanes: Mapping[tuple[str, int], LaneState], *, caught_up: bool) -> Invariant:
    """No lane has a batch that a later one overtook, or that is applied only in part.

    While consumers are behind, such a batch may yet come; once they have done everything in the
    stream, nothing will bring it.
    """
    missing = {key: state.missing() + len(state.partial) for key, state in lanes.items()}
    holes = [f"{producer}/{lane}" for (producer, lane), count in missing.items() if count]
    return Invariant(
        name="no_batch_missing",
        ok=not holes or not caught_up,
        left=sum(missing.values()),
        right=0,
        left_is="batches accepted and not wholly applied",
        right_is="none",
        note=f"lanes: {few(holes)}" if holes else "",
    )


def totals_equal_ledger(poll: str, counted: Bracketed) -> Invariant:
    """Compare a poll's running totals, read before and after, with the ledger's `counted`."""
    return Invariant(
        name="totals_equal_ledger",
        ok=counted.agrees,
        left=counted.nearest,
        right=counted.between,
        left_is=f"votes in the totals of poll {poll}",
        right_is="votes counted in its ledger",
        note=_flowed(counted.after - counted.before),
    )


def seconds_equal_totals(poll: str, colours: Mapping[str, Bracketed]) -> Invariant:
    """Compare a poll's seconds, minutes and what is older, colour by colour, with its totals."""
    off = [colour for colour, count in colours.items() if not count.agrees]
    note = f"colours that differ: {few(off)}" if off else ""
    return Invariant(
        name="seconds_equal_totals",
        ok=not off,
        left=sum(count.between for count in colours.values()),
        right=sum(count.nearest for count in colours.values()),
        left_is=f"votes in the seconds, minutes and older of poll {poll}",
        right_is="votes in its totals",
        note=note or _flowed(sum(count.after - count.before for count in colours.values())),
    )


def stream_equals_ledger(
    stream: Mapping[int, int],
    ledger: Mapping[int, int],
    *,
    from_minute: int,
    until_minute: int | None,
) -> Invariant:
    """Compare lines that the stream itself holds with the ledger, minute by minute of arrival.

    Both sides are given as minute -> lines; minutes from `from_minute` up to and without
    `until_minute` (None: all) are compared, which the consumers have done completely.
    """
    compared = minutes_between(stream.keys() | ledger.keys(), from_minute, until_minute)
    off = [minute for minute in compared if stream.get(minute, 0) != ledger.get(minute, 0)]
    return Invariant(
        name="stream_equals_ledger",
        ok=not off,
        left=sum(stream.get(minute, 0) for minute in compared),
        right=sum(ledger.get(minute, 0) for minute in compared),
        left_is="lines in the stream, a batch that was sent twice counted once",
        right_is="lines counted, parked or duplicate in the ledger",
        exact_until_ms=exact_until_ms(until_minute),
        note=f"minutes of arrival that differ: {few(off)}" if off else "",
    )


def consumers_caught_up(iterator_age_ms: int, *, caught_up: bool, waited: bool) -> Invariant:
    """Say how far the consumers are behind; broken only when a wait for them ran out."""
    return Invariant(
        name="consumers_caught_up",
        ok=caught_up or not waited,
        left=iterator_age_ms,
        right=0,
        left_is="age of the oldest record not done, ms",
        right_is="none",
        note="" if caught_up else "the consumers are behind",
    )


def _flowed(votes: int) -> str:
    return f"{votes} votes were counted while this was read" if votes else ""
