"""boto3's Data API calls in, its reply dicts out, over a warehouse that speaks Redshift's protocol.

As on AWS a call only takes a statement in: DescribeStatement says what became of it. Statements
and their results are in memory: those under way end with the engine, and the warehouse rolls back
what they had not committed, because their sessions end. A token is forgotten with its statement, so
that whoever repeats a request after a restart must be able to bear that it runs twice.
"""

import random
from collections.abc import Mapping, Sequence
from typing import Any

from core.clock import Clock
from local.aws_error import validation_error
from local.redshift_data import refusal
from local.redshift_data.driver import Connect
from local.redshift_data.limits import STATEMENT_BYTES_MAX
from local.redshift_data.parameters import bind
from local.redshift_data.runner import StatementRunner
from local.redshift_data.statement import Part, Statement, StatementRequest
from local.redshift_data.store import StatementStore

Reply = dict[str, Any]


class RedshiftDataService:
    """A local Redshift Data API for one serverless workgroup; `connect` opens its sessions.

    What it does not know (sessions that are kept, events, other formats than JSON, AUTO_COMMIT,
    waiting for the end) is refused by name. Raises AwsError with AWS's codes.
    """

    def __init__(
        self, connect: Connect, clock: Clock, *, workgroup: str, rng: random.Random
    ) -> None:
        self._workgroup = workgroup
        self._store = StatementStore(clock, rng)
        self._runner = StatementRunner(self._store, connect, clock)

    def execute_statement(
        self,
        *,
        Sql: str,
        Parameters: Sequence[Mapping[str, str]] = (),
        ClientToken: str | None = None,
        **more: Any,
    ) -> Reply:
        """Take in one statement, with values for its `:name`s; it commits by itself."""
        request = self._request([Sql], Parameters, more, is_batch=False)
        return self._accept("ExecuteStatement", request, Parameters, ClientToken)

    def batch_execute_statement(
        self,
        *,
        Sqls: Sequence[str],
        Parameters: Sequence[Mapping[str, str]] = (),
        ClientToken: str | None = None,
        ExecutionMode: str = "TRANSACTION",
        **more: Any,
    ) -> Reply:
        """Take in statements that run as one transaction: all of them, or none (clause E13)."""
        if ExecutionMode != "TRANSACTION":
            raise refusal.not_implemented([f"ExecutionMode {ExecutionMode}"])
        request = self._request(Sqls, Parameters, more, is_batch=True)
        return self._accept("BatchExecuteStatement", request, Parameters, ClientToken)

    def describe_statement(self, *, Id: str, **more: Any) -> Reply:
        """Return what became of a statement; `ID:n` is the n-th of a batch."""
        _refuse(more)
        with self._store.lock:
            statement, part = self._look_up(Id)
            return statement.describe() if part is None else part.describe(Id)

    def get_statement_result(self, *, Id: str, NextToken: str | None = None, **more: Any) -> Reply:
        """Return a page of a finished statement's rows; `ID:n` is the n-th of a batch."""
        _refuse(more)
        with self._store.lock:
            statement, part = self._look_up(Id)
            if part is None and not statement.request.is_batch:
                part = statement.parts[0]
            result = part.result if part is not None else None
            if result is None or statement.status != "FINISHED":
                raise refusal.no_result(Id)
        number = _page_number(NextToken, result.page_count)
        reply: Reply = {
            "Records": result.page(number),
            "ColumnMetadata": result.columns,
            "TotalNumRows": result.row_count,
        }
        if number + 1 < result.page_count:
            reply["NextToken"] = f"page-{number + 1}"
        return reply

    def cancel_statement(self, *, Id: str) -> Reply:
        """Stop a statement that waits or runs. One that commits meanwhile is FINISHED after all."""
        with self._store.lock:
            statement, _ = self._look_up(Id)
            if statement.is_over:
                raise refusal.already_over(Id, statement.status)
            statement.cancelled = True
            if statement.connection is not None:
                statement.connection.cancel()
        return {"Status": True}

    def close(self) -> None:
        """End what is under way: it is rolled back."""
        self._runner.close()

    def _request(
        self,
        sqls: Sequence[str],
        parameters: Sequence[Mapping[str, str]],
        more: Mapping[str, Any],
        *,
        is_batch: bool,
    ) -> StatementRequest:
        """Return the request; AwsError ValidationException for what cannot be run here."""
        _refuse(more)
        for name in ("WorkgroupName", "Database"):
            if not more.get(name):
                raise validation_error(f"{name} is required to reach a serverless workgroup.")
        workgroup = str(more["WorkgroupName"])
        if workgroup != self._workgroup:
            raise refusal.no_such_workgroup(workgroup)
        for sql in sqls:
            if not sql.strip():
                raise validation_error("A SQL statement is empty.")
            if len(sql.encode()) > STATEMENT_BYTES_MAX:
                raise validation_error(
                    f"A SQL statement is larger than {STATEMENT_BYTES_MAX} bytes."
                )
        return StatementRequest(
            sqls=tuple(sqls),
            is_batch=is_batch,
            workgroup=workgroup,
            database=more["Database"],
            parameters=tuple((each["name"], each["value"]) for each in parameters),
            name=more.get("StatementName", ""),
            secret_arn=more.get("SecretArn"),
            user=more.get("DbUser"),
        )

    def _accept(
        self,
        operation: str,
        request: StatementRequest,
        parameters: Sequence[Mapping[str, str]],
        token: str | None,
    ) -> Reply:
        bound = bind(request.sqls, parameters)
        with self._store.lock:
            statement = self._store.earlier(token, request)
            if statement is not None:
                return statement.accepted()
            statement = self._store.add(request, bound, token)
            reply = statement.accepted()
            try:
                self._runner.submit(statement)
            except RuntimeError:  # the engine is stopping
                statement.status = "FAILED"
                message = "local engine: it is stopping, and takes no more statements"
                raise refusal.not_accepted(operation, message, statement.statement_id) from None
        return reply

    def _look_up(self, id_text: str) -> tuple[Statement, Part | None]:
        """Return a statement and, when the id names one (`ID:n`), its part."""
        statement_id, _, number = id_text.partition(":")
        statement = self._store.find(statement_id)
        if not number:
            return statement, None
        if not statement.request.is_batch or not 1 <= int(number) <= len(statement.parts):
            raise refusal.no_such_statement(id_text)
        return statement, statement.parts[int(number) - 1]


_TAKEN = {"WorkgroupName", "Database", "SecretArn", "DbUser", "StatementName"}
_HARMLESS = {("WithEvent", False), ("ResultFormat", "JSON")}  # said, and true anyway


def _refuse(more: Mapping[str, Any]) -> None:
    """Refuse by name what the engine does not know."""
    foreign = {name for name, value in more.items() if (name, value) not in _HARMLESS} - _TAKEN
    if foreign:
        raise refusal.not_implemented(foreign)


def _page_number(token: str | None, page_count: int) -> int:
    if token is None:
        return 0
    tokens = {f"page-{number}": number for number in range(1, page_count)}
    if token not in tokens:
        raise validation_error("The NextToken is not one of this result.")
    return tokens[token]
