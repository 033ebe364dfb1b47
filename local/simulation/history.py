"""A stream and poll rules in, lake and warehouse out: the shipped delivery and the shipped load."""

import gzip
import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import msgspec

from core.clock import ManualClock
from core.errors import StatementFailed
from core.poll import PollBook
from core.row import Row
from local.drawing import DeliverySpec, S3Target, TransformSpec
from local.firehose.pipeline import Pipeline
from local.mapping.source import StreamSource
from local.simulation.delivery import SimulatedDelivery
from local.simulation.options import BUCKET, TABLE
from local.simulation.ports import Chance, FaultyLake, FaultyTable
from local.simulation.warehouse_model import WarehouseModel
from processors.lake import Lake
from processors.load import Loader
from processors.load_sql import KNOWN_RULES
from processors.rules import read_rules

_MANIFEST: Final = re.compile(rf"FROM 's3://{BUCKET}/(manifests/[^']+)'")
_rows = msgspec.json.Decoder(Row)


@dataclass(slots=True)
class ModelWarehouse:
    """What the load talks to: transactions of SQL in, the model's tables out."""

    lake: FaultyLake
    table: FaultyTable
    clock: ManualClock
    chance: Chance
    model: WarehouseModel = field(default_factory=WarehouseModel)
    loaded: dict[str, str] = field(default_factory=dict)
    versions: set[tuple[str, int]] = field(default_factory=set)

    def run(self, statements: Sequence[str], *, name: str) -> None:
        """Do what a transaction of `processors.load_sql` says, wholly or not at all."""
        if self.chance.strikes("warehouse_away"):
            raise StatementFailed("running SQL: connection refused")
        text = "\n".join(statements)
        found = _MANIFEST.search(text)
        if found is None:
            rules = read_rules(self.table, TABLE)
            self.versions |= {(each.poll, each.version) for each in rules}
        else:
            self._load(json.loads(self.lake.objects[found[1]]), name)
        if self.chance.strikes("warehouse_answer_lost"):
            raise StatementFailed("running SQL: the answer never came")

    def rows(self, sql: str) -> list[list[Any]]:
        """Answer the two queries that the load asks."""
        if self.chance.strikes("warehouse_away"):
            raise StatementFailed("running SQL: connection refused")
        if sql == KNOWN_RULES:
            return [[poll, version] for poll, version in sorted(self.versions)]
        return [[key] for key in sorted(self.loaded)]

    def _load(self, manifest: dict[str, Any], load_id: str) -> None:
        keys = [entry["url"].removeprefix(f"s3://{BUCKET}/") for entry in manifest["entries"]]
        if any(key in self.loaded for key in keys):
            raise StatementFailed("running SQL: division by zero")
        rows = [
            row
            for key in keys
            for row in _rows.decode_lines(gzip.decompress(self.lake.objects[key]))
        ]
        assert self.versions, "rules come before rows"
        book = PollBook(read_rules(self.table, TABLE), read_ms=self.clock.now_ms())
        self.model.load(rows, book)
        self.loaded |= dict.fromkeys(keys, load_id)


class SimulatedHistory:
    """Delivery, backup and load; each may die at any moment."""

    def __init__(
        self,
        spec: DeliverySpec,
        source: StreamSource,
        *,
        lake: FaultyLake,
        table: FaultyTable,
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
        self.warehouse = ModelWarehouse(lake, table, clock, chance)
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
            SimulatedDelivery(source, partial(pipeline, *ends), lake, clock, chance, rng)
            for ends in ((spec.target, spec.transform), (spec.backup, None))
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
            outcome = self._loader.run_copies()
        except Exception:  # the next schedule comes
            return
        assert not outcome.refused or self._chance.on, f"refused: {outcome.refused}"

    def caught_up(self) -> bool:
        """Return whether every record is delivered and backed up, and every object loaded."""
        if not all(delivery.caught_up() for delivery in self.deliveries):
            return False
        self.load()
        keys = {key for key in self._lake.objects if key.startswith("votes/")}
        return keys <= self.warehouse.loaded.keys()

    def use(self, source: StreamSource) -> None:
        """Read a stream that was opened anew; what was held is gone."""
        for delivery in self.deliveries:
            delivery.crash()
            delivery.source = source

    def _new_loader(self) -> Loader:
        warehouse: Any = self.warehouse  # it answers as DataApi does
        return Loader(
            lake=Lake(self._lake, bucket=BUCKET),
            warehouse=warehouse,
            table=self._table,
            table_name=TABLE,
            copy_role="default",
            clock=self._clock,
            new_id=lambda: f"load-{self._rng.getrandbits(32):08x}",
        )
