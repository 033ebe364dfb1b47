"""A client's statements in, outcomes out: one connection's transaction over the warehouse."""

import re
from collections.abc import Iterator, Sequence
from typing import Literal

import duckdb
import sqlglot

from local.warehouse.error import WarehouseError
from local.warehouse.outcome import Column, Outcome
from local.warehouse.warehouse import Warehouse

_OIDS = {"BOOLEAN": 16, "SMALLINT": 21, "INTEGER": 23, "BIGINT": 20, "FLOAT": 700, "DOUBLE": 701,
         "VARCHAR": 1043, "DATE": 1082, "TIME": 1083, "TIMESTAMP": 1114,
         "TIMESTAMP WITH TIME ZONE": 1184}


class Session:
    """One client connection, used from that client's own thread (except `cancel`)."""

    def __init__(self, warehouse: Warehouse, *, user: str, database: str) -> None:
        self.status: Literal["I", "T", "E"] = "I"
        self._connection = warehouse.connect()
        self._user = user
        self._database = database

    def split(self, sql: str) -> list[str]:
        return [part.strip() for part in sql.split(";") if part.strip()]

    def parameter_oids(self, sql: str, given: Sequence[int]) -> tuple[int, ...]:
        count = max((int(n) for n in re.findall(r"\$(\d+)", sql)), default=0)
        return tuple((given[n] if n < len(given) else 0) or 705 for n in range(count))

    def describe(self, sql: str, oids: Sequence[int]) -> tuple[Column, ...] | None:
        if not re.match(r"\s*(select|with|show|values|\()", sql, re.I):
            return None
        text = re.sub(r"\$\d+", "NULL", sql)
        found = self._run("DESCRIBE " + self._translate(text)).fetchall()
        return tuple(Column(str(row[0]), _OIDS.get(str(row[1]), 1043)) for row in found)

    def execute(self, sql: str, values: Sequence[object] = ()) -> Outcome:
        word = sql.split(None, 1)[0].rstrip(";").upper()
        if self.status == "E" and word not in {"ROLLBACK", "ABORT", "COMMIT", "END"}:
            raise WarehouseError(
                "25P02",
                "current transaction is aborted, commands ignored until end of transaction block",
            )
        if word in {"BEGIN", "START"}:
            if self.status == "I":
                self._run("BEGIN")
                self.status = "T"
            return Outcome("BEGIN", None, iter(()))
        if word in {"COMMIT", "END", "ROLLBACK", "ABORT"}:
            undo = word in {"ROLLBACK", "ABORT"} or self.status == "E"
            if self.status != "I":
                self._run("ROLLBACK" if undo else "COMMIT")
            self.status = "I"
            return Outcome("ROLLBACK" if undo else "COMMIT", None, iter(()))
        result = self._run(self._translate(sql), values)
        if self.describe(sql, [0] * len(values)) is None:
            count = result.fetchall()
            number = count[0][0] if count and count[0] else 0
            tag = {"INSERT": f"INSERT 0 {number}", "DELETE": f"DELETE {number}",
                   "UPDATE": f"UPDATE {number}"}.get(word, " ".join(sql.split()[:2]).upper())
            return Outcome(tag, None, iter(()))
        result = self._run(self._translate(sql), values)
        columns = tuple(
            Column(str(entry[0]), _OIDS.get(str(entry[1]), 1043)) for entry in result.description
        )
        outcome = Outcome("SELECT", columns, iter(()))
        outcome.rows = self._stream(result, outcome)
        return outcome

    def cancel(self) -> None:
        """Make the running statement fail with 57014; from any thread."""
        self._connection.interrupt()

    def close(self) -> None:
        self._connection.close()

    def _translate(self, sql: str) -> str:
        try:
            hidden = re.sub(r"\$(\d+)", r"__p\1__", sql)
            text = sqlglot.transpile(hidden, read="redshift", write="duckdb")[0]
            return re.sub(r"__p(\d+)__", r"$\1", text)
        except sqlglot.errors.SqlglotError as error:
            raise WarehouseError("42601", f"syntax error: {error}") from error

    def _run(self, sql: str, values: Sequence[object] = ()) -> duckdb.DuckDBPyConnection:
        try:
            return self._connection.execute(sql, list(values) or None)
        except duckdb.Error as error:
            if self.status == "T":
                self.status = "E"
            state = "57014" if isinstance(error, duckdb.InterruptException) else "42601"
            raise WarehouseError(state, str(error)) from error

    def _stream(
        self, result: duckdb.DuckDBPyConnection, outcome: Outcome
    ) -> Iterator[Sequence[object]]:
        count = 0
        while rows := result.fetchmany(1000):
            count += len(rows)
            yield from rows
        outcome.tag = f"SELECT {count}"
