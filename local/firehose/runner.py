"""A pipeline and a stream in, the stream's shards delivered through it, in real time.

Parents are done before their children begin (their records are stored). A fault of ours starts the
pipeline again at the saved positions.
"""

import asyncio
import contextlib
import logging
from typing import Final, Protocol

from local.firehose.action import Save
from local.firehose.driver import FinishShard, PipelineDriver, SavePosition
from local.firehose.limits import FAULT_PAUSE_S
from local.firehose.status import Delivered
from local.mapping.positions import PositionStore, ShardPosition
from local.mapping.shard_order import startable
from local.mapping.source import StreamSource
from local.mapping.steady_clock import SteadyClock

log = logging.getLogger("cube.firehose")

_START: Final = ShardPosition(0)


class NewDriver(Protocol):
    """Makes a driver with a new pipeline in it."""

    def __call__(self, *, save: SavePosition, finished: FinishShard) -> PipelineDriver: ...


class PipelineRunner:
    """One pipeline; `start` and `stop` run on the event loop."""

    def __init__(
        self,
        name: str,
        *,
        stream_name: str,
        source: StreamSource,
        positions: PositionStore,
        new_driver: NewDriver,
        clock: SteadyClock,
    ) -> None:
        self.name = name
        self._stream_name = stream_name
        self._source = source
        self._store = positions
        self._new_driver = new_driver
        self._clock = clock
        self._known: dict[str, ShardPosition] = {}
        self._driver = new_driver(save=self._save, finished=self._finished)
        self._before = Delivered()  # by drivers that failed
        self._task: asyncio.Task[None] | None = None
        self._draining = False

    def place(self) -> None:
        """Decide where to begin, where that is not known: behind what is there now (C2).

        To be called before anybody can put a record to a new stream: then LATEST misses nothing.
        """
        self._known = self._store.load(self.name)
        if not self._known:
            shards = [shard.shard_id for shard in self._source.shards(self._stream_name)]
            latest = {name: self._source.latest(self._stream_name, name) for name in shards}
            self._known = {name: ShardPosition(at) for name, at in latest.items()}
            self._store.save(self.name, self._known)

    async def start(self) -> None:
        """Begin to deliver; return at once."""
        self._task = asyncio.create_task(self._run())

    async def stop(self, *, grace_s: float) -> None:
        """Store what is held, for a while; then give up: the next start delivers it again."""
        if grace_s:
            await self._drain(grace_s)
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _drain(self, grace_s: float) -> None:
        self._draining = True
        self._driver.drain()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace_s):
                while not self._driver.pipeline.settled:
                    await asyncio.sleep(0.01)

    # --- what it shows ---

    @property
    def delivered(self) -> Delivered:
        return self._before.plus(self._driver.pipeline.delivered)

    @property
    def held_bytes(self) -> int:
        return self._driver.pipeline.held_bytes

    def position(self, shard_id: str) -> int:
        """Return the sequence number up to which a shard is stored."""
        running = self._driver.pipeline.positions.get(shard_id)
        return self._known.get(shard_id, _START).position if running is None else running

    # --- inside ---

    async def _run(self) -> None:
        while True:
            self._discover()
            try:
                await self._driver.run()
            except Exception:
                log.exception("%s: driving pipeline", self.name)
            self._before = self.delivered
            self._driver = self._new_driver(save=self._save, finished=self._finished)
            if self._draining:
                self._driver.drain()
            await asyncio.sleep(FAULT_PAUSE_S)

    def _discover(self) -> None:
        """Add each shard whose turn has come."""
        try:
            shards = self._source.shards(self._stream_name)
        except Exception as error:  # the stream is away: look again, or children never start
            log.warning("%s: listing shards: %s", self.name, error)
            asyncio.get_running_loop().call_later(FAULT_PAUSE_S, self._discover)
            return
        gone = self._known.keys() - {shard.shard_id for shard in shards}
        if gone:
            self._store.forget(self.name, sorted(gone))
            self._known = {name: at for name, at in self._known.items() if name not in gone}
        pipeline = self._driver.pipeline
        for shard_id, position in startable(shards, self._known):
            if shard_id not in pipeline.positions:
                pipeline.add_shard(shard_id, position, self._clock.now_ms())
        self._driver.wake()

    def _save(self, save: Save) -> None:
        """Make a position durable."""
        position = ShardPosition(save.position, save.finished)
        self._store.save(self.name, {save.shard_id: position})
        self._known[save.shard_id] = position

    def _finished(self, shard_id: str) -> None:
        self._discover()
