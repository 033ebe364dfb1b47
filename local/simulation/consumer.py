"""A stream and processors in, the shipped event source mapping driven at a random pace out."""

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from core.clock import ManualClock
from local.invoke.outcome import Outcome
from local.mapping import ShardConsumer, ShardPosition
from local.mapping.action import Action, Fetch, Finished, Invoke, Save, SendToDestination, Wait
from local.mapping.shard_order import first_positions, startable
from local.mapping.source import StreamSource
from local.simulation.options import STREAM, Options
from local.simulation.ports import Chance


class Invoker(Protocol):
    """Runs the function on an event and returns its answer."""

    def __call__(self, records: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]: ...


@dataclass(slots=True)
class _Running:
    consumer: ShardConsumer
    pending: list[Action]


class SimulatedMapping:
    """Drives one ShardConsumer a shard; its positions survive its crashes."""

    def __init__(
        self,
        source: StreamSource,
        invoke: Invoker,
        *,
        options: Options,
        clock: ManualClock,
        chance: Chance,
        rng: random.Random,
    ) -> None:
        self.source = source
        self._invoke = invoke
        self._options = options
        self._clock = clock
        self._chance = chance
        self._rng = rng
        self.positions: dict[str, ShardPosition] = first_positions(options.mapping, source)
        self._running: dict[str, _Running] = {}
        self._look = True  # for shards whose turn has come

    def crash(self) -> None:
        """Forget everything but the saved positions; what was in flight may have been done."""
        for running in self._running.values():
            for action in running.pending:
                if isinstance(action, Invoke) and self._rng.random() < 0.5:
                    self._call(running.consumer, action)
        self._running, self._look = {}, True

    def act(self) -> bool:
        """Do one thing on one shard; return whether anything was left to do."""
        self._start_shards()
        shards = list(self._running)
        self._rng.shuffle(shards)
        return any(self._act_on(shard) for shard in shards)

    def caught_up(self) -> bool:
        """Return whether every record of every shard is done."""
        self._start_shards()
        for shard in self.source.shards(STREAM):
            at = self.positions.get(shard.shard_id, ShardPosition(0))
            left = self.source.read(
                STREAM, shard.shard_id, after=at.position, records_max=1, bytes_max=1
            )
            if left.records:
                return False
        return True

    def notify(self) -> None:
        for running in self._running.values():
            running.consumer.notify()

    def _start_shards(self) -> None:
        if not self._look:
            return
        self._look = False
        shards = self.source.shards(STREAM)
        for shard_id, position in startable(shards, self.positions):
            if shard_id not in self._running:
                consumer = ShardConsumer(
                    self._options.mapping,
                    shard_id,
                    position=position,
                    rng=self._rng,
                    now_ms=self._clock.now_ms(),
                )
                self._running[shard_id] = _Running(consumer, [])

    def _act_on(self, shard_id: str) -> bool:
        running = self._running[shard_id]
        if not running.pending or self._rng.random() < 0.5:
            action = running.consumer.step(self._clock.now_ms())
            if isinstance(action, Finished):
                del self._running[shard_id]
                self._look = True
                return False
            if not isinstance(action, Wait):
                running.pending.append(action)
                return True
        if not running.pending:
            return False
        action = running.pending.pop(self._rng.randrange(len(running.pending)))
        self._perform(shard_id, running.consumer, action)
        return True

    def _perform(self, shard_id: str, consumer: ShardConsumer, action: Action) -> None:
        now_ms = self._clock.now_ms()
        match action:
            case Fetch(after, records_max, bytes_max):
                if self._chance.strikes("read_failed"):
                    consumer.fetch_failed(now_ms)
                    return
                result = self.source.read(
                    STREAM, shard_id, after=after, records_max=records_max, bytes_max=bytes_max
                )
                consumer.fetched(result, now_ms)
            case Invoke(_, attempt_id, _):
                consumer.invoked(attempt_id, self._call(consumer, action), now_ms)
            case Save(position, finished):
                before = self.positions.get(shard_id, ShardPosition(0))
                assert position >= before.position, "a checkpoint never regresses"
                self.positions[shard_id] = ShardPosition(position, finished)
                consumer.saved(action)
            case SendToDestination():
                raise AssertionError("unlimited retries discard nothing")
            case _:
                raise AssertionError(f"an action of its own: {action}")

    def _call(self, consumer: ShardConsumer, action: Invoke) -> Outcome:
        if self._chance.strikes("invoke_throttled"):
            return Outcome("throttled", b"", "request")
        event = json.loads(consumer.payload(action.records))
        reply = self._invoke(event["Records"])
        if self._chance.strikes("invoke_killed"):
            return Outcome("function_error", b'{"errorMessage":"Task timed out"}', "request")
        return Outcome("ok", json.dumps(reply).encode(), "request")
