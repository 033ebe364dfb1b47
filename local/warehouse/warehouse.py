"""A database file in, sessions' connections out: the one warehouse of a process."""

from pathlib import Path
from typing import Any, Protocol

import duckdb

from core.clock import Clock


class ObjectReader(Protocol):
    """The slice of boto3's S3 client that COPY and UNLOAD call."""

    def list_objects_v2(self, **request: Any) -> Any: ...

    def get_object(self, **request: Any) -> Any: ...

    def put_object(self, **request: Any) -> Any: ...


class Warehouse:
    """One DuckDB file. `path` None: in memory."""

    def __init__(self, path: Path | None, *, objects: ObjectReader, clock: Clock) -> None:
        self.objects = objects
        self.clock = clock
        self._database = duckdb.connect(str(path) if path else ":memory:")
        self._database.execute("CREATE SCHEMA IF NOT EXISTS public")

    def connect(self) -> duckdb.DuckDBPyConnection:
        """Return a new connection with Redshift's settings."""
        connection = self._database.cursor()
        for setting in (
            "SET TimeZone='UTC'",
            "SET integer_division=true",
            "SET preserve_insertion_order=false",
            "SET schema='public'",
        ):
            connection.execute(setting)
        return connection

    def run_script(self, sql: str) -> None:
        """Execute each statement of a script, for sql/ddl and sql/views at boot."""
        from local.warehouse.session import Session  # a session needs its warehouse

        session = Session(self, user="cube", database="votes")
        try:
            for statement in session.split(sql):
                session.execute(statement)
        finally:
            session.close()

    def close(self) -> None:
        self._database.close()
