"""A stream in, its records in the lake out: the shipped delivery pipeline at a random pace."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from core.clock import ManualClock
from firehose_transforms.transform import transform_records
from local.firehose.action import Action, Copy, Fetch, Finished, Save, StoreObject, Transform, Wait
from local.firehose.object_store import put
from local.firehose.pipeline import Pipeline
from local.invoke.outcome import Outcome
from local.mapping import ShardPosition
from local.mapping.shard_order import startable
from local.mapping.source import StreamSource
from local.simulation.chance import Chance
from local.simulation.delivered import DeliveredRecords
from local.simulation.options import STREAM
from local.simulation.ports import FaultyLake
from local.simulation.witness import PositionWitness

_START = ShardPosition(0)


@dataclass(slots=True)
class SimulatedDelivery:
    """One pipeline; its positions survive its crashes, what it holds does not."""

    source: StreamSource
    new_pipeline: Callable[[], Pipeline]
    lake: FaultyLake
    clock: ManualClock
    chance: Chance
    rng: random.Random
    witness: PositionWitness
    positions: dict[str, ShardPosition] = field(default_factory=dict)
    delivered: DeliveredRecords = field(default_factory=DeliveredRecords)
    done: int = 0  # actions, but for reads that brought nothing
    _pipeline: Pipeline | None = None
    _pending: list[Action] = field(default_factory=list)
    _look: bool = True  # for shards whose turn has come

    def crash(self) -> None:
        """Forget what is held; objects on their way may have been stored."""
        for action in self._pending:
            if isinstance(action, StoreObject) and self.rng.random() < 0.5:
                self._store(action)
        self._pipeline, self._pending, self._look = None, [], True

    def act(self) -> bool:
        """Do one thing; return whether anything was left to do."""
        pipeline = self._running()
        if not self._pending or self.rng.random() < 0.5:
            action = pipeline.step(self.clock.now_ms())
            if isinstance(action, Finished):
                self._look = True
                return True
            if not isinstance(action, Wait):
                self._pending.append(action)
                return True
        if not self._pending:
            return False
        self._perform(pipeline, self._pending.pop(self.rng.randrange(len(self._pending))))
        return True

    def caught_up(self) -> bool:
        """Return whether every record of every shard is stored."""
        return not any(
            self.source.read(
                STREAM,
                shard.shard_id,
                after=self.positions.get(shard.shard_id, _START).position,
                records_max=1,
                bytes_max=1,
            ).records
            for shard in self.source.shards(STREAM)
        )

    def _running(self) -> Pipeline:
        if self._pipeline is None:
            self._pipeline = self.new_pipeline()
        if self._look:
            self._look = False
            known = self._pipeline.positions
            for shard_id, position in startable(self.source.shards(STREAM), self.positions):
                if shard_id not in known:
                    self._pipeline.add_shard(shard_id, position, self.clock.now_ms())
        return self._pipeline

    def _perform(self, pipeline: Pipeline, action: Action) -> None:
        now_ms = self.clock.now_ms()
        self.done += 1
        match action:
            case Fetch(shard_id, after, records_max, bytes_max):
                if self.chance.strikes("read_failed"):
                    pipeline.fetch_failed(shard_id, now_ms)
                    return
                result = self.source.read(
                    STREAM, shard_id, after=after, records_max=records_max, bytes_max=bytes_max
                )
                self.done -= not result.records
                self.delivered.read(shard_id, result.records)
                pipeline.fetched(shard_id, result, now_ms)
            case Transform(attempt_id, _, _, _):
                pipeline.transformed(attempt_id, self._refine(pipeline, action), now_ms)
            case StoreObject(attempt_id, _, _, _, _):
                pipeline.stored(attempt_id, now_ms, ok=self._store(action))
            case Save(shard_id, position, finished):
                if self.chance.strikes("save_failed"):  # the driver tries until it is written
                    self._pending.append(action)
                    return
                self.positions[shard_id] = ShardPosition(position, finished)
                self.witness.saved(shard_id, position, self.source, STREAM)
                pipeline.saved(action)
            case Copy():
                raise AssertionError("this lake has no warehouse behind it")
            case _:
                raise AssertionError(f"an action of its own: {action}")

    def _refine(self, pipeline: Pipeline, action: Transform) -> Outcome:
        if self.chance.strikes("invoke_throttled"):
            return Outcome("throttled", b"", "request")
        event: dict[str, Any] = json.loads(pipeline.payload(action))
        answers, _ = transform_records(event["records"])
        if self.chance.strikes("invoke_killed"):
            return Outcome("function_error", b'{"errorMessage":"Task timed out"}', "request")
        return Outcome("ok", json.dumps({"records": answers}).encode(), "request")

    def _store(self, action: StoreObject) -> bool:
        try:
            put(self.lake, action)
        except Exception:  # S3 is away: the pipeline asks again
            return False
        for shard_id, number in self.delivered.stored(action.key, b"".join(action.chunks)):
            self.witness.did(shard_id, (number,))
        return not self.chance.strikes("lake_answer_lost")
