"""The warehouse alone: ten million rows loaded and merged, then asked, at the client."""

import itertools
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import msgspec
import redshift_connector

from core.clock import SystemClock
from core.poll import DEFAULT_PALETTE, DEFAULT_POLL, PollRules
from core.row import TRANSFORM_VERSION, Row
from local.bench.figure import Measurement
from local.bench.options import BenchOptions
from local.bench.system import System, running
from local.cli.clients import client_at, environment
from local.firehose.body import Body
from processors.lake import Lake, LakeObject
from processors.load_sql import copy_load, rules_batch

ROWS: Final = 10_000_000
LOAD_ROWS: Final = 500_000
DEVICES: Final = 50_000
BATCH_LINES: Final = 300
DAYS: Final = 30
BUCKET: Final = "cube-lake"
QUERIES: Final = 5
_HOURS: Final = (
    "SELECT DATE_TRUNC('hour', voted_at) AS hour, colour, COUNT(*) FROM votes GROUP BY 1, 2"
)


def measure(_options: BenchOptions) -> list[Measurement]:
    """Return the rate of loads with their merge, and how long a question over all rows takes."""
    with running(environment(), shards=1, dashboard=False, history=True) as system:
        desk = _Desk(system)
        loads = [desk.load(first, LOAD_ROWS) for first in range(0, ROWS, LOAD_ROWS)]
        again = desk.load(ROWS - LOAD_ROWS // 2, LOAD_ROWS)
        with desk.cursor() as cursor:
            cursor.execute("SELECT COUNT(*) FROM votes")
            ((count,),) = cursor.fetchall()
            assert count == ROWS + LOAD_ROWS // 2, f"each row once: {count}"
            asked = [_time(cursor, _HOURS) for _ in range(QUERIES)]
        size = sum(path.stat().st_size for path in (system.data / "warehouse").rglob("*.duckdb*"))
        return [
            Measurement("warehouse.load_rate", LOAD_ROWS * len(loads) / sum(loads), "rows/s"),
            Measurement("warehouse.last_load", loads[-1], "s"),
            Measurement("warehouse.load_half_known", again, "s"),
            Measurement("warehouse.hour_by_colour", sorted(asked)[len(asked) // 2], "s"),
            Measurement("warehouse.size", size / count, "bytes/row"),
        ]


def _time(cursor: Any, sql: str) -> float:
    started = time.perf_counter()
    cursor.execute(sql)
    cursor.fetchall()
    return time.perf_counter() - started


class _Desk:
    """A warehouse and a lake; objects lie where the scheduled load does not look."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._s3 = client_at("s3", system.endpoint)
        self._ids = itertools.count(1)
        self._start_ms = SystemClock().now_ms() - DAYS * 86_400_000
        rules = PollRules(poll=DEFAULT_POLL, version=1, effective_ms=0, palette=DEFAULT_PALETTE)
        self._run(rules_batch(rules))

    def load(self, first: int, count: int) -> float:
        """Put an object of rows and load it; return how long the load took, in seconds."""
        number = next(self._ids)
        rows = Body("GZIP")
        rows.add([msgspec.json.Encoder().encode_lines(self._rows(first, count))])
        body = b"".join(rows.close())
        load = LakeObject(f"bench/{number}.gz", len(body))
        self._s3.put_object(Bucket=BUCKET, Key=load.key, Body=body)
        manifest = Lake(self._s3, bucket=BUCKET).put_manifest(f"bench-{number}", [load])
        started = time.perf_counter()
        self._run(copy_load(f"bench-{number}", [load], manifest=manifest, copy_role="default"))
        return time.perf_counter() - started

    def _rows(self, first: int, count: int) -> list[Row]:
        step_ms = DAYS * 86_400_000 / (ROWS + LOAD_ROWS)
        return [
            Row(
                arrived_at=(at := self._start_ms + int(number * step_ms)) + 80,
                sequence_number=f"{number // BATCH_LINES:056d}",
                subsequence=0,
                line=number % BATCH_LINES + 2,
                transform_version=TRANSFORM_VERSION,
                producer="bench",
                lane=number // BATCH_LINES % 32,
                number=number // BATCH_LINES,
                poll=DEFAULT_POLL,
                device_id=f"cube-{number % DEVICES:08d}",
                seq=number // DEVICES,
                colour=DEFAULT_PALETTE[number % len(DEFAULT_PALETTE)],
                voted_at=at,
                region="unknown",
            )
            for number in range(first, first + count)
        ]

    def _run(self, statements: Sequence[str]) -> None:
        with self.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    @contextmanager
    def cursor(self) -> Iterator[Any]:
        """Return a cursor in a transaction of its own, committed at the end."""
        connection = redshift_connector.connect(
            host="127.0.0.1",
            port=self._system.warehouse_port,
            database="votes",
            user="cube",
            password="cube",  # noqa: S106 - of a warehouse on this machine
            ssl=False,
        )
        try:
            yield connection.cursor()
            connection.commit()
        finally:
            connection.close()
