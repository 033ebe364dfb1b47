"""Two independent sources of history in, whether they agree out: stream, lake, warehouse, tallies.

As in local/invariants.py, each says up to which minute of arrival it is exact: votes flow on.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from local.invariants import MINUTE_MS, Invariant

LineKey = tuple[str, int]  # poll, minute of arrival
_SHOWN: Final = 5


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
    compared = _minutes(stream.keys() | lake.keys(), from_minute, until_minute)
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
        exact_until_ms=_exact(until_minute),
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


def loads_equal_tables(
    loads: Mapping[str, Mapping[LineKey, int]], tables: Mapping[str, Mapping[LineKey, int]]
) -> Invariant:
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
    live: Mapping[str, Mapping[LineKey, int]],
    warehouse: Mapping[str, Mapping[LineKey, int]],
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
    keys = {
        (outcome, *key) for side in (live, warehouse) for outcome in side for key in side[outcome]
    }
    compared = set(_minutes({key[2] for key in keys}, from_minute, until_minute))
    sums: Counter[int] = Counter()
    off: list[str] = []
    left = right = 0
    for outcome, poll, minute in sorted(key for key in keys if key[2] in compared):
        one = live.get(outcome, {}).get((poll, minute), 0)
        other = warehouse.get(outcome, {}).get((poll, minute), 0)
        left, right = left + one, right + other
        sums[minute] += one - other
        if one != other and minute not in detoured:
            off.append(f"{outcome} {poll} {minute}: {one} live, {other} in the warehouse")
    off += [
        f"minute {minute}: {sums[minute]} more live, {detoured[minute]} are on a detour"
        for minute in sorted(compared & detoured.keys())
        if sums[minute] != detoured[minute]
    ]
    return Invariant(
        name="live_equals_warehouse",
        ok=not off,
        left=left,
        right=right,
        left_is="lines counted, parked or duplicate in the live ledger",
        right_is="the same in the warehouse",
        exact_until_ms=_exact(until_minute),
        note=f"lines that differ: {few(off)}" if off else "",
    )


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


def few(values: Sequence[object]) -> str:
    """Return the first of the values as words."""
    shown = ", ".join(str(value) for value in values[:_SHOWN])
    return shown + (f" and {len(values) - _SHOWN} more" if len(values) > _SHOWN else "")


def _minutes(minutes: set[int], from_minute: int, until_minute: int | None) -> list[int]:
    return [
        minute
        for minute in sorted(minutes)
        if from_minute <= minute and (until_minute is None or minute < until_minute)
    ]


def _exact(until_minute: int | None) -> int | None:
    return None if until_minute is None else until_minute * MINUTE_MS
