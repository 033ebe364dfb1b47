"""A warehouse that answers as it is told to, a Data API over it, and waiting for its statements."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from local.redshift_data.driver import RowSink
from local.redshift_data.parameters import BoundSql

WORKGROUP = "cube"
WHERE = {"WorkgroupName": WORKGROUP, "Database": "votes"}
DEADLINE_S = 20


class WarehouseRefused(Exception):
    """What redshift_connector raises: the fields of the wire's ErrorResponse."""

    def __init__(self, message: str, **fields: str) -> None:
        super().__init__({"S": "ERROR", "C": "42P01", "M": message, **fields})


class ScriptedWarehouse:
    """Says what each statement answers; `said` is all that its sessions were told, in order."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.values: list[tuple[str, ...]] = []
        self.answers: dict[str, Sequence[Sequence[object]] | int | Exception] = {}
        self.columns: Sequence[tuple[str, int]] = (("n", 23),)
        self.down = False
        self.gate = threading.Event()  # where the statement `wait` waits
        self.door = threading.Event()  # where a new session waits
        self.door.set()

    def connect(self, database: str) -> "ScriptedSession":
        assert self.door.wait(DEADLINE_S)
        if self.down:
            raise OSError(111, "Connection refused")
        self.said.append(f"connect {database}")
        return ScriptedSession(self)


class ScriptedSession:
    """One session: a statement that is not in `answers` changes one row; `wait` takes its time."""

    pid = 77

    def __init__(self, warehouse: ScriptedWarehouse) -> None:
        self._warehouse = warehouse
        self._broken = threading.Event()

    def begin(self) -> None:
        self._warehouse.said.append("begin")

    def commit(self) -> None:
        self._warehouse.said.append("commit")

    def rollback(self) -> None:
        self._warehouse.said.append("rollback")

    def execute(self, bound: BoundSql, sink: RowSink) -> int:
        self._warehouse.said.append(bound.sql)
        self._warehouse.values.append(bound.values)
        if bound.sql == "wait":
            self._wait()
        answer = self._warehouse.answers.get(bound.sql, 1)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, int):
            return answer
        for row in answer:
            sink.add(row, sum(len(str(value)) for value in row))
        sink.describe(self._warehouse.columns)
        return -1

    def cancel(self) -> None:
        self._broken.set()

    def abandon(self) -> None:
        self._broken.set()

    def close(self) -> None:
        self._warehouse.said.append("close")

    def _wait(self) -> None:
        until(lambda: self._warehouse.gate.is_set() or self._broken.is_set(), "the gate opens")
        if self._broken.is_set():
            raise WarehouseRefused("canceling statement due to user request", C="57014")


def until(condition: Callable[[], object], what: str) -> None:
    """Look until it is true; fail with `what` when time is up."""
    deadline = time.monotonic() + DEADLINE_S  # noqa: TID251 - a test's own deadline
    while not condition():
        late = time.monotonic() >= deadline  # noqa: TID251 - as above
        assert not late, f"not within {DEADLINE_S} s: {what}"
        threading.Event().wait(0.005)


def over(client: Any, statement_id: str) -> Mapping[str, Any]:
    """Wait for a statement's end; return what DescribeStatement says of it."""
    ends = {"FINISHED", "FAILED", "ABORTED"}
    until(
        lambda: client.describe_statement(Id=statement_id)["Status"] in ends,
        f"{statement_id} is over",
    )
    described: Mapping[str, Any] = client.describe_statement(Id=statement_id)
    return described


def reach(client: Any, statement_id: str, status: str) -> None:
    until(
        lambda: client.describe_statement(Id=statement_id)["Status"] == status,
        f"{statement_id} is {status}",
    )
