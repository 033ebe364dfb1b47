"""Each invariant, and the fault that is planted to break it: exactly that one must report it.

Every plant changes the code that ships. What the simulator says of it has to name the invariant;
others may be broken by it, too.
"""

import base64
import random
from collections.abc import Callable
from typing import Any

import pytest

from core import tally
from core.invariants import CATALOGUE, SIM
from core.lane import LaneState
from firehose_transforms import transform
from local.firehose import object_store
from local.firehose.parcel import Checkpoint
from local.mapping import consumer
from local.mapping.consumer import ShardConsumer
from local.mapping.response import Done, DoneBefore, Meaning, meaning_of
from local.simulation import delivery, fan_out
from local.simulation.swarm import run_seed
from processors import fold, lane, load, load_sql
from processors.lake import Lake
from processors.store import TallyStore
from tests.simulation.chosen import choose

Patch = pytest.MonkeyPatch
ORDERED: dict[str, Any] = {"fan_out": {"starts_on": False}, "faults": {"mode_switch": 0.0}}
FANNED_OUT: dict[str, Any] = {"fan_out": {"starts_on": True}, "faults": {"mode_switch": 0.0}}


def applied_again(patch: Patch) -> None:
    """A lane's item says nothing: each copy of a batch is added."""
    choose(patch, faults={"put_repeated": 0.2})
    patch.setattr(LaneState, "applied_lines", lambda self, number: self.partial.get(number, 0))


def chunk_lost(patch: Patch) -> None:
    """What a dispatcher could not hand over is taken for done (B25)."""
    choose(patch, **FANNED_OUT)
    patch.setattr(fan_out, "partial_reply", lambda failed, records: {"batchItemFailures": []})


def worker_silent(patch: Patch) -> None:
    """Nobody reads a worker's answer (B50), so one that does not raise loses votes."""
    choose(patch, **FANNED_OUT)
    patch.setattr(fan_out, "check_finished", lambda outcome: None)


def lane_skipped(patch: Patch) -> None:
    """Batches of lane 0 are passed over."""
    plan_batch = lane._plan_batch

    def skipping(transaction: Any, delivered: Any, *rest: Any) -> bool:
        skip = delivered.payload.stamp.lane == 0
        return False if skip else plan_batch(transaction, delivered, *rest)

    patch.setattr(lane, "_plan_batch", skipping)


def batch_overtaken(patch: Patch) -> None:
    """Every second batch of a lane is passed over: the next one leaves a hole."""
    plan_batch = lane._plan_batch

    def skipping(transaction: Any, delivered: Any, *rest: Any) -> bool:
        skip = delivered.payload.stamp.number == 2
        return False if skip else plan_batch(transaction, delivered, *rest)

    patch.setattr(lane, "_plan_batch", skipping)


def lane_reordered(patch: Patch) -> None:
    """A mapping spreads a partition key over its lanes, as if only records mattered."""
    choose(patch, **ORDERED, mapping={"parallelization_factor": 10, "batch_size": 1}, lanes=1)
    turns = random.Random(5)
    patch.setattr(consumer, "lane_of", lambda key, lanes: turns.randrange(lanes))


def checkpoint_ahead(patch: Patch) -> None:
    """A mapping takes the first failed record for a done one: off by one."""
    faults = {"table_away": 0.25, "mode_switch": 0.0}
    choose(patch, faults=faults, fan_out={"starts_on": False}, mapping={"batch_size": 20})

    def one_more(outcome: Any, records: Any, *, report: bool) -> Meaning:
        meaning = meaning_of(outcome, records, report=report)
        if isinstance(meaning, DoneBefore):
            last = meaning.index + 1 == len(records)
            return Done() if last else DoneBefore(meaning.index + 1)
        return meaning

    patch.setattr(consumer, "meaning_of", one_more)


def checkpoint_falls(patch: Patch) -> None:
    """A mapping saves where it began, every other time."""
    turns = random.Random(5)
    patch.setattr(
        ShardConsumer,
        "position",
        property(lambda self: self._progress.position if turns.random() < 0.5 else 0),
    )


def delivery_ahead(patch: Patch) -> None:
    """A delivery stream's position moves on before its objects are stored."""

    def advance(self: Checkpoint) -> None:
        while self._parcels:
            self._position = self._parcels.popleft().through

    patch.setattr(Checkpoint, "_advance", advance)


def object_lost(patch: Patch) -> None:
    """Every fifth object of rows is taken for stored."""
    put, turns = object_store.put, random.Random(5)

    def forgetful(store: Any, action: Any) -> None:
        if not action.key.startswith("votes/") or turns.random() < 0.8:
            put(store, action)

    patch.setattr(delivery, "put", forgetful)


def file_forgotten(patch: Patch) -> None:
    """A load's manifest lacks an object that its table says is loaded."""
    put_manifest = Lake.put_manifest

    def shorter(self: Any, load_id: str, objects: Any) -> str:
        return put_manifest(self, load_id, objects[1:] or objects)

    patch.setattr(Lake, "put_manifest", shorter)
    choose(patch, sql_warehouse=True)


def merge_repeated(patch: Patch) -> None:
    """The merge forgets what it has loaded before: a line that comes again counts again."""
    choose(patch, sql_warehouse=True, faults={"put_repeated": 0.25, "delivery_crash": 0.03})
    change_sql(patch, "WHEN q.nth = 1 AND v.poll IS NULL THEN", "WHEN q.nth = 1 THEN")


def rows_dropped(patch: Patch) -> None:
    """The merge counts more lines than it puts into its table."""
    choose(patch, sql_warehouse=True)
    change_sql(patch, "INSERT INTO load_lines", "DELETE FROM votes WHERE seq = 1; ")


def change_sql(patch: Patch, old: str, new: str) -> None:
    copy_load = load_sql.copy_load

    def changed(*given: Any, **named: Any) -> list[str]:
        statements = copy_load(*given, **named)
        assert any(old in statement for statement in statements), "the plant has a place"
        if new.endswith("; "):
            place = next(n for n, statement in enumerate(statements) if old in statement)
            return [*statements[: place + 1], new.removesuffix("; "), *statements[place + 1 :]]
        return [statement.replace(old, new) for statement in statements]

    patch.setattr(load, "copy_load", changed)


def colours_mixed(patch: Patch) -> None:
    """The transform writes another colour into a row."""
    refine = transform.transform_records

    def wrong(records: Any) -> Any:
        answers, told = refine(records)
        for answer in answers:
            if "data" in answer:
                data = base64.b64decode(answer["data"]).replace(b'"red"', b'"blue"')
                answer["data"] = base64.b64encode(data).decode()
        return answers, told

    patch.setattr(delivery, "transform_records", wrong)


def ledger_without(outcome: str) -> Callable[[Patch], None]:
    """The ledger says nothing of an outcome."""

    def plant(patch: Patch) -> None:
        add_ledger = tally.add_ledger

        def partly(into: Any, slot: int, poll: str, at: int, what: str, count: int) -> None:
            if what != outcome:
                add_ledger(into, slot, poll, at, what, count)

        patch.setattr(fold, "add_ledger", partly)
        choose(patch, malformed_share=0.3)

    plant.__name__ = f"{outcome}_unwritten"
    return plant


def second_lost(patch: Patch) -> None:
    """Some seconds are left out of a transaction."""
    actions = TallyStore._actions

    def fewer(self: TallyStore, *given: Any) -> list[dict[str, Any]]:
        return [
            action
            for action in actions(self, *given)
            if not str(action.get("Update", {}).get("Key", {}).get("sk")).startswith(
                "{'S': 'second#"
            )
        ]

    patch.setattr(TallyStore, "_actions", fewer)


PLANTS: list[tuple[Callable[[Patch], None], str]] = [
    (applied_again, "each_identity_once"),
    (chunk_lost, "acknowledged_equals_applied"),
    (worker_silent, "each_identity_once"),
    (lane_skipped, "acknowledged_equals_applied"),
    (batch_overtaken, "no_batch_missing"),
    (lane_reordered, "device_order_kept"),
    (checkpoint_ahead, "checkpoints_never_regress"),
    (checkpoint_falls, "checkpoints_never_regress"),
    (delivery_ahead, "checkpoints_never_regress"),
    (object_lost, "arrived_equals_delivered"),
    (file_forgotten, "delivered_equals_loaded"),
    (merge_repeated, "live_equals_warehouse"),
    (rows_dropped, "loads_equal_tables"),
    (colours_mixed, "colours_equal_warehouse"),
    (ledger_without("counted"), "totals_equal_ledger"),
    (ledger_without("parked"), "stream_equals_ledger"),
    (second_lost, "seconds_equal_totals"),
]


@pytest.mark.parametrize(
    ("plant", "invariant"), PLANTS, ids=[f"{plant.__name__}-{name}" for plant, name in PLANTS]
)
def test_a_planted_fault_breaks_its_invariant(
    plant: Callable[[Patch], None], invariant: str, monkeypatch: Patch
) -> None:
    monkeypatch.setattr("local.simulation.world._DRAIN_STEPS_MAX", 2_000)
    plant(monkeypatch)
    broken: set[str] = set()
    for seed in range(30):
        broken |= {line.partition(":")[0] for line in run_seed(seed, 40).broken}
        if invariant in broken:
            return
    raise AssertionError(f"{invariant} is not broken, but {broken}")


def test_every_invariant_of_the_simulator_has_its_plant() -> None:
    asked = {entry.name for entry in CATALOGUE if SIM in entry.evaluated_by}
    assert asked == {name for _, name in PLANTS}
