"""A drained world in, every invariant of the catalogue that it can be asked, judged, out."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from core import keys
from core.invariants import live, order
from core.invariants.invariant import Bracketed, Invariant, LineKey
from core.item import from_item
from core.lane import LaneState
from core.ledger import COUNTED, OUTCOMES, PARKED, sum_lines
from core.poll import DEFAULT_POLL
from core.tally import colours_of
from local.simulation.history_verdict import judge_history
from local.simulation.options import TABLE
from local.simulation.slow_reader import count_now

if TYPE_CHECKING:
    from local.simulation.world import Simulation

Items = Sequence[dict[str, Any]]


def broken_invariants(world: "Simulation") -> tuple[str, ...]:
    """Return what does not hold now that everything has drained, each with both its sides."""
    return tuple(
        f"{each.name}: {each.left} {each.left_is}, {each.right} {each.right_is}; {each.note}"
        for each in judge(world)
        if not each.ok
    )


def judge(world: "Simulation") -> list[Invariant]:
    """Return every verdict."""
    items = _all_items(world)
    totals = _colours(items, "total#")
    ledger = ledger_lines(items)
    return [
        *_judge_lanes(world, items),
        _judge_totals(items, totals),
        _judge_seconds(items, totals),
        _judge_stream(world, ledger),
        _judge_accepted(world, items, totals),
        order.each_identity_once(_times_applied(world)),
        *([order.device_order_kept(_order_applied(world))] if _promises_order(world) else []),
        order.checkpoints_never_regress(_positions_saved(world)),
        *judge_history(world, totals, ledger),
    ]


# --- the table ---


def _all_items(world: "Simulation") -> Items:
    request: dict[str, Any] = {"TableName": TABLE}
    items: list[dict[str, Any]] = []
    while True:
        page = world.dynamodb.scan(**request)
        items += [from_item(item) for item in page["Items"]]
        if "LastEvaluatedKey" not in page:
            return items
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _colours(items: Items, kind: str) -> Counter[str]:
    pk = keys.poll_pk(DEFAULT_POLL)
    return colours_of(i for i in items if i["pk"] == pk and i["sk"].startswith(kind))


def ledger_lines(items: Items) -> dict[str, Counter[LineKey]]:
    """Return the ledger as outcome -> (poll, minute of arrival) -> lines."""
    lines: dict[str, Counter[LineKey]] = {outcome: Counter() for outcome in OUTCOMES}
    for item in items:
        if item["pk"].startswith("ledger#"):
            key = item["pk"].removeprefix("ledger#"), int(item["sk"].partition("#")[0])
            for outcome in OUTCOMES:
                lines[outcome][key] += item.get(outcome, 0)
    return lines


def _judge_lanes(world: "Simulation", items: Items) -> list[Invariant]:
    lanes = {
        (item["pk"].removeprefix("lane#"), int(item["sk"])): LaneState.from_values(item)
        for item in items
        if item["pk"].startswith("lane#")
    }
    result = [live.no_batch_missing(lanes, caught_up=True)]
    for producer in world.producers:
        summary = producer.outbox.summary()
        mine = {lane: at for (name, lane), at in lanes.items() if name == summary.producer}
        result.append(live.acknowledged_equals_applied(summary, mine, summary, caught_up=True))
    return result


def _judge_totals(items: Items, totals: Counter[str]) -> Invariant:
    ledger = sum_lines(item for item in items if item["pk"] == keys.ledger_pk(DEFAULT_POLL))
    total = totals.total()
    return live.totals_equal_ledger(
        DEFAULT_POLL, Bracketed(before=total, between=ledger[COUNTED], after=total)
    )


def _judge_seconds(items: Items, totals: Counter[str]) -> Invariant:
    fine = sum((_colours(items, kind) for kind in ("second#", "minute#", "older#")), Counter())
    return live.seconds_equal_totals(
        DEFAULT_POLL,
        {
            colour: Bracketed(before=totals[colour], between=fine[colour], after=totals[colour])
            for colour in fine.keys() | totals.keys()
        },
    )


# --- the stream ---


def _judge_stream(world: "Simulation", ledger: dict[str, Counter[LineKey]]) -> Invariant:
    """Compare by minute where order is promised: a batch is then counted at its first arrival."""
    stream = count_now(world.stream.service).by_minute
    counted: Counter[int] = Counter()
    for lines in ledger.values():
        for (_, minute), count in lines.items():
            counted[minute] += count
    if not _promises_order(world):
        stream, counted = Counter({0: stream.total()}), Counter({0: counted.total()})
    return live.stream_equals_ledger(stream, counted, from_minute=0, until_minute=None)


def _judge_accepted(world: "Simulation", items: Items, totals: Counter[str]) -> Invariant:
    """Compare with what the simulator itself has counted of what it put: nobody else can."""
    expected = +world.expected.colours
    parked = sum_lines(i for i in items if i["pk"].startswith("ledger#"))[PARKED]
    off = [colour for colour in totals.keys() | expected if totals[colour] != expected[colour]]
    bad = world.expected.bad_lines_of_batches
    note = f"colours that differ: {off}" if off else ""
    if parked < bad:
        note = f"{bad} bad lines were accepted, {parked} are parked"
    return Invariant(
        name="accepted_equals_totals",
        ok=not off and parked >= bad,
        left=expected.total(),
        right=totals.total(),
        left_is="valid votes that the stream accepted",
        right_is="votes in the totals",
        note=note,
    )


# --- order ---


def _promises_order(world: "Simulation") -> bool:
    """Return whether it was ordered from first to last, and nothing went the way of a re-drive."""
    return world.ordered and not world.mapping.discarded


def _times_applied(world: "Simulation") -> Counter[object]:
    times: Counter[object] = Counter(dict.fromkeys(world.expected.identities(), 0))
    for batch, first, last in world.applied.applied:
        for line in world.expected.batches[batch][first:last]:
            if line.counts:
                times[line.identity] += 1
    for identity, counts in world.expected.unstamped.items():
        if counts:
            times[identity] += world.applied.marks[keys.vote_mark_pk(*identity)]
    nameless = world.applied.counted - times.total()
    if nameless > 0:  # counted without a lane or a marker that says so: somebody's second time
        times["votes that no lane or marker names"] = 1 + nameless
    return times


def _order_applied(world: "Simulation") -> dict[str, list[int]]:
    """Return the places of each device's stamped votes, as they were applied."""
    place_of: dict[object, int] = {}
    for lines in world.expected.batches.values():
        for line in lines:
            place_of[line.identity] = len(place_of)
    places: dict[str, list[int]] = {}
    for batch, first, last in world.applied.applied:
        for line in world.expected.batches[batch][first:last]:
            if line.identity is not None:
                places.setdefault(line.identity.device_id, []).append(place_of[line.identity])
    return places


def _positions_saved(world: "Simulation") -> dict[str, list[tuple[int, int]]]:
    deliveries = world.history.deliveries
    witnesses = [world.mapping.witness, *(delivery.witness for delivery in deliveries)]
    return {where: saves for witness in witnesses for where, saves in witness.saves.items()}
