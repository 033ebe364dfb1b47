"""Two independent sources of history in, whether they agree out: stream, lake, warehouse, tallies.

As in `live`, each says up to which minute of arrival it is exact: votes flow on.
"""

from collections import Counter
from collections.abc import Collection, Mapping

from core.agreement import Agreement, LineDifference
from core.invariants.invariant import (
    MINUTE_MS,
    Invariant,
    LineKey,
    exact_until_ms,
    few,
    minutes_between,
)

Lines = Mapping[str, Mapping[LineKey, int]]  # outcome -> poll, minute of arrival -> lines


def arrived_equals_delivered(
    stream: Mapping[int, int],
    delivered: Mapping[int, int],
    failed: Mapping[int, int],
    *,
    from_minute: int,
    until_minute: int | None,
    unreadable: Mapping[str, str],
) -> Invariant:
    """Compare lines that the stream holds with those in the lake's objects, by minute of arrival.

    A record that could not be refined is in an object of failures, and counts as such.
    """
    lake = Counter(delivered) + Counter(failed)
    compared = minutes_between(stream.keys() | lake.keys(), from_minute, until_minute)
    off = [minute for minute in compared if stream.get(minute, 0) != lake[minute]]
    lost = sum(failed.get(minute, 0) for minute in compared)
    note = f"minutes of arrival that differ: {few(off)}" if off else ""
    if unreadable:
        note = f"objects that cannot be read: {few(sorted(unreadable))}"
    elif lost and not off:
        note = f"{lost} lines failed and wait for `cube recover`"
    return Invariant(
        name="arrived_equals_delivered",
        ok=not off and not unreadable,
        left=sum(stream.get(minute, 0) for minute in compared),
        right=sum(lake[minute] for minute in compared),
        left_is="lines in the stream, a batch that was sent twice counted once",
        right_is="lines in the lake's objects, or kept in its objects of failures",
        exact_until_ms=exact_until_ms(until_minute),
        note=note,
    )


def delivered_equals_loaded(
    rows: Mapping[str, int],
    load_of: Mapping[str, str],
    loaded: Mapping[str, int],
    *,
    drained: bool,
) -> Invariant:
    """Compare the rows in the lake's objects with the rows that their loads counted inside.

    `rows` are by object, `load_of` names the load of an object (the manifest), `loaded` the rows a
    load found. Once all is drained, every object is in the manifest.
    """
    found: Counter[str] = Counter()
    for key, count in rows.items():
        if key in load_of:
            found[load_of[key]] += count
    off = [load for load in found if found[load] != loaded.get(load, 0)]
    waiting = [key for key in rows if key not in load_of]
    note = f"loads that differ: {few(off)}" if off else ""
    if not note and waiting:
        note = f"objects that wait for their load: {len(waiting)}, the first {waiting[0]}"
    return Invariant(
        name="delivered_equals_loaded",
        ok=not off and not (drained and waiting),
        left=sum(found.values()),
        right=sum(loaded.get(load, 0) for load in found),
        left_is="rows in objects of the lake that the manifest says are loaded",
        right_is="rows that their loads counted",
        note=note,
    )


def loads_equal_tables(loads: Lines, tables: Lines) -> Invariant:
    """Compare what loads say they did with the rows in their tables, by poll and minute.

    Both are given as counted, parked and duplicate -> (poll, minute) -> lines, from one snapshot.
    """
    off = [
        f"{outcome} {poll} {minute}"
        for outcome, lines in loads.items()
        for poll, minute in sorted(lines.keys() | tables[outcome].keys())
        if lines.get((poll, minute), 0) != tables[outcome].get((poll, minute), 0)
    ]
    return Invariant(
        name="loads_equal_tables",
        ok=not off,
        left=sum(sum(lines.values()) for lines in loads.values()),
        right=sum(sum(lines.values()) for lines in tables.values()),
        left_is="lines that loads counted, parked or found to be duplicates",
        right_is="rows of votes, parked_votes and duplicate_votes",
        note=f"lines that differ: {few(off)}" if off else "",
    )


def live_equals_warehouse(
    live: Lines,
    warehouse: Lines,
    detoured: Mapping[int, int],
    *,
    from_minute: int,
    until_minute: int | None,
) -> Invariant:
    """Compare the live ledger with the warehouse's rows, by outcome, poll and minute of arrival.

    Both are given as outcome -> (poll, minute) -> lines. `detoured` says by how many lines the
    ledger may be ahead in a minute, because records failed on the way or came back later: such
    minutes are compared as sums.
    """
    keys = {key for side in (live, warehouse) for lines in side.values() for key in lines}
    compared = set(minutes_between({minute for _, minute in keys}, from_minute, until_minute))
    left, right = (_by_minute(side, compared) for side in (live, warehouse))
    off = [
        f"{each.outcome} {each.poll} {each.minute}: "
        f"{each.live} live, {each.history} in the warehouse"
        for each in differing_lines(live, warehouse, compared - detoured.keys())
    ]
    off += [
        f"minute {minute}: {left[minute] - right[minute]} more live, "
        f"{detoured[minute]} are on a detour"
        for minute in sorted(compared & detoured.keys())
        if left[minute] - right[minute] != detoured[minute]
    ]
    return Invariant(
        name="live_equals_warehouse",
        ok=not off,
        left=left.total(),
        right=right.total(),
        left_is="lines counted, parked or duplicate in the live ledger",
        right_is="the same in the warehouse",
        exact_until_ms=exact_until_ms(until_minute),
        note=f"lines that differ: {few(off)}" if off else "",
    )


def differing_lines(
    live: Lines, warehouse: Lines, minutes: Collection[int]
) -> list[LineDifference]:
    """Return where the two differ in these minutes of arrival, the oldest first."""
    return [
        LineDifference(poll=poll, minute=minute, outcome=outcome, live=one, history=other)
        for minute, poll, outcome in sorted(
            (minute, poll, outcome)
            for outcome in live.keys() | warehouse.keys()
            for poll, minute in _lines(live, outcome).keys() | _lines(warehouse, outcome).keys()
            if minute in minutes
        )
        if (one := _lines(live, outcome).get((poll, minute), 0))
        != (other := _lines(warehouse, outcome).get((poll, minute), 0))
    ]


def colours_equal_warehouse(
    poll: str,
    before: Mapping[str, int],
    warehouse: Mapping[str, int],
    after: Mapping[str, int],
    *,
    drained: bool,
) -> Invariant:
    """Compare a poll's live totals, colour by colour, with the distinct votes of the warehouse.

    The live totals are read before and after. Once all is drained they are equal; before that a
    difference is a delivery on its way.
    """
    off = [
        colour
        for colour in sorted(before.keys() | warehouse.keys() | after.keys())
        if not before.get(colour, 0) <= warehouse.get(colour, 0) <= after.get(colour, 0)
    ]
    left, right = sum(before.values()), sum(warehouse.values())
    note = ""
    if off and drained:
        note = f"colours that differ: {few(off)}"
    elif off:
        note = "history is behind, or ahead: exact with --wait"
    return Invariant(
        name="colours_equal_warehouse",
        ok=not (off and drained),
        left=min(max(right, left), sum(after.values())),
        right=right,
        left_is=f"votes in the live totals of poll {poll}",
        right_is="its votes in the warehouse, each identity once",
        note=note,
    )


def comparison_agrees(found: Agreement, *, repaired: bool) -> Invariant:
    """Show what the scheduled comparison found when it ran last.

    `repaired`: whoever asks has compared live with history since, and they agree.
    """
    minutes = sorted({each.minute for each in found.differences})
    note = ""
    if not found.agrees:
        note = f"minutes of arrival that differ: {few(minutes)}"
        note += "; repaired since" if repaired else ""
    elif found.from_minute == found.until_minute:
        note = "no minute was old enough to be compared"
    return Invariant(
        name="comparison_agrees",
        ok=found.agrees or repaired,
        left=found.live,
        right=found.history,
        left_is="lines in the live ledger, when the scheduled comparison ran last",
        right_is="lines in the warehouse",
        exact_until_ms=found.until_minute * MINUTE_MS,
        note=note,
    )


def history_caught_up(behind_ms: int, waiting: str, *, drained: bool, waited: bool) -> Invariant:
    """Say how far history is behind; broken only when a wait for it ran out."""
    return Invariant(
        name="history_caught_up",
        ok=drained or not waited,
        left=behind_ms,
        right=0,
        left_is="age of the oldest record that is not in the warehouse, ms",
        right_is="none",
        note="" if drained else f"history is behind: {waiting} wait for their load",
    )


def _lines(side: Lines, outcome: str) -> Mapping[LineKey, int]:
    return side.get(outcome, {})


def _by_minute(side: Lines, minutes: Collection[int]) -> Counter[int]:
    sums: Counter[int] = Counter()
    for lines in side.values():
        for (_, minute), count in lines.items():
            if minute in minutes:
                sums[minute] += count
    return sums
