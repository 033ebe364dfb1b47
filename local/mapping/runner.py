"""A mapping and a stream in, the function invoked with its records out, in real time.

One task a shard drives a ShardConsumer; parents run before their children (B10). Commits to the
stream wake the shard's task, from whatever thread they come.
"""

import asyncio
import contextlib
import logging
import random

from core.clients import ObjectClient
from core.clock import Clock
from core.errors import Misconfigured
from local.drawing import MappingSpec
from local.mapping.action import Save
from local.mapping.consumer import ShardConsumer
from local.mapping.limits import FAULT_PAUSE_S, STOP_GRACE_S
from local.mapping.positions import PositionStore, ShardPosition
from local.mapping.shard_driver import Invoker, ShardDriver
from local.mapping.shard_order import first_positions, startable
from local.mapping.source import StreamSource
from local.mapping.spec_check import check_spec
from local.mapping.status import MappingStatus
from local.mapping.steady_clock import SteadyClock
from local.sqs.failure_queues import FailureQueues

log = logging.getLogger("cube.mapping")


class MappingRunner:
    """One event source mapping; `start`, `pause`, `resume` and `stop` run on the event loop."""

    def __init__(
        self,
        spec: MappingSpec,
        kinesis: StreamSource,
        invoke: Invoker,
        positions: PositionStore,
        destination: ObjectClient | None,
        clock: Clock,
        *,
        queues: FailureQueues | None = None,
        rng: random.Random | None = None,
    ) -> None:
        """`destination` is the S3 of `spec.failure_bucket`, `queues` of `spec.failure_queue`."""
        check_spec(spec)
        if spec.failure_bucket is not None and destination is None:
            raise Misconfigured(f"starting mapping {spec.logical_id}: no S3 for failure objects")
        if spec.failure_queue is not None and queues is None:
            raise Misconfigured(f"starting mapping {spec.logical_id}: no SQS for failures")
        self.spec = spec
        self._source = kinesis
        self._invoke = invoke
        self._store = positions
        self._destination = destination
        self._queues = queues
        self._clock = SteadyClock(clock)
        self._rng = rng or random.Random()
        self._paused = not spec.enabled
        self._running = False
        self._known: dict[str, ShardPosition] = {}
        self._drivers: dict[str, ShardDriver] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._notified: set[str] = set()  # told by another thread, not yet passed on

    @property
    def name(self) -> str:
        return self.spec.logical_id

    async def start(self) -> None:
        """Begin where the saved positions say, or at the starting position; return at once."""
        self._loop = asyncio.get_running_loop()
        self._known = self._store.load(self.spec.uuid)
        if not self._known:
            self._known = first_positions(self.spec, self._source)
            self._store.save(self.spec.uuid, self._known)
        self._running = True
        self._source.subscribe(self._notify)
        self._discover()

    def pause(self) -> None:
        """Start no invocation any more (B8); what is under way ends."""
        self._paused = True
        for driver in self._drivers.values():
            driver.consumer.pause()

    def resume(self) -> None:
        """Go on after the last record that was done."""
        self._paused = False
        for driver in self._drivers.values():
            driver.consumer.resume()
            driver.wake()

    async def stop(self, *, grace_s: float = STOP_GRACE_S) -> None:
        """Let invocations under way end and save, for a while; then cancel what is left."""
        self._running = False
        self.pause()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace_s):
                while not all(driver.consumer.settled for driver in self._drivers.values()):
                    await asyncio.sleep(0.01)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def status(self) -> MappingStatus:
        now_ms = self._clock.now_ms()
        drivers = sorted(self._drivers.items())
        return MappingStatus(
            logical_id=self.spec.logical_id,
            function_name=self.spec.function_name,
            stream_name=self.spec.stream_name,
            paused=self._paused,
            shards=tuple(driver.consumer.status(now_ms) for _, driver in drivers),
        )

    # --- shards come and go ---

    def _discover(self) -> None:
        """Start a task for each shard whose turn has come."""
        if not self._running:
            return
        shards = self._source.shards(self.spec.stream_name)
        gone = self._known.keys() - {shard.shard_id for shard in shards}
        if gone:
            self._store.forget(self.spec.uuid, sorted(gone))
            self._known = {name: at for name, at in self._known.items() if name not in gone}
        for shard_id, position in startable(shards, self._known):
            if shard_id not in self._drivers:
                self._drivers[shard_id] = self._driver(shard_id, position)
                task = asyncio.create_task(self._run(shard_id))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        self._share_out()

    def _share_out(self) -> None:
        """Tell every shard how many there are: together they keep about one process busy."""
        for driver in self._drivers.values():
            driver.consumer.share_with(len(self._drivers))

    def _look_for_children(self) -> None:
        try:
            self._discover()
        except Exception as error:  # the stream is away: look again, or children never start
            log.warning("%s: listing shards: %s", self.spec.logical_id, error)
            asyncio.get_running_loop().call_later(FAULT_PAUSE_S, self._look_for_children)

    def _driver(self, shard_id: str, position: int) -> ShardDriver:
        summary = self._source.describe_stream_summary(StreamName=self.spec.stream_name)
        hours = summary["StreamDescriptionSummary"]["RetentionPeriodHours"]
        consumer = ShardConsumer(
            self.spec,
            shard_id,
            position=position,
            rng=self._rng,
            now_ms=self._clock.now_ms(),
            retention_ms=hours * 3_600_000,
        )
        consumer.paused = self._paused
        return ShardDriver(
            consumer,
            source=self._source,
            invoke=self._invoke,
            save=lambda save: self._save(shard_id, save),
            destination=self._destination,
            queues=self._queues,
            clock=self._clock,
        )

    async def _run(self, shard_id: str) -> None:
        """Drive a shard to its end; a fault of ours starts it again at the saved position."""
        while True:
            try:
                await self._drivers[shard_id].run()
                break
            except Exception:
                log.exception("%s %s: driving shard", self.spec.logical_id, shard_id)
                await asyncio.sleep(FAULT_PAUSE_S)
                position = self._known.get(shard_id, ShardPosition(0)).position
                self._drivers[shard_id] = self._driver(shard_id, position)
                self._share_out()
        del self._drivers[shard_id]
        self._look_for_children()

    def _save(self, shard_id: str, save: Save) -> None:
        position = ShardPosition(save.position, save.finished)
        self._store.save(self.spec.uuid, {shard_id: position})
        self._known[shard_id] = position

    # --- notifications, from any thread ---

    def _notify(self, stream_name: str, shard_id: str) -> None:
        if stream_name != self.spec.stream_name or not self._running or shard_id in self._notified:
            return
        assert self._loop is not None, "subscribed on start"
        self._notified.add(shard_id)
        with contextlib.suppress(RuntimeError):  # the loop was closed while a commit ended
            self._loop.call_soon_threadsafe(self._pass_on, shard_id)

    def _pass_on(self, shard_id: str) -> None:
        self._notified.discard(shard_id)
        driver = self._drivers.get(shard_id)
        if driver is not None:
            driver.consumer.notify()
            driver.wake()
        elif shard_id not in self._known:
            self._look_for_children()  # one whose parents are done already
