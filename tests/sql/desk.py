"""The SQL of sql/ in, a served warehouse with its tables and a known history out: for tests."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import Any

from core.clock import ManualClock, SystemClock
from core.query_value import QueryValue
from core.question import SQL_FOLDER, Given, Question, read_question
from core.warehouse import Result, Value, iso
from core.warehouse_driver import Address, DriverWarehouse
from local.warehouse.server import WarehouseServer, listen
from local.warehouse.startup import Gate
from local.warehouse.warehouse import Warehouse
from tests.sql.data import inserts

NOW_MS = 1_793_620_800_000  # 2026-11-02 12:00:00 UTC


class NoObjects:
    """An S3 that nobody asks in these tests."""

    def list_objects_v2(self, **request: Any) -> Any:
        raise AssertionError(request)

    def get_object(self, **request: Any) -> Any:
        raise AssertionError(request)

    def put_object(self, **request: Any) -> Any:
        raise AssertionError(request)


class Desk:
    """A warehouse, and somebody who asks it."""

    def __init__(self, server: WarehouseServer) -> None:
        self.port = server.port
        self.connections = server.client_count
        self.address = Address("127.0.0.1", server.port, "votes", "cube", "cube")
        self.client = DriverWarehouse(self.address, clock=SystemClock())

    def write(self, sql: str) -> Result:
        return self.client.query(sql, write=True)

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Run the body in a transaction that is rolled back; ask by `write` in it."""
        self.write("BEGIN")
        yield
        self.write("ROLLBACK")

    def rows(self, sql: str) -> list[tuple[Value, ...]]:
        return self.client.query(sql).rows

    def ask(self, file: str, **given: Given) -> Result:
        """Return the answer to a file of sql/, asked at NOW_MS."""
        question = read_question(SQL_FOLDER / file)
        return self.client.query(question.sql, bound(question, given))


def bound(question: Question, given: dict[str, Given]) -> dict[str, QueryValue]:
    # `from` is a word of Python's: tests say from_
    return question.bind({name.rstrip("_"): value for name, value in given.items()}, now_ms=NOW_MS)


def plain(result: Result) -> list[tuple[object, ...]]:
    """Return rows as tests write them down: moments as text, decimals as floats."""
    return [tuple(_plain(value) for value in row) for row in result.rows]


def _plain(value: Value) -> object:
    if isinstance(value, date | time):
        return iso(value).removesuffix("Z")
    return float(value) if isinstance(value, Decimal) else value


@contextmanager
def served(
    clock: ManualClock | SystemClock | None = None, gate: Gate | None = None
) -> Iterator[Desk]:
    """Serve a warehouse in memory with the tables, the views and the history of data.py."""
    clock = clock or SystemClock()
    warehouse = Warehouse(None, objects=NoObjects(), clock=clock)
    for folder in ("ddl", "views"):
        for path in sorted((SQL_FOLDER / folder).glob("*.sql")):
            warehouse.run_script(path.read_text())
    server = WarehouseServer(listen(0), gate or Gate(), clock=SystemClock(), rng=random.Random(7))
    server.start()
    server.open(warehouse)
    desk = Desk(server)
    try:
        for statement in inserts():
            desk.write(statement)
        yield desk
    finally:
        desk.client.close()
        server.stop()
        warehouse.close()


def files(folder: str) -> list[Path]:
    return sorted((SQL_FOLDER / folder).glob("*.sql"))
