"""A delivery stream's spec and a Kinesis stream in, objects in S3 out: Amazon Data Firehose."""

import asyncio
import random

from core.clock import Clock
from core.errors import Misconfigured
from local.drawing import DeliverySpec
from local.firehose.driver import (
    Copier,
    FinishShard,
    Invoker,
    PipelineDriver,
    SavePosition,
)
from local.firehose.limits import STOP_GRACE_S
from local.firehose.object_store import ObjectStore
from local.firehose.pipeline import Pipeline
from local.firehose.runner import NewDriver, PipelineRunner
from local.firehose.spec_check import check_spec
from local.firehose.status import DeliveryStatus, ShardDelivery
from local.mapping.positions import PositionStore
from local.mapping.source import StreamSource
from local.mapping.steady_clock import SteadyClock


class DeliveryStream:
    """One delivery stream that reads a Kinesis stream: the delivery and the backup (C32)."""

    def __init__(
        self,
        spec: DeliverySpec,
        kinesis: StreamSource,
        invoke: Invoker,
        positions: PositionStore,
        objects: ObjectStore,
        clock: Clock,
        *,
        copy: Copier | None = None,
        rng: random.Random | None = None,
    ) -> None:
        """`copy` runs a COPY in the warehouse that `spec.copy` names."""
        check_spec(spec)
        if spec.copy is not None and copy is None:
            raise Misconfigured(f"starting delivery stream {spec.logical_id}: no warehouse for it")
        self.spec = spec
        self._source = kinesis
        self._invoke = invoke
        self._positions = positions
        self._objects = objects
        self._copy = copy
        self._clock = SteadyClock(clock)
        self._rng = rng or random.Random()
        self._delivery = self._runner("delivery", self._delivery_driver)
        self._backup = self._runner("backup", self._backup_driver) if spec.backup else None
        self._runners = [self._delivery, *([self._backup] if self._backup else [])]

    def place(self) -> None:
        """Decide where to begin (C2); call it before anybody can put a record."""
        for runner in self._runners:
            runner.place()

    async def start(self) -> None:
        """Begin to read; return at once."""
        for runner in self._runners:
            await runner.start()

    async def stop(self, *, grace_s: float = STOP_GRACE_S) -> None:
        """Store what is held, and save, for a while; then cancel what is left."""
        await asyncio.gather(*(runner.stop(grace_s=grace_s) for runner in self._runners))

    def status(self) -> DeliveryStatus:
        backup = self._backup
        shards = self._source.shards(self.spec.stream_name)
        return DeliveryStatus(
            logical_id=self.spec.logical_id,
            name=self.spec.name,
            stream_name=self.spec.stream_name,
            held_bytes=sum(runner.held_bytes for runner in self._runners),
            delivered=self._delivery.delivered,
            backed_up=backup.delivered if backup else None,
            shards=tuple(
                ShardDelivery(
                    shard_id=shard.shard_id,
                    delivered=self._delivery.position(shard.shard_id),
                    backed_up=backup.position(shard.shard_id) if backup else None,
                )
                for shard in shards
            ),
        )

    # --- inside ---

    def _runner(self, kind: str, new_driver: NewDriver) -> PipelineRunner:
        return PipelineRunner(
            f"{self.spec.name}/{kind}",
            stream_name=self.spec.stream_name,
            source=self._source,
            positions=self._positions,
            new_driver=new_driver,
            clock=self._clock,
        )

    def _delivery_driver(self, *, save: SavePosition, finished: FinishShard) -> PipelineDriver:
        spec = self.spec
        pipeline = Pipeline(
            spec.target,
            delivery_name=spec.name,
            stream_name=spec.stream_name,
            transform=spec.transform,
            copy=spec.copy,
            rng=self._rng,
        )
        return self._driver(pipeline, save=save, finished=finished)

    def _backup_driver(self, *, save: SavePosition, finished: FinishShard) -> PipelineDriver:
        spec = self.spec
        assert spec.backup is not None, "there is a backup"
        pipeline = Pipeline(
            spec.backup, delivery_name=spec.name, stream_name=spec.stream_name, rng=self._rng
        )
        return self._driver(pipeline, save=save, finished=finished)

    def _driver(
        self, pipeline: Pipeline, *, save: SavePosition, finished: FinishShard
    ) -> PipelineDriver:
        return PipelineDriver(
            pipeline,
            name=self.spec.logical_id,
            source=self._source,
            invoke=self._invoke,
            objects=self._objects,
            copy=self._copy,
            save=save,
            finished=finished,
            clock=self._clock,
        )
