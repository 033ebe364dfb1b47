"""A seed in, the verdict on one simulated run out: the shipped code on a simulated clock.

While the faults are on, producers, stream, mapping and processors act in an order drawn from the
seed. Then the faults stop and everything must drain: safety first, liveness second.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from core.clock import ManualClock
from core.poll import DEFAULT_PALETTE, DEFAULT_POLL, PollRules
from local.aws_error import AwsError
from local.dynamodb import DynamoDbService
from local.kinesis import KinesisService
from local.simulation.consumer import SimulatedMapping
from local.simulation.expectation import Expectation
from local.simulation.fan_out import SimulatedFanOut
from local.simulation.history import SimulatedHistory
from local.simulation.options import BUCKET, STREAM, TABLE, Options
from local.simulation.ports import Chance, FaultyLake, FaultyStream, FaultyTable
from local.simulation.producer import SimulatedProducer
from local.simulation.verdict import broken_invariants
from processors.batch import Processor, reply_of
from processors.park import ParkingLot
from processors.rules import RulesReader
from processors.store import TallyStore

_WORKERS: Final = 3
_DRAIN_STEPS_MAX: Final = 100_000
_SHARDS_MAX: Final = 8
_RESHARD_REFUSALS: Final = frozenset({"InvalidArgumentException", "ResourceInUseException"})


@dataclass(frozen=True, slots=True)
class Report:
    """How a run ended. `stuck` breaks liveness, `broken` safety; both empty is a good run."""

    seed: int
    votes: int
    struck: Mapping[str, int]
    broken: tuple[str, ...]
    stuck: bool

    @property
    def ok(self) -> bool:
        return not (self.broken or self.stuck)


class Simulation:
    """One world: real services on a clock that jumps, below a folder of its own."""

    def __init__(self, seed: int, folder: Path, *, steps: int = 300) -> None:
        self.seed = seed
        self.rng = random.Random(seed)
        self.options = Options.draw(self.rng, steps=steps)
        self.clock = ManualClock()
        self.chance = Chance(self.rng, self.options.faults)
        self.expected = Expectation()
        self._folder = folder
        self.kinesis = self._open_stream()
        self.kinesis.create_stream(StreamName=STREAM, ShardCount=self.options.shards)
        self._settle_stream()
        self.dynamodb = DynamoDbService(None, self.clock)
        self._create_table()
        self.lake = FaultyLake(self.chance)
        self._table = FaultyTable(self.dynamodb, self.chance, self._interrupt)
        self._interrupting = False
        self._history: list[Sequence[Mapping[str, Any]]] = []
        self.workers = [self._new_worker() for _ in range(_WORKERS)]
        self.mapping = SimulatedMapping(
            self.kinesis,
            self._invoke,
            options=self.options,
            clock=self.clock,
            chance=self.chance,
            rng=self.rng,
        )
        self.fan_out = SimulatedFanOut(
            self.options.fan_out,
            lambda: self.rng.choice(self.workers),
            lake=self.lake,
            clock=self.clock,
            chance=self.chance,
            rng=self.rng,
        )
        self.history = SimulatedHistory(
            self.options.delivery,
            self.kinesis,
            lake=self.lake,
            table=self._table,
            clock=self.clock,
            chance=self.chance,
            rng=self.rng,
        )
        stream = FaultyStream(self._put, self.chance, self.expected.written)
        self.producers = [
            self._new_producer(number, stream) for number in range(self.options.producers)
        ]

    def run(self) -> Report:
        """Run the steps, heal, drain, and judge."""
        for _ in range(self.options.steps):
            self._step()
        self.chance.on = False
        stuck = not self._drain()
        broken = broken_invariants(self)
        self.close()
        return Report(self.seed, self.expected.colours.total(), self.chance.struck, broken, stuck)

    def close(self) -> None:
        for producer in self.producers:
            producer.close()
        self.kinesis.close()
        self.dynamodb.close()

    # --- what happens ---

    def _step(self) -> None:
        self.clock.advance(self.rng.choice((0, 1, 50, 200, 1_500)))
        self.rng.choice(self.producers).act()
        for _ in range(self.rng.randrange(6)):
            self.mapping.act()
            self.fan_out.act()
            self.history.act()
        if self.chance.strikes("stream_crash"):
            self._crash_stream()
        if self.chance.strikes("mapping_crash"):
            self.mapping.crash()
        if self.chance.strikes("worker_crash"):
            self.workers[self.rng.randrange(_WORKERS)] = self._new_worker()
        if self.chance.strikes("mode_switch"):
            self.fan_out.on = not self.fan_out.on
        if self.chance.strikes("reshard"):
            self._reshard()
        self.mapping.notify()

    def _drain(self) -> bool:
        for _ in range(_DRAIN_STEPS_MAX):
            finished = [producer.finish() for producer in self.producers]
            actors = (self.mapping, self.fan_out, self.history)
            acted = [actor.act() for actor in actors for _ in range(4)]
            if any(acted):
                self.clock.advance(5)
                continue
            if all(finished) and all(actor.caught_up() for actor in actors):
                return True
            self.clock.advance(1_000)
        return False

    def _invoke(self, records: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
        self._history.append(records)
        if self.fan_out.on:
            return self.fan_out.dispatch(records)
        outcome = self.rng.choice(self.workers).run(records)
        return reply_of(outcome, records)

    def _interrupt(self) -> None:
        """Deliver something old to another worker in the middle of a transaction."""
        if self._interrupting or not self.chance.strikes("invoke_overlapped"):
            return
        self._interrupting = True
        worker = self._new_worker()
        worker.run(self.rng.choice(self._history[-20:]))
        self._interrupting = False

    def _put(self, entries: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
        return self.kinesis.put_records(StreamName=STREAM, Records=entries)

    def _crash_stream(self) -> None:
        """Lose the engine's process: everything acknowledged is on disk."""
        self.kinesis.close()
        self.kinesis = self._open_stream()
        self.mapping.source = self.kinesis
        self.mapping.crash()
        self.history.use(self.kinesis)

    def _reshard(self) -> None:
        shards = [shard for shard in self.kinesis.shards(STREAM) if not shard.closed]
        try:
            if len(shards) < _SHARDS_MAX and self.rng.random() < 0.6:
                self._split(self.rng.choice(shards).shard_id)
            elif len(shards) > 1:
                pair = self.rng.randrange(len(shards) - 1)
                self.kinesis.merge_shards(
                    StreamName=STREAM,
                    ShardToMerge=shards[pair].shard_id,
                    AdjacentShardToMerge=shards[pair + 1].shard_id,
                )
        except AwsError as error:
            if error.code not in _RESHARD_REFUSALS:
                raise
        self._settle_stream()

    def _split(self, shard_id: str) -> None:
        for shard in self.kinesis.list_shards(StreamName=STREAM)["Shards"]:
            if shard["ShardId"] == shard_id:
                keys = shard["HashKeyRange"]
                middle = (int(keys["StartingHashKey"]) + int(keys["EndingHashKey"])) // 2
                self.kinesis.split_shard(
                    StreamName=STREAM, ShardToSplit=shard_id, NewStartingHashKey=str(middle)
                )

    def _settle_stream(self) -> None:
        """Let the stream become ACTIVE again."""
        for _ in range(100):
            summary = self.kinesis.describe_stream_summary(StreamName=STREAM)
            if summary["StreamDescriptionSummary"]["StreamStatus"] == "ACTIVE":
                return
            self.clock.advance(100)
        raise AssertionError("the stream never became ACTIVE")

    # --- what it is made of ---

    def _open_stream(self) -> KinesisService:
        return KinesisService(self._folder / "kinesis", self.clock, limits_enforced=False)

    def _create_table(self) -> None:
        self.dynamodb.create_table(
            TableName=TABLE,
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "S"},
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        rules = PollRules(poll=DEFAULT_POLL, version=1, effective_ms=0, palette=DEFAULT_PALETTE)
        self.dynamodb.put_item(TableName=TABLE, Item=rules.to_item())

    def _new_worker(self) -> Processor:
        return Processor(
            store=TallyStore(self._table, table=TABLE),
            parking=ParkingLot(self.lake, bucket=BUCKET),
            rules=RulesReader(self._table, table=TABLE, clock=self.clock),
            clock=self.clock,
            rng=self.rng,
            wait=self.clock.advance,
        )

    def _new_producer(self, number: int, stream: FaultyStream) -> SimulatedProducer:
        return SimulatedProducer(
            self._folder / f"outbox-{number}",
            f"cube-{number}",
            options=self.options,
            stream=stream,
            clock=self.clock,
            chance=self.chance,
            rng=self.rng,
        )
