"""A database file in, connections with Redshift's settings out: DuckDB as the warehouse runs it."""

import atexit
import os
import shutil
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Protocol

import duckdb

from core.clock import Clock
from core.errors import DataFolderUnusable
from local.warehouse.catalog import SCHEMAS, SETUP
from local.warehouse.duckdb_error import from_duckdb
from local.warehouse.limits import (
    MEMORY_LIMIT,
    THREADS_MAX,
    WAL_BYTES_MAX,
    WRITER_IDLE_MS_MAX,
    WRITER_WAIT_MS_MAX,
)
from local.warehouse.types import text_literal
from local.warehouse.writer_lock import WriterLock

_CONNECTION_SETTINGS: Final = (
    "SET TimeZone = 'UTC'",
    "SET integer_division = true",
    # With the default, DuckDB 2.0.0 hides rows of a bulk insert that follows an empty one in the
    # same transaction; tests/local/warehouse/sql/test_engine.py has the six lines.
    "SET preserve_insertion_order = false",
    "SET search_path = 'public,cube_catalog,main'",
)


class ObjectReader(Protocol):
    """The slice of boto3's S3 client that COPY and UNLOAD call."""

    def list_objects_v2(self, **request: Any) -> Any: ...

    def get_object(self, **request: Any) -> Any: ...

    def put_object(self, **request: Any) -> Any: ...


class Engine:
    """One DuckDB database. `path` None: in memory, for tests.

    `lock_wait_ms_max` is how long a writer waits for another, `idle_ms_max` how long one that
    holds the lock may sleep while another waits. Raises DataFolderUnusable where the file cannot
    be opened (another process has it, or a newer DuckDB wrote it).
    """

    def __init__(
        self,
        path: Path | None,
        *,
        objects: ObjectReader,
        clock: Clock,
        database: str = "votes",
        memory_limit: str = MEMORY_LIMIT,
        lock_wait_ms_max: int = WRITER_WAIT_MS_MAX,
        idle_ms_max: int = WRITER_IDLE_MS_MAX,
    ) -> None:
        self.objects = objects
        self.clock = clock
        self.database = database
        self.lock = WriterLock(clock, wait_ms_max=lock_wait_ms_max, idle_ms_max=idle_ms_max)
        self.staging = _staging_folder(path)
        self._duckdb = _opened(path, self.staging, memory_limit)
        self._system = self.connect()
        self._system_lock = threading.Lock()
        self.record("BEGIN TRANSACTION")
        for statement in SETUP:
            self.record(statement.replace("current_database()", text_literal(database)))
        self.record("COMMIT")
        self.record("CHECKPOINT")

    def connect(self) -> duckdb.DuckDBPyConnection:
        """Return a new connection with Redshift's settings."""
        connection = self._duckdb.cursor()
        for setting in _CONNECTION_SETTINGS:
            connection.execute(setting)
        return connection

    def record(self, sql: str, values: Sequence[object] = ()) -> list[Any]:
        """Run a statement of our own, outside any session's transaction. Raises WarehouseError."""
        with self._system_lock:
            try:
                return self._system.execute(sql, list(values) or None).fetchall()
            except duckdb.Error as error:
                raise from_duckdb(error) from error

    def close(self) -> None:
        """Write the log into the file and let go of it."""
        self._system.close()
        self._duckdb.close()
        shutil.rmtree(self.staging, ignore_errors=True)


def _staging_folder(path: Path | None) -> Path:
    """Return an empty folder for COPY's files and DuckDB's spilling; an old one is removed."""
    if path is None:
        made = Path(tempfile.mkdtemp(prefix="cube-warehouse-"))
        atexit.register(shutil.rmtree, made, ignore_errors=True)  # whoever forgets to close it
        return made
    folder = path.parent / "staging"
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise DataFolderUnusable(f"creating {folder}: {error.strerror}") from error
    return folder


def _opened(path: Path | None, staging: Path, memory_limit: str) -> duckdb.DuckDBPyConnection:
    config: dict[str, Any] = {
        "memory_limit": memory_limit,
        "threads": min(THREADS_MAX, os.cpu_count() or 1),
        "temp_directory": str(staging / "spill"),
        "checkpoint_threshold": f"{WAL_BYTES_MAX}B",
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "python_enable_replacements": False,
    }
    try:
        database = duckdb.connect(str(path) if path else ":memory:", config=config)
        for statement in SCHEMAS:
            database.execute(statement)
        # What clients send never reaches the machine's files: COPY stages objects here first.
        database.execute(f"SET GLOBAL allowed_directories = ['{staging}']")
        database.execute("SET GLOBAL enable_external_access = false")
    except duckdb.Error as error:
        raise DataFolderUnusable(f"opening {path}: {error}") from error
    return database
