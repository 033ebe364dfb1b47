"""A COPY's course in, rows of stl_load_errors, stl_load_commits and sys_load_history out."""

import datetime
from collections.abc import Sequence

from local.warehouse.copy_objects import StagedObject
from local.warehouse.copy_slow import LoadError
from local.warehouse.dialect.copy_statement import CopyStatement
from local.warehouse.engine import Engine
from local.warehouse.error import WarehouseError
from local.warehouse.limits import LOAD_ERRORS_MAX, LOADS_MAX
from local.warehouse.transaction import Transaction


class LoadHistory:
    """One COPY's rows of the system tables; `number` is what pg_last_copy_id() says."""

    def __init__(self, engine: Engine, session: int, table: str, command: CopyStatement) -> None:
        self._engine = engine
        self._session = session
        self._table = table
        self._command = command
        self._started = self._now()
        self._files = 0
        self._bytes = 0
        ((self.number,),) = engine.record("SELECT nextval('cube_system.query_number')")

    def _now(self) -> datetime.datetime:
        seconds = self._engine.clock.now_ms() / 1000
        return datetime.datetime.fromtimestamp(seconds, datetime.UTC).replace(tzinfo=None)

    def file(self, transaction: Transaction, staged: StagedObject) -> None:
        """Note a file as loaded, if the transaction commits."""
        self._files += 1
        self._bytes += staged.bytes
        transaction.run(
            "INSERT INTO cube_system.load_files VALUES ($1, $2, $3, $4, $5, $6)",
            [self.number, self._table, str(staged.url), self._now(), staged.lines, staged.bytes],
        )

    def completed(self, rows: int, errors: Sequence[LoadError]) -> None:
        self._note(errors)
        self._end("completed", rows, len(errors))

    def failed(self, error: WarehouseError, errors: Sequence[LoadError]) -> None:
        self._note(errors)
        self._end("cancelled" if error.sqlstate == "57014" else "failed", 0, len(errors))

    def _note(self, errors: Sequence[LoadError]) -> None:
        for error in errors:
            self._engine.record(
                "INSERT INTO cube_system.load_errors"
                " VALUES ($1, 0, NULL, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
                [
                    self.number, self._started, self._session, self._table, error.url, error.line,
                    error.column, error.type, error.length, error.position, error.raw_line,
                    error.raw_value, error.code, error.reason,
                ],
            )  # fmt: skip
        if errors:
            self._forget("load_errors", LOAD_ERRORS_MAX)

    def _end(self, status: str, rows: int, errors: int) -> None:
        self._engine.record(
            "INSERT INTO cube_system.loads VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            [
                self.number, self._table, str(self._command.source), self._command.options.format,
                self._started, self._now(), status, rows, self._bytes, self._files, errors,
            ],
        )  # fmt: skip
        if self.number % 1_000 == 0:
            self._forget("loads", LOADS_MAX)
            self._forget("load_files", LOADS_MAX)

    def _forget(self, table: str, kept: int) -> None:
        """Let the oldest rows go, beyond as many as are kept."""
        self._engine.record(
            f"DELETE FROM cube_system.{table} WHERE query < (SELECT min(query) FROM"  # noqa: S608 - ours
            f" (SELECT query FROM cube_system.{table} ORDER BY query DESC LIMIT {kept}))"
        )
