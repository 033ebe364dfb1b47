"""A folder in, a desk of both paths, and somebody who follows a vote on it, out: for tests."""

import json
from pathlib import Path
from typing import Any

from core.call import Calls
from core.vote import Identity
from local.consumers import Consumers, ShardProgress
from local.trace.call_search import CallLog, FileLogs
from local.trace.find import LoadFind, Nowhere, Unknown, WarehouseRow
from local.trace.lake_search import LakeSearch
from local.trace.live_search import LiveSearch
from local.trace.step import Step
from local.trace.timeline import Timeline, timeline
from local.trace.tracer import Tracer
from local.trace.warehouse_search import WarehouseSearch
from tests.local.desk import STREAM, TABLE
from tests.local.recovery.desk import BUCKET, RecoveryDesk

HOUR_MS = 3_600_000


class TraceDesk(RecoveryDesk):
    """`log` is where functions would log; `done` is whether consumers say that they are."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.logs = folder / "logs"
        self.logs.mkdir()
        self.outbox_folders: list[Path] = []
        self.warehouse: WarehouseSearch | Unknown = Unknown("there is no warehouse")
        self.log: CallLog = FileLogs(self.logs)
        self.done = True

    def consumers(self) -> Consumers:
        until_ms = self.clock.now_ms() if self.done else 0
        progress = ShardProgress("TallyMapping", "shardId-000000000000", 0, 0)
        return Consumers(0, until_ms, (progress,))

    def trace(self, device: str, seq: int, poll: str = "cube") -> Timeline:
        self.clock.advance(1_000)
        tracer = Tracer(
            kinesis=self.kinesis,
            stream=STREAM,
            outboxes=self.outbox_folders,
            live=LiveSearch(dynamodb=self.dynamodb, table=TABLE, s3=self.s3, bucket=BUCKET),
            logs=self.log,
            lake=LakeSearch(self.s3, BUCKET),
            warehouse=self.warehouse,
            consumers=self.consumers,
            clock=self.clock,
            wait=self.clock.advance,
        )
        return timeline(tracer.evidence(Identity(poll, device, seq), since_ms=HOUR_MS))

    def count_and_log(self, capsys: Any) -> None:
        """Have the live path count, and its function's lines lie where it logs."""
        arrived = self.skip_count()
        self.clock.advance(1_000)
        calls = Calls(self.clock, {})
        for shard, records in arrived.items():
            event = json.loads(self.event(shard, records))["Records"]
            context = type("Context", (), {"aws_request_id": "r-1", "function_name": "tally"})
            call = calls.begin(context, event)
            outcome = self.processor().run(event)
            call.end("tally.batch_applied", outcome.metrics, **outcome.facts)
        with (self.logs / "tally.log").open("a") as file:
            file.write("a line that is none of ours\n" + capsys.readouterr().out)


def station(found: Timeline, name: str) -> Step:
    """Return the one step of a station."""
    (step,) = (step for step in found.steps if step.station == name)
    return step


def stations(found: Timeline, name: str) -> list[Step]:
    return [step for step in found.steps if step.station == name]


class Rows(WarehouseSearch):
    """A warehouse that answers what it was given."""

    def __init__(self, rows: list[WarehouseRow], loads: dict[str, LoadFind] | None = None) -> None:
        self._rows_given = rows
        self._loads = loads or {}

    def rows_of(self, wanted: Identity) -> list[WarehouseRow]:
        return self._rows_given

    def load_of(self, key: str) -> LoadFind | Nowhere | Unknown:
        return self._loads.get(key, Nowhere("the manifest"))
