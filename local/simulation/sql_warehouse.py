"""Loads' SQL in, what the warehouse that ships holds after it out."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from core import limits
from core.clock import ManualClock
from core.errors import StatementFailed
from core.query_value import QueryValue
from core.warehouse import Result
from local.simulation.ports import FaultyLake
from local.simulation.warehouse import Held
from local.warehouse.session import Session
from local.warehouse.warehouse import Warehouse
from local.warehouse_reader import WarehouseReader

_SQL: Final = Path(__file__).resolve().parents[2] / "sql"


class SqlWarehouse:
    """DuckDB behind Redshift's SQL; `lake` is where COPY reads, without faults of its own."""

    def __init__(self, lake: FaultyLake, clock: ManualClock) -> None:
        objects: Any = lake  # its methods name their parameters, as boto3's do
        self._warehouse = Warehouse(None, objects=objects, clock=clock)
        for path in sorted((_SQL / "ddl").glob("*.sql")):
            self._warehouse.run_script(path.read_text())
        self._session = Session(self._warehouse, user="cube", database="votes")

    def run(self, statements: Sequence[str], *, name: str) -> None:
        """Run a transaction, wholly or not at all."""
        self._session.execute("BEGIN")
        try:
            for statement in statements:
                for _ in self._session.execute(statement).rows:
                    pass
            self._session.execute("COMMIT")
        except Exception as error:
            self._session.execute("ROLLBACK")
            raise StatementFailed(f"running SQL: {error}") from error

    def rows(self, sql: str) -> list[list[Any]]:
        return [list(row) for row in self._session.execute(sql).rows]

    def loaded(self) -> set[str]:
        return {str(key) for (key,) in self.rows("SELECT object_key FROM loaded_objects")}

    def held(self) -> Held:
        reader = WarehouseReader(self)
        loads, tables = reader.by_minute(0)
        votes = [
            (str(poll), str(device_id), int(seq), str(colour))
            for poll, device_id, seq, colour in self.rows(
                "SELECT poll, device_id, seq, colour FROM votes"
            )
        ]
        return Held(reader.load_of(""), reader.rows_of_loads(), loads, tables, votes)

    def query(
        self,
        sql: str,
        params: Mapping[str, QueryValue] | None = None,
        *,
        rows_max: int = limits.QUERY_ROWS_MAX,
        timeout_s: float = limits.QUERY_TIMEOUT_S,
        write: bool = False,
    ) -> Result:
        """Answer as the client that `cube check` has."""
        rows: list[tuple[Any, ...]] = [tuple(row) for row in self.rows(sql)]
        return Result((), rows, truncated=False, took_ms=0)

    def cancel(self) -> None:
        raise AssertionError("nothing here runs long")

    def close(self) -> None:
        self._session.close()
        self._warehouse.close()
