"""A world in, its functions, mappings, deliveries, schedules and timers running out."""

import asyncio
import logging
import os
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Final

from core.errors import Misconfigured
from local.disk_bound import MEASURE_PERIOD_S
from local.drawing import DeliverySpec, Drawing
from local.firehose import Copier, DeliveryStream, warehouse_copier
from local.invoke.outcome import Outcome
from local.invoke.pool import FunctionPool
from local.mapping import MappingRunner
from local.pausing import Pausing
from local.schedule import ScheduleRunner
from local.world import World

log = logging.getLogger("cube.engine")

WARM_S_MAX: Final = 25.0  # loading every handler, on a busy machine
WARM_LOOK_S: Final = 0.02
SWEEP_PERIOD_S: Final = 30.0  # AWS deletes expired items within days (clause D12)
STOP_S_MAX: Final = 5.0  # how long invocations under way may take when the engine stops
PROCESSES_PER_CORE: Final = 1  # they wait for the engine about as long as they work
EVENTS_PER_CORE: Final = 2  # workers at a time: more would only meet at the same lanes
SPARE_PROCESSES: Final = 2  # invocations from outside, beside those of mappings and schedules


Sweep = Callable[[], Awaitable[int]]


class Machinery:
    """What moves: it starts after the services are open, and stops before they close."""

    def __init__(self, world: World, *, base_environment: Mapping[str, str]) -> None:
        drawing = world.drawing
        self._world = world
        self._warm_functions = reached(drawing)
        self._awaited = reached(counting(drawing))
        self.pool: Final = FunctionPool(
            drawing.functions,
            folder=world.folder.functions,
            clock=world.clock,
            base_environment=base_environment,
            processes_max=processes_max(drawing, shards=_shards(world), cores=os.cpu_count() or 1),
            objects=world.s3,
            queues=world.sqs,
            warm=self._warm_functions,
            async_in_flight_max=async_in_flight_max(os.cpu_count() or 1),
        )
        self.mappings: Final = [
            MappingRunner(
                spec,
                world.kinesis,
                self.pool.invoke,
                world.positions,
                world.s3,
                world.clock,
                queues=world.sqs,
                rng=random.Random(),
            )
            for spec in drawing.mappings
        ]
        self.deliveries: Final = [
            DeliveryStream(
                spec,
                world.kinesis,
                self.pool.invoke,
                world.positions,
                world.s3,
                world.clock,
                copy=_copier(world, spec),
                rng=random.Random(),
            )
            for spec in drawing.deliveries
        ]
        for delivery in self.deliveries:  # before the first vote can come: none is missed
            delivery.place()
        self.pausing: Final = Pausing(world.folder.paused, self.mappings)
        self._schedules = ScheduleRunner(
            drawing.schedules, self._scheduled, paused=self.pausing.is_paused
        )
        self._timers: list[asyncio.Task[None]] = []

    async def start(self, sweep: Sweep) -> None:
        """Start everything; return when functions are warm, mappings and deliveries read.

        `sweep` deletes expired items where DynamoDB's calls run.
        """
        await self.pool.start()
        await self._warm()
        self.pausing.restore()
        for mapping in self.mappings:
            await mapping.start()
        for delivery in self.deliveries:
            await delivery.start()
        await self._schedules.start()
        self._timers = [
            asyncio.create_task(_repeat(sweep, SWEEP_PERIOD_S)),
            asyncio.create_task(
                _repeat(lambda: asyncio.to_thread(self._world.disk.measure), MEASURE_PERIOD_S)
            ),
        ]

    async def stop(self) -> None:
        """Let what is under way end, for a while; then stop it."""
        for timer in self._timers:
            timer.cancel()
        await asyncio.gather(*self._timers, return_exceptions=True)
        await self._schedules.stop()
        await asyncio.gather(
            *(mapping.stop(grace_s=STOP_S_MAX) for mapping in self.mappings),
            *(delivery.stop(grace_s=STOP_S_MAX) for delivery in self.deliveries),
        )
        await self.pool.stop()

    async def _warm(self) -> None:
        try:
            async with asyncio.timeout(WARM_S_MAX):
                while self._cold():
                    await asyncio.sleep(WARM_LOOK_S)
        except TimeoutError:
            cold = self._cold()
            raise Misconfigured(
                f"starting functions: {', '.join(cold)} not loaded within {WARM_S_MAX:.0f} s; "
                f"the reason is in {self._world.folder.functions / 'logs'}"
            ) from None

    def _cold(self) -> list[str]:
        pids = self.pool.pids()
        return [name for name in pids if name in self._awaited and not pids[name]]

    async def _scheduled(self, name: str, payload: bytes) -> Outcome:
        return await self.pool.invoke(name, payload)


def counting(drawing: Drawing) -> Drawing:
    """Return the drawing without the consumers that no count depends on: nobody waits for them."""
    return replace(drawing, mappings=tuple(each for each in drawing.mappings if each.counts))


def reached(drawing: Drawing) -> frozenset[str]:
    """Return the functions that something drawn calls, and those that these know by name.

    In ordered mode nothing leads to dispatcher and worker: they are there for events that wait.
    """
    found = _wired(drawing)
    known = {function.name: set(function.environment.values()) for function in drawing.functions}
    for name in tuple(found):
        found |= known.get(name, set()) & known.keys()
    return frozenset(found & known.keys())


def _wired(drawing: Drawing) -> set[str]:
    found = {mapping.function_name for mapping in drawing.mappings}
    found |= {each.transform.function_name for each in drawing.deliveries if each.transform}
    return found | {schedule.function_name for schedule in drawing.schedules}


def processes_max(drawing: Drawing, *, shards: int, cores: int) -> int:
    """Return how many function processes may live.

    One for each thing that could run at a time, but no more than keep the cores busy: AWS has a
    process for every shard, here sixteen would only wait for two cores, and cost a second to load.
    Fanned out there is room for every dispatcher and worker: where there is none, each would have
    to make way for the other, and load anew.
    """
    concurrent = sum(
        mapping.parallelization_factor * shards for mapping in counting(drawing).mappings
    )
    concurrent += sum(shards for delivery in drawing.deliveries if delivery.transform)
    at_work = min(concurrent, cores * PROCESSES_PER_CORE)
    if len(reached(drawing)) > len(_wired(drawing)):  # somebody hands on
        at_work = concurrent + async_in_flight_max(cores)
    beside = len(drawing.schedules) + sum(not mapping.counts for mapping in drawing.mappings)
    return max(len(drawing.functions), at_work + beside) + SPARE_PROCESSES


def async_in_flight_max(cores: int) -> int:
    """Return how many asynchronous events run at a time."""
    return EVENTS_PER_CORE * cores


def _copier(world: World, spec: DeliverySpec) -> Copier | None:
    """Return what runs a delivery stream's COPY in the local warehouse, None where none is."""
    if spec.copy is None or world.warehouse is None:
        return None
    return warehouse_copier(world.warehouse, spec.copy.database)


def _shards(world: World) -> int:
    views = [view for stream in world.drawing.streams for view in world.kinesis.shards(stream.name)]
    return sum(not view.closed for view in views)


async def _repeat(work: Callable[[], Awaitable[object]], period_s: float) -> None:
    """Do something now and every `period_s`; a fault is logged and the next turn comes."""
    while True:
        try:
            await work()
        except Exception:
            log.exception("a timer's work failed, and is tried again")
        await asyncio.sleep(period_s)
