"""A stream and processors in, the shipped event source mapping driven at a random pace out."""

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, Final, Protocol

from core.clock import ManualClock
from local.aws_error import AwsError
from local.invoke.outcome import Outcome
from local.mapping import ShardConsumer, ShardPosition
from local.mapping.action import Action, Fetch, Finished, Invoke, Save, SendToDestination, Wait
from local.mapping.shard_order import first_positions, startable
from local.mapping.source import StreamSource
from local.recovery.entry import FailedDelivery
from local.recovery.failed_event import read_failed
from local.simulation.chance import FUNCTION_TIMEOUT_MS, Chance, Died
from local.simulation.options import STREAM, Options
from local.simulation.ports import FaultyLake
from local.simulation.witness import PositionWitness

_TIMED_OUT: Final = Outcome("function_error", b'{"errorMessage":"Task timed out"}', "request")


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
        lake: FaultyLake,
        clock: ManualClock,
        chance: Chance,
        rng: random.Random,
    ) -> None:
        self.source = source
        self.witness = PositionWitness(options.mapping.function_name)
        self.discarded = 0
        self.done = 0  # actions, but for reads that brought nothing
        self._lake = lake
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
        for shard_id, running in self._running.items():
            for action in running.pending:
                if isinstance(action, Invoke) and self._rng.random() < 0.5:
                    self._call(shard_id, running.consumer, action)
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
        self.done += 1
        match action:
            case Fetch(after, records_max, bytes_max):
                if self._chance.strikes("read_failed"):
                    consumer.fetch_failed(now_ms)
                    return
                result = self.source.read(
                    STREAM, shard_id, after=after, records_max=records_max, bytes_max=bytes_max
                )
                self.done -= not result.records
                consumer.fetched(result, now_ms)
            case Invoke(_, attempt_id, _):
                outcome = self._call(shard_id, consumer, action)
                consumer.invoked(attempt_id, outcome, self._clock.now_ms())
            case Save():
                self._save(shard_id, consumer, action)
            case SendToDestination(_, attempt_id, _, _, _):
                stored = self._send(shard_id, action)
                consumer.sent(attempt_id, self._clock.now_ms(), stored=stored)
            case _:
                raise AssertionError(f"an action of its own: {action}")

    def _save(self, shard_id: str, consumer: ShardConsumer, save: Save) -> None:
        if self._chance.strikes("save_failed"):  # the driver tries until it is written
            self._running[shard_id].pending.append(save)
            return
        self.positions[shard_id] = ShardPosition(save.position, save.finished)
        self.witness.saved(shard_id, save.position, self.source, STREAM)
        consumer.saved(save)

    def _send(self, shard_id: str, action: SendToDestination) -> bool:
        try:
            self._lake.put_object(Bucket=action.bucket, Key=action.key, Body=action.body)
        except AwsError:  # the destination is away: the records wait
            return False
        entries = read_failed(action.key, action.body)
        records = [entry.record for entry in entries if isinstance(entry, FailedDelivery)]
        self.witness.did(shard_id, (_number(record) for record in records))
        self.discarded += len(records)
        return not self._chance.strikes("lake_answer_lost")

    def _call(self, shard_id: str, consumer: ShardConsumer, action: Invoke) -> Outcome:
        if self._chance.strikes("invoke_throttled"):
            return Outcome("throttled", b"", "request")
        records = json.loads(consumer.payload(action.records))["Records"]
        start_ms = self._clock.now_ms()
        try:
            with self._chance.life("function_dies"):
                reply = self._invoke(records)
        except Died:
            return _TIMED_OUT
        if self._clock.now_ms() - start_ms > FUNCTION_TIMEOUT_MS:
            return _TIMED_OUT
        if self._chance.strikes("invoke_killed"):
            return _TIMED_OUT
        failed = {failure["itemIdentifier"] for failure in reply["batchItemFailures"]}
        numbers = map(_number, records)
        self.witness.did(shard_id, takewhile(lambda number: str(number) not in failed, numbers))
        return Outcome("ok", json.dumps(reply).encode(), "request")


def _number(record: Mapping[str, Any]) -> int:
    return int(record["kinesis"]["sequenceNumber"])
