"""A request to run SQL in, its life from SUBMITTED to an end out, as DescribeStatement tells it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal

from local.redshift_data.driver import WarehouseConnection
from local.redshift_data.parameters import BoundSql
from local.redshift_data.result import Result

Status = Literal["SUBMITTED", "PICKED", "STARTED", "FINISHED", "FAILED", "ABORTED"]
OVER: Final = frozenset({"FINISHED", "FAILED", "ABORTED"})
_UNKNOWN: Final = -1  # AWS's word for a number that is not there (yet)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementRequest:
    """What a caller asked for; equal requests are one when they carry the same token."""

    sqls: tuple[str, ...]
    is_batch: bool
    workgroup: str
    database: str
    parameters: tuple[tuple[str, str], ...] = ()
    name: str = ""
    secret_arn: str | None = None
    user: str | None = None


@dataclass(slots=True, kw_only=True)
class Part:
    """One SQL statement of a request."""

    bound: BoundSql
    sql: str
    created_ms: int
    updated_ms: int
    query_id: int
    status: Status = "SUBMITTED"
    started_ms: int = _UNKNOWN  # on the monotonic clock
    duration_ms: int = _UNKNOWN
    error: str = ""
    rows: int = _UNKNOWN
    result: Result | None = None

    def describe(self, statement_id: str) -> dict[str, Any]:
        """Return what SubStatementData and DescribeStatementResponse have in common."""
        reply: dict[str, Any] = {
            "Id": statement_id,
            "Status": self.status,
            "QueryString": self.sql,
            "CreatedAt": utc(self.created_ms),
            "UpdatedAt": utc(self.updated_ms),
            "Duration": _nanoseconds(self.duration_ms),
            "RedshiftQueryId": self.query_id,
            "ResultRows": self.rows,
            "ResultSize": self.result.bytes if self.result else _UNKNOWN,
            "HasResultSet": self.result is not None,
        }
        return reply | ({"Error": self.error} if self.error else {})


@dataclass(slots=True, kw_only=True)
class Statement:
    """A request under way or over. Whoever reads or writes it holds the store's lock."""

    statement_id: str
    request: StatementRequest
    created_ms: int
    updated_ms: int
    parts: Sequence[Part] = field(default_factory=tuple)
    status: Status = "SUBMITTED"
    error: str = ""
    pid: int = 0
    cancelled: bool = False
    connection: WarehouseConnection | None = None

    @property
    def is_over(self) -> bool:
        return self.status in OVER

    @property
    def sql_bytes(self) -> int:
        return sum(len(part.sql) for part in self.parts)

    def accepted(self) -> dict[str, Any]:
        """Return the answer to the request itself."""
        reply: dict[str, Any] = {
            "Id": self.statement_id,
            "CreatedAt": utc(self.created_ms),
            "Database": self.request.database,
            "WorkgroupName": self.request.workgroup,
        }
        return reply | self._identity()

    def describe(self) -> dict[str, Any]:
        """Return DescribeStatement's answer."""
        reply = self.parts[0].describe(self.statement_id)
        if self.request.is_batch:
            reply = self._describe_batch()
        reply |= self._identity() | {
            "Status": self.status,
            "Database": self.request.database,
            "WorkgroupName": self.request.workgroup,
            "CreatedAt": utc(self.created_ms),
            "UpdatedAt": utc(self.updated_ms),
            "RedshiftPid": self.pid,
            "ResultFormat": "JSON",
        }
        if self.error:
            reply["Error"] = self.error
        if self.request.parameters:
            pairs = self.request.parameters
            reply["QueryParameters"] = [{"name": name, "value": value} for name, value in pairs]
        return reply

    def _describe_batch(self) -> dict[str, Any]:
        durations_ms = [part.duration_ms for part in self.parts if part.duration_ms >= 0]
        return {
            "Id": self.statement_id,
            "Duration": _nanoseconds(sum(durations_ms) if durations_ms else _UNKNOWN),
            "HasResultSet": any(part.result is not None for part in self.parts),
            "RedshiftQueryId": 0,
            "ResultRows": _UNKNOWN,
            "ResultSize": _UNKNOWN,
            "ExecutionMode": "TRANSACTION",
            "SubStatements": [
                part.describe(f"{self.statement_id}:{number}")
                for number, part in enumerate(self.parts, 1)
            ],
        }

    def _identity(self) -> dict[str, Any]:
        given = {"SecretArn": self.request.secret_arn, "DbUser": self.request.user}
        return {name: value for name, value in given.items() if value is not None}


def utc(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


def _nanoseconds(ms: int) -> int:
    return ms * 1_000_000 if ms >= 0 else _UNKNOWN
