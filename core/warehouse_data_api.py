"""A workgroup's name in, answers through the Redshift Data API out: no connection, no password.

A statement is sent, asked after until it has ended, and its answer fetched page by page (E13). The
API has no transactions that only read: here the check of the text is all there is, besides what the
caller's role may do.
"""

import contextlib
import threading
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final

from core import limits
from core.clients import QueryApiClient
from core.clock import Clock
from core.errors import QueryCancelled, QueryFailed
from core.query_value import QueryValue
from core.service_error import code_of
from core.statement import Statement, prepare
from core.warehouse import Result, Value, cut, value_of

_ASK_FIRST_S: Final = 0.02
_ASK_LATER_S: Final = 0.5  # quick answers come quickly, slow ones cost few calls
_REFUSALS: Final = frozenset({"ValidationException", "ExecuteStatementException"})


class DataApiWarehouse:
    """Asks through the Data API; see core.warehouse.WarehouseClient."""

    def __init__(
        self, client: QueryApiClient, *, workgroup: str, database: str, clock: Clock
    ) -> None:
        self._client = client
        self._workgroup = workgroup
        self._database = database
        self._clock = clock
        self._turn = threading.Lock()  # one query at a time
        self._stop = threading.Event()

    def query(
        self,
        sql: str,
        params: Mapping[str, QueryValue] | None = None,
        *,
        rows_max: int = limits.QUERY_ROWS_MAX,
        timeout_s: float = limits.QUERY_TIMEOUT_S,
        write: bool = False,
    ) -> Result:
        statement = prepare(
            sql,
            params or {},
            placeholder=lambda number: f":p{number}",
            rows_max=rows_max,
            write=write,
        )
        with self._turn:
            self._stop.clear()
            started_ms = self._clock.monotonic_ms()
            deadline_ms = started_ms + round(timeout_s * 1000)
            identity = self._send(statement)
            try:
                described = self._ended(identity, deadline_ms)
            except BaseException:
                with contextlib.suppress(Exception):  # it may be over by now
                    self._client.cancel_statement(Id=identity)
                raise
            columns: tuple[str, ...] = ()
            rows: list[tuple[Value, ...]] = []
            if described.get("HasResultSet"):
                columns, rows = self._answer(identity, rows_max)
            return cut(columns, rows, rows_max, self._clock.monotonic_ms() - started_ms)

    def cancel(self) -> None:
        self._stop.set()

    def close(self) -> None:
        """Nothing is held between calls."""

    def _send(self, statement: Statement) -> str:
        request: dict[str, Any] = {
            "WorkgroupName": self._workgroup,
            "Database": self._database,
            "Sql": statement.sql,
        }
        if statement.values:
            request["Parameters"] = [
                {"name": f"p{number}", "value": value}
                for number, value in enumerate(statement.values, 1)
            ]
        try:
            return str(self._client.execute_statement(**request)["Id"])
        except Exception as error:
            if code_of(error) in _REFUSALS:
                raise QueryFailed(f"querying warehouse: {' '.join(str(error).split())}") from error
            raise

    def _ended(self, identity: str, deadline_ms: int) -> Mapping[str, Any]:
        """Wait for a statement; raise QueryFailed or QueryCancelled unless it finished."""
        pause_s = _ASK_FIRST_S
        while True:
            described = self._client.describe_statement(Id=identity)
            status = described["Status"]
            if status == "FINISHED":
                return described
            said = " ".join(str(described.get("Error", status)).split())
            if status == "FAILED":
                raise QueryFailed(f"querying warehouse: {said}")
            if status == "ABORTED":
                raise QueryCancelled(f"querying warehouse: {said}")
            if self._stop.wait(pause_s):
                raise QueryCancelled("querying warehouse: it was stopped")
            if self._clock.monotonic_ms() > deadline_ms:
                raise QueryCancelled("querying warehouse: it took too long")
            pause_s = min(pause_s * 1.5, _ASK_LATER_S)

    def _answer(
        self, identity: str, rows_max: int
    ) -> tuple[tuple[str, ...], list[tuple[Value, ...]]]:
        columns: tuple[str, ...] = ()
        rows: list[tuple[Value, ...]] = []
        for page in self._pages(identity):
            described = page["ColumnMetadata"]
            columns = tuple(str(column["name"]) for column in described)
            kinds = [str(column.get("typeName", "")) for column in described]
            for record in page["Records"]:
                rows.append(tuple(map(_value, record, kinds)))
            if len(rows) > rows_max:
                break
        return columns, rows

    def _pages(self, identity: str) -> Iterator[Mapping[str, Any]]:
        page = self._client.get_statement_result(Id=identity)
        yield page
        while token := page.get("NextToken"):
            page = self._client.get_statement_result(Id=identity, NextToken=token)
            yield page


def _value(field: Mapping[str, Any], kind: str) -> Value:
    """Return a field as the driver would: the API has times and decimals as text."""
    if field.get("isNull"):
        return None
    name, raw = next(iter(field.items()))
    if name == "blobValue":
        return bytes(raw).hex()  # as the driver gives VARBYTE
    if name != "stringValue":
        return value_of(raw)
    try:
        match kind:
            case "numeric":
                return Decimal(raw)
            case "timestamp" | "timestamptz":
                return value_of(datetime.fromisoformat(raw))
            case "date":
                return date.fromisoformat(raw)
            case "time":
                return time.fromisoformat(raw)
    except (ValueError, ArithmeticError):  # `infinity`, a year of six digits: better as it came
        return str(raw)
    return str(raw)
