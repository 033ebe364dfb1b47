"""Names in, prepared statements and portals out: what one client has parsed and bound."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from local.warehouse.encoding import RowEncoder
from local.warehouse.error import WarehouseError
from local.warehouse.limits import PORTALS_MAX, STATEMENT_BYTES_TOTAL_MAX, STATEMENTS_MAX
from local.warehouse.outcome import Column, Outcome

_DEALLOCATE: Final = re.compile(
    r'\s*deallocate\s+(?:prepare\s+)?(?P<name>\w+|"(?:[^"]|"")+")\s*;?\s*', re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedStatement:
    """One statement, understood; `sql` is empty where there was none."""

    sql: str
    oids: tuple[int, ...]  # of its parameters
    columns: tuple[Column, ...] | None  # None: it gives no rows


@dataclass(slots=True, kw_only=True)
class Portal:
    """A statement with its values; the rest is set from the first Execute on."""

    statement: PreparedStatement
    values: tuple[object, ...]
    formats: tuple[int, ...]  # of its columns
    outcome: Outcome | None = None
    rows: Iterator[Sequence[object]] | None = None  # what is left of them
    encode: RowEncoder | None = None
    failure: WarehouseError | None = None  # it cannot go on

    def close(self) -> None:
        """Let go of rows that nobody will ask for, so that they are not read at all."""
        if self.outcome is not None:
            close_rows(self.outcome)


class Prepared:
    """The statements and portals of one client, by name; the empty name is the unnamed one."""

    def __init__(self) -> None:
        self._statements: dict[str, PreparedStatement] = {}
        self._portals: dict[str, Portal] = {}
        self._bytes = 0

    def add_statement(self, name: str, statement: PreparedStatement) -> None:
        """Raise WarehouseError 42P05 for a name in use, 53200 when there are too many."""
        size = len(statement.sql)
        if not name:
            self.forget_unnamed()
        elif name in self._statements:
            raise WarehouseError("42P05", f'prepared statement "{name}" already exists')
        if len(self._statements) >= STATEMENTS_MAX:
            raise _too_many(f"{STATEMENTS_MAX:,} prepared statements")
        if self._bytes + size > STATEMENT_BYTES_TOTAL_MAX:
            raise _too_many(f"{STATEMENT_BYTES_TOTAL_MAX:,} bytes of prepared statements")
        self._statements[name] = statement
        self._bytes += size

    def statement(self, name: str) -> PreparedStatement:
        """Raise WarehouseError 26000 for a name that is not there."""
        if name not in self._statements:
            raise WarehouseError("26000", f'prepared statement "{name}" does not exist')
        return self._statements[name]

    def close_statement(self, name: str) -> None:
        """Forget a statement and the portals bound from it; an unknown name is no error."""
        statement = self._forget(name)
        bound = [at for at, each in self._portals.items() if each.statement is statement]
        for portal in bound:
            self.close_portal(portal)

    def forget_unnamed(self) -> None:
        """Forget the unnamed statement, as the next one does; portals bound from it go on."""
        self._forget("")

    def _forget(self, name: str) -> PreparedStatement | None:
        statement = self._statements.pop(name, None)
        self._bytes -= 0 if statement is None else len(statement.sql)
        return statement

    def add_portal(self, name: str, portal: Portal) -> None:
        """Raise WarehouseError 42P03 for a name in use, 53200 when there are too many."""
        if not name:
            self.close_portal(name)
        elif name in self._portals:
            raise WarehouseError("42P03", f'portal "{name}" already exists')
        if len(self._portals) >= PORTALS_MAX:
            raise _too_many(f"{PORTALS_MAX} portals")
        self._portals[name] = portal

    def portal(self, name: str) -> Portal:
        """Raise WarehouseError 34000 for a name that is not there."""
        if name not in self._portals:
            raise WarehouseError("34000", f'portal "{name}" does not exist')
        return self._portals[name]

    def portals(self) -> list[Portal]:
        return list(self._portals.values())

    def close_portal(self, name: str) -> None:
        portal = self._portals.pop(name, None)
        if portal is not None:
            portal.close()

    def close_portals(self) -> None:
        """Forget every portal, as the end of a transaction does."""
        for name in list(self._portals):
            self.close_portal(name)

    def deallocate(self, sql: str) -> bool:
        """Run a DEALLOCATE; return False when the statement is none."""
        found = _DEALLOCATE.fullmatch(sql)
        if found is None:
            return False
        name = found["name"]
        if name.startswith('"'):
            name = name[1:-1].replace('""', '"')
        elif name.lower() == "all":
            for each in list(self._statements):
                self.close_statement(each)
            return True
        else:
            name = name.lower()
        self.statement(name)
        self.close_statement(name)
        return True


def close_rows(outcome: Outcome) -> None:
    close = getattr(outcome.rows, "close", None)  # what is in memory has none
    if close is not None:
        close()


def is_deallocate(sql: str) -> bool:
    return _DEALLOCATE.fullmatch(sql) is not None


def _too_many(what: str) -> WarehouseError:
    return WarehouseError(
        "53200", f"this connection holds {what}", hint="Close some of them, or connect anew."
    )
