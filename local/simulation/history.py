"""A stream and poll rules in, lake and warehouse out: the shipped delivery and the shipped load."""

import random
from functools import partial
from typing import Any

from core.clock import ManualClock
from local.drawing import DeliverySpec, S3Target, TransformSpec
from local.firehose.pipeline import Pipeline
from local.mapping.source import StreamSource
from local.simulation.chance import Chance, Died
from local.simulation.delivery import SimulatedDelivery
from local.simulation.options import BUCKET, TABLE
from local.simulation.ports import FaultyLake, FaultyTable
from local.simulation.warehouse import FaultyWarehouse, SimulatedWarehouse
from local.simulation.witness import PositionWitness
from processors.lake import Lake
from processors.load import Loader


class SimulatedHistory:
    """Delivery, backup and load; each may die at any moment."""

    def __init__(
        self,
        spec: DeliverySpec,
        source: StreamSource,
        *,
        lake: FaultyLake,
        table: FaultyTable,
        warehouse: SimulatedWarehouse,
        clock: ManualClock,
        chance: Chance,
        rng: random.Random,
    ) -> None:
        assert spec.backup is not None, "the template draws a backup"
        self._clock = clock
        self._chance = chance
        self._rng = rng
        self._lake = lake
        self._table = table
        self.warehouse = warehouse
        self._loader = self._new_loader()

        def pipeline(target: S3Target, transform: TransformSpec | None) -> Pipeline:
            return Pipeline(
                target,
                delivery_name=spec.name,
                stream_name=spec.stream_name,
                transform=transform,
                rng=rng,
            )

        self.deliveries = [
            SimulatedDelivery(
                source,
                partial(pipeline, target, transform),
                lake,
                clock,
                chance,
                rng,
                PositionWitness(name),
            )
            for name, target, transform in (
                ("delivery", spec.target, spec.transform),
                ("backup", spec.backup, None),
            )
        ]

    def act(self) -> bool:
        """Do one thing of each; return whether anything was left to do."""
        if self._chance.strikes("delivery_crash"):
            self._rng.choice(self.deliveries).crash()
        if self._chance.strikes("load_crash"):
            self._loader = self._new_loader()
        if self._rng.random() < 0.05:
            self.load()
        acted = [delivery.act() for delivery in self.deliveries]
        return any(acted)

    def load(self) -> None:
        """Run the scheduled function once, as often in vain as there are faults."""
        try:
            with self._chance.life("load_dies"):
                outcome = self._loader.run_copies()
        except Died:
            self._loader = self._new_loader()
            return
        except Exception:  # the next schedule comes
            return
        assert not outcome.refused or self._chance.on, f"refused: {outcome.refused}"

    def caught_up(self) -> bool:
        """Return whether every record is delivered and backed up, and every object loaded."""
        if not all(delivery.caught_up() for delivery in self.deliveries):
            return False
        self.load()
        keys = {key for key in self._lake.objects if key.startswith("votes/")}
        return keys <= self.warehouse.loaded()

    def use(self, source: StreamSource) -> None:
        """Read a stream that was opened anew; what was held is gone."""
        for delivery in self.deliveries:
            delivery.source = source
        for delivery in self.deliveries:
            delivery.crash()

    def _new_loader(self) -> Loader:
        warehouse: Any = FaultyWarehouse(self.warehouse, self._chance)  # it answers as DataApi does
        return Loader(
            lake=Lake(self._lake, bucket=BUCKET),
            warehouse=warehouse,
            table=self._table,
            table_name=TABLE,
            copy_role="default",
            clock=self._clock,
            new_id=lambda: f"load-{self._rng.getrandbits(32):08x}",
        )
