"""A drained world in, the invariants that do not hold out, each as a sentence with both sides."""

from collections import Counter
from typing import TYPE_CHECKING, Any

from core import keys
from core.item import from_item
from core.lane import LaneState
from core.ledger import COUNTED, PARKED, sum_lines
from core.poll import DEFAULT_POLL
from core.tally import colours_of
from local.simulation.history_verdict import history_checks
from local.simulation.options import TABLE

if TYPE_CHECKING:
    from local.simulation.world import Simulation


def broken_invariants(world: "Simulation") -> tuple[str, ...]:
    """Return what does not hold now that everything has drained."""
    items = _all_items(world)
    totals = _colours(items, "total#")
    fine = sum((_colours(items, kind) for kind in ("second#", "minute#", "older#")), Counter())
    ledger = sum_lines(item for item in items if item["pk"].startswith("ledger#"))
    checks: dict[str, tuple[object, object]] = {
        "totals equal what the stream accepted": (totals, +world.expected.colours),
        "seconds equal totals": (fine, totals),
        "ledger counted equals totals": (ledger[COUNTED], totals.total()),
        "nothing is missing": (_missing(items), 0),
        "lanes applied what was acknowledged": (_applied(items), _acknowledged(world)),
        "parked lines of batches are in the ledger": (
            ledger[PARKED] >= world.expected.bad_lines_of_batches,
            True,
        ),
    }
    checks |= history_checks(world, totals, sum(ledger.values()))
    return tuple(
        f"{name}: {left!r} is not {right!r}"
        for name, (left, right) in checks.items()
        if left != right
    )


def _all_items(world: "Simulation") -> list[dict[str, Any]]:
    request: dict[str, Any] = {"TableName": TABLE}
    items: list[dict[str, Any]] = []
    while True:
        page = world.dynamodb.scan(**request)
        items += [from_item(item) for item in page["Items"]]
        if "LastEvaluatedKey" not in page:
            return items
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _colours(items: list[dict[str, Any]], kind: str) -> Counter[str]:
    pk = keys.poll_pk(DEFAULT_POLL)
    return colours_of(i for i in items if i["pk"] == pk and i["sk"].startswith(kind))


def _lanes(items: list[dict[str, Any]]) -> dict[str, list[LaneState]]:
    lanes: dict[str, list[LaneState]] = {}
    for item in items:
        if item["pk"].startswith("lane#"):
            producer = item["pk"].removeprefix("lane#")
            lanes.setdefault(producer, []).append(LaneState.from_values(item))
    return lanes


def _missing(items: list[dict[str, Any]]) -> int:
    return sum(state.missing() for states in _lanes(items).values() for state in states)


def _applied(items: list[dict[str, Any]]) -> dict[str, int]:
    return {
        producer: sum(state.votes + state.parked for state in states)
        for producer, states in _lanes(items).items()
    }


def _acknowledged(world: "Simulation") -> dict[str, int]:
    summaries = [producer.outbox.summary() for producer in world.producers]
    return {s.producer: s.acknowledged_votes for s in summaries if s.acknowledged_votes}
