"""Requests in, their statements kept by id out, for a day and within a bound (thread-safe)."""

import random
import threading
import uuid
from itertools import takewhile
from typing import Final

from core.clock import Clock
from local.aws_error import validation_error
from local.redshift_data import refusal
from local.redshift_data.limits import (
    ACTIVE_STATEMENTS_MAX,
    KEPT_BYTES_MAX,
    KEPT_STATEMENTS_MAX,
    RESULT_LIFE_MS,
    TOKEN_LIFE_MS,
)
from local.redshift_data.parameters import BoundSql
from local.redshift_data.result import ResultTooLarge
from local.redshift_data.statement import Part, Statement, StatementRequest


class StatementStore:
    """Every statement the engine knows; `lock` is held by whoever looks at one."""

    def __init__(
        self, clock: Clock, rng: random.Random, *, kept_bytes_max: int = KEPT_BYTES_MAX
    ) -> None:
        self.lock: Final = threading.RLock()
        self._clock = clock
        self._rng = rng
        self._kept_bytes_max = kept_bytes_max
        self._statements: dict[str, Statement] = {}  # in the order they came
        self._bytes: dict[str, int] = {}  # of SQL and results, by id
        self._bytes_total = 0
        self._tokens: dict[str, tuple[str, int]] = {}  # token -> id, when it came
        self._queries = 0

    def earlier(self, token: str | None, request: StatementRequest) -> Statement | None:
        """Return the statement that this token already stands for (clause E13).

        AwsError ValidationException when that was another request.
        """
        self._expire()
        if token not in self._tokens:
            return None
        statement = self._statements[self._tokens[token][0]]
        if statement.request != request:
            raise validation_error("The client token was used by a request that said otherwise.")
        return statement

    def add(self, request: StatementRequest, bound: list[BoundSql], token: str | None) -> Statement:
        """Return a new statement, SUBMITTED; AwsError when too many are active."""
        active = sum(not statement.is_over for statement in self._statements.values())
        if active >= ACTIVE_STATEMENTS_MAX:
            raise refusal.too_many_active(ACTIVE_STATEMENTS_MAX)
        now_ms = self._clock.now_ms()
        statement_id = str(uuid.UUID(int=self._rng.getrandbits(128), version=4))
        parts: list[Part] = []
        for sql, each in zip(request.sqls, bound, strict=True):
            self._queries += 1
            part = Part(
                bound=each, sql=sql, created_ms=now_ms, updated_ms=now_ms, query_id=self._queries
            )
            parts.append(part)
        statement = Statement(
            statement_id=statement_id,
            request=request,
            created_ms=now_ms,
            updated_ms=now_ms,
            parts=parts,
        )
        self._statements[statement_id] = statement
        self._bytes[statement_id] = 0
        self._count(statement_id, statement.sql_bytes)
        if token is not None:
            self._tokens[token] = (statement_id, now_ms)
        self._make_room()
        return statement

    def find(self, statement_id: str) -> Statement:
        """Return a statement; AwsError ResourceNotFoundException for none, or one forgotten."""
        self._expire()
        statement = self._statements.get(statement_id)
        if statement is None:
            raise refusal.no_such_statement(statement_id)
        return statement

    def active(self) -> list[Statement]:
        return [statement for statement in self._statements.values() if not statement.is_over]

    def grow(self, statement: Statement, count: int) -> None:
        """Count bytes of a result; raise ResultTooLarge when they fit nowhere."""
        with self.lock:
            self._count(statement.statement_id, count)
            self._make_room()
            if self._bytes_total > self._kept_bytes_max:
                raise ResultTooLarge(f"results under way need more than {self._kept_bytes_max} B")

    def shrink(self, statement: Statement) -> None:
        """Count no more results of a statement that threw them away."""
        results_bytes = self._bytes[statement.statement_id] - statement.sql_bytes
        self._count(statement.statement_id, -results_bytes)

    def _count(self, statement_id: str, count: int) -> None:
        self._bytes[statement_id] += count
        self._bytes_total += count

    def _expire(self) -> None:
        now_ms = self._clock.now_ms()
        old = takewhile(
            lambda each: each.created_ms <= now_ms - RESULT_LIFE_MS, self._statements.values()
        )
        for statement in [each for each in old if each.is_over]:
            self._forget(statement)
        spent = takewhile(lambda each: each[1][1] <= now_ms - TOKEN_LIFE_MS, self._tokens.items())
        for token, _ in list(spent):
            del self._tokens[token]

    def _make_room(self) -> None:
        """Forget what is over, the oldest first, until the rest is within bounds."""
        while self._bytes_total > self._kept_bytes_max or (
            len(self._statements) > KEPT_STATEMENTS_MAX
        ):
            over = (each for each in self._statements.values() if each.is_over)
            oldest = next(over, None)
            if oldest is None:
                return
            self._forget(oldest)

    def _forget(self, statement: Statement) -> None:
        del self._statements[statement.statement_id]
        self._bytes_total -= self._bytes.pop(statement.statement_id)
        stale = [
            token for token, (held, _) in self._tokens.items() if held == statement.statement_id
        ]
        for token in stale:
            del self._tokens[token]
