"""A seed in, the verdict on one simulated run out: the shipped code on a simulated clock.

While the faults are on, producers, stream, mapping and processors act in an order drawn from the
seed. Then the faults stop and everything must drain: safety first, liveness second.
"""

import random
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypedDict

from core.clock import ManualClock
from core.errors import ChunkUnfinished
from core.poll import DEFAULT_PALETTE, DEFAULT_POLL, PollRules
from local.kinesis import KinesisService
from local.simulation.chance import Chance, Died
from local.simulation.consumer import SimulatedMapping
from local.simulation.expectation import Expectation
from local.simulation.fan_out import SimulatedFanOut
from local.simulation.faults import FaultRates
from local.simulation.history import SimulatedHistory
from local.simulation.options import BUCKET, STREAM, TABLE, Options
from local.simulation.ports import FaultyLake, FaultyStream, FaultyTable, Table
from local.simulation.producer import SimulatedProducer
from local.simulation.recovery import SimulatedRecovery
from local.simulation.slow_reader import SlowReader, count_now
from local.simulation.sql_warehouse import SqlWarehouse
from local.simulation.stream import SimulatedStream
from local.simulation.verdict import broken_invariants
from local.simulation.warehouse import ModelWarehouse, SimulatedWarehouse
from local.simulation.witness import TableWitness
from local.stream_witness import count_stream
from processors.batch import Processor, reply_of
from processors.park import ParkingLot
from processors.rules import RulesReader, read_rules
from processors.store import TallyStore

_WORKERS: Final = 3
_DRAIN_STEPS_MAX: Final = 20_000
_PAUSE_MS_MIN: Final = 5
_PAUSE_MS_MAX: Final = 60_000  # a load looks far back once an hour only
_ELAPSED_MS_MAX: Final = 20 * 3_600_000  # the stream keeps 24 hours


class _Around(TypedDict):
    """What every actor shares."""

    clock: ManualClock
    chance: Chance
    rng: random.Random


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

    def __init__(self, seed: int, folder: Path, *, steps: int | None = None) -> None:
        self.seed = seed
        self.rng = random.Random(seed)
        self.options = Options.draw(self.rng, steps=steps)
        self.clock = ManualClock()
        self.chance = Chance(self.rng, self.options.faults, self.clock)
        self.expected = Expectation(self.clock)
        self.applied = TableWitness()
        self.broken: list[str] = []
        self.ordered = not self.options.fan_out.starts_on  # until a mode is switched
        self._folder = folder
        self._start_ms = self.clock.now_ms()
        around: _Around = {"clock": self.clock, "chance": self.chance, "rng": self.rng}
        self.stream = SimulatedStream(folder / "kinesis", self.options.shards, **around)
        self.stream.reopened = self._use
        self.dynamodb = Table(self.clock)
        self._create_table()
        self.lake = FaultyLake(self.chance)
        self._table = FaultyTable(
            self.dynamodb,
            self.chance,
            interrupt=self._interrupt,
            committed=self.applied.committed,
        )
        self._interrupting = False
        self._history: list[Sequence[Mapping[str, Any]]] = []
        self.workers = [self._new_worker() for _ in range(_WORKERS)]
        self._make_consumers(around)
        port = FaultyStream(self.stream.put, self.chance, self.expected.written)
        self.producers = [
            self._new_producer(number, port) for number in range(self.options.producers)
        ]

    def _make_consumers(self, around: "_Around") -> None:
        options, source = self.options, self.stream.service
        self.mapping = SimulatedMapping(
            source, self._invoke, options=options, lake=self.lake, **around
        )
        self.fan_out = SimulatedFanOut(
            options.fan_out, lambda: self.rng.choice(self.workers), lake=self.lake, **around
        )
        self.recovery = SimulatedRecovery(
            self.lake, to_worker=self.fan_out.work, to_function=self._redo, chance=self.chance
        )
        self.warehouse: SimulatedWarehouse
        if options.sql_warehouse:
            whole = FaultyLake(Chance(self.rng, FaultRates(), self.clock))
            whole.objects = self.lake.objects
            self.warehouse = SqlWarehouse(whole, self.clock)
        else:
            self.warehouse = ModelWarehouse(self.lake.objects, self._rules, self.clock)
        self.history = SimulatedHistory(
            options.delivery,
            source,
            lake=self.lake,
            table=self._table,
            warehouse=self.warehouse,
            **around,
        )

    def run(self) -> Report:
        """Run the steps, heal, drain, and judge."""
        for _ in range(self.options.steps):
            self._step()
        self.chance.on = False
        stuck = not self._drain()
        elapsed_ms = self.clock.now_ms() - self._start_ms
        assert elapsed_ms < _ELAPSED_MS_MAX, "no record is trimmed, no vote grows old"
        self.broken += broken_invariants(self)
        self.close()
        return Report(
            seed=self.seed,
            votes=self.expected.colours.total(),
            struck=self.chance.struck,
            broken=tuple(self.broken),
            stuck=stuck,
        )

    def close(self) -> None:
        for producer in self.producers:
            producer.close()
        self.stream.service.close()
        self.dynamodb.close()
        self.warehouse.close()

    # --- what happens ---

    def _step(self) -> None:
        self.clock.advance(self.rng.choice((0, 1, 50, 200, 1_500)))
        self.rng.choice(self.producers).act()
        for _ in range(self.rng.randrange(6)):
            self.mapping.act()
            self.fan_out.act()
            self.history.act()
        self.recovery.act(self.rng)
        if self.chance.strikes("stream_crash"):
            self.stream.crash()
        if self.chance.strikes("mapping_crash"):
            self.mapping.crash()
        if self.chance.strikes("worker_crash"):
            self.workers[self.rng.randrange(_WORKERS)] = self._new_worker()
        if self.chance.strikes("mode_switch"):
            self.fan_out.on = not self.fan_out.on
            self.ordered = False
        if self.chance.strikes("reshard"):
            self.stream.reshard()
        if self.chance.strikes("iterator_expired"):
            self._read_stream()
        self.mapping.notify()

    def _drain(self) -> bool:
        """Let everybody finish; the longer nothing happens, the faster time goes by."""
        pause_ms = _PAUSE_MS_MIN
        for _ in range(_DRAIN_STEPS_MAX):
            before = self._done()
            finished = [producer.finish() for producer in self.producers]
            actors = (self.mapping, self.fan_out, self.history)
            events = [actor.act() for _ in range(4) for actor in actors]
            if self._done() != before or events[1::3] != [False] * 4:
                pause_ms = _PAUSE_MS_MIN
            elif all(finished) and all(a.caught_up() for a in (*actors, self.recovery)):
                return True
            self.clock.advance(pause_ms)
            pause_ms = min(2 * pause_ms, _PAUSE_MS_MAX)
        return False

    def _done(self) -> int:
        return self.mapping.done + sum(delivery.done for delivery in self.history.deliveries)

    def _invoke(self, records: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
        self._history.append(records)
        if self.fan_out.on:
            return self.fan_out.dispatch(records)
        worker = self.rng.randrange(_WORKERS)
        try:
            return reply_of(self.workers[worker].run(records), records)
        except Died:  # what it knew dies with it
            self.workers[worker] = self._new_worker()
            raise

    def _interrupt(self) -> None:
        """Deliver something old to another worker in the middle of a transaction."""
        if self._interrupting or not self.chance.strikes("invoke_overlapped"):
            return
        self._interrupting = True
        with suppress(Died), self.chance.life("function_dies"):
            self._new_worker().run(self.rng.choice(self._history[-20:]))
        self._interrupting = False

    def _redo(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Hand records to the function as a re-drive does; raise where it does not do them."""
        if self._invoke(records)["batchItemFailures"]:
            raise ChunkUnfinished("handing records to a function again: it stopped on the way")

    def _use(self, service: KinesisService) -> None:
        """Go on with a stream that was opened anew: what its readers held is gone."""
        self.mapping.source = service
        self.mapping.crash()
        self.history.use(service)

    def _read_stream(self) -> None:
        """Read the stream as `cube check` does, but at a pace that lets iterators expire."""
        count = count_stream(
            SlowReader(self.stream.service, self.clock, self.rng),
            STREAM,
            from_ms=0,
            until_ms=self.clock.now_ms(),
            on_progress=lambda lines: None,
        )
        expected = count_now(self.stream.service)
        if count.by_minute != expected.by_minute:
            self.broken.append(
                f"a reader of the stream saw {count.lines} of {expected.lines} lines"
            )

    # --- what it is made of ---

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

    def _rules(self) -> tuple[PollRules, ...]:
        return tuple(read_rules(self.dynamodb, TABLE))

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
