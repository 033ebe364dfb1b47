"""SQL in, done or its rows out, by the Redshift Data API: asynchronous there, waited for here."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from core.clients import DataApiClient
from core.errors import StatementFailed

POLL_MS_FIRST: Final = 20  # a load of a few seconds' votes takes about that long
POLL_MS_MAX: Final = 1_000
_UNDER_WAY: Final = frozenset({"SUBMITTED", "PICKED", "STARTED"})


class DataApi:
    """The warehouse of one workgroup. `wait(ms)` passes time between two looks."""

    def __init__(
        self,
        client: DataApiClient,
        *,
        workgroup: str,
        database: str,
        wait: Callable[[int], None],
    ) -> None:
        self._client = client
        self._where = {"WorkgroupName": workgroup, "Database": database}
        self._wait = wait

    def run(self, statements: Sequence[str], *, name: str) -> None:
        """Run statements as one transaction (E13); raise StatementFailed, then nothing was done."""
        reply = self._client.batch_execute_statement(
            Sqls=list(statements), StatementName=name, **self._where
        )
        self._finish(str(reply["Id"]))

    def rows(self, sql: str) -> list[list[Any]]:
        """Return the rows of a query as plain values."""
        reply = self._client.execute_statement(Sql=sql, **self._where)
        done = self._finish(str(reply["Id"]))
        rows: list[list[Any]] = []
        if not done.get("HasResultSet"):
            return rows
        request: dict[str, Any] = {"Id": reply["Id"]}
        while True:
            page = self._client.get_statement_result(**request)
            rows += [[_plain(field) for field in record] for record in page["Records"]]
            if not page.get("NextToken"):
                return rows
            request["NextToken"] = page["NextToken"]

    def _finish(self, statement_id: str) -> Mapping[str, Any]:
        pause_ms = POLL_MS_FIRST
        while True:
            state = self._client.describe_statement(Id=statement_id)
            if state["Status"] not in _UNDER_WAY:
                break
            self._wait(pause_ms)
            pause_ms = min(pause_ms * 2, POLL_MS_MAX)
        if state["Status"] != "FINISHED":
            raise StatementFailed(f"running SQL: {state.get('Error') or state['Status']}")
        return state


def _plain(field: Mapping[str, Any]) -> Any:
    ((kind, value),) = field.items()
    return None if kind == "isNull" else value
