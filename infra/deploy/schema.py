"""A warehouse and its administrator in, tables, views and roles out; again changes nothing."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from core.errors import StatementFailed
from core.sql_text import statements_of

SQL: Final = Path(__file__).resolve().parent.parent.parent / "sql"
ROLES: Final = ("cube_load", "cube_compare", "cube_query")
_UNDER_WAY: Final = frozenset({"SUBMITTED", "PICKED", "STARTED"})
_LOOK_MS: Final = 500


def schema_files() -> list[Path]:
    """Return the files in the order they run: tables, views, who may do what."""
    return [
        *sorted((SQL / "ddl").glob("*.sql")),
        *sorted((SQL / "views").glob("*.sql")),
        SQL / "access" / "grants.sql",
    ]


class Schema:
    """The database of one workgroup, by the Data API with the administrator's secret."""

    def __init__(
        self,
        client: Any,
        *,
        workgroup: str,
        database: str,
        secret: str,
        wait: Callable[[int], None],
    ) -> None:
        self._client = client
        self._where = {"WorkgroupName": workgroup, "Database": database, "SecretArn": secret}
        self._wait = wait

    def apply(self) -> list[str]:
        """Run every file, each as one transaction; return their names."""
        present = set(self._column("SELECT role_name FROM svv_roles"))
        missing = [role for role in ROLES if role not in present]
        if missing:
            self._run([f"CREATE ROLE {role}" for role in missing], "roles")
        done = []
        for path in schema_files():
            self._run(statements_of(path.read_text()), path.stem)
            done.append(str(path.relative_to(SQL.parent)))
        return done

    def _run(self, statements: Sequence[str], name: str) -> None:
        reply = self._client.batch_execute_statement(
            Sqls=list(statements), StatementName=f"cube-deploy-{name}", **self._where
        )
        self._finish(str(reply["Id"]), name)

    def _column(self, sql: str) -> Iterator[str]:
        reply = self._client.execute_statement(Sql=sql, **self._where)
        self._finish(str(reply["Id"]), "roles")
        for record in self._client.get_statement_result(Id=reply["Id"])["Records"]:
            yield str(record[0].get("stringValue", "")).strip()

    def _finish(self, statement_id: str, name: str) -> None:
        while True:
            state = self._client.describe_statement(Id=statement_id)
            if state["Status"] not in _UNDER_WAY:
                break
            self._wait(_LOOK_MS)
        if state["Status"] != "FINISHED":
            raise StatementFailed(f"making schema {name}: {state.get('Error') or state['Status']}")
