"""A table's name in, its definition out: every table of the database, kept in memory as well."""

import sqlite3

import msgspec

from local.aws_error import AwsError
from local.dynamodb.refusal import table_missing
from local.dynamodb.table import Table

_decode = msgspec.json.Decoder(Table).decode


class Catalog:
    """Reads the definitions once; each change is written first, then remembered.

    Changes do not commit: their caller holds the transaction and calls `reload` when it fails.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._tables: dict[str, Table] = {}
        self.reload()

    def reload(self) -> None:
        """Forget what is not in the database."""
        rows = self._connection.execute("SELECT definition FROM tables ORDER BY name")
        tables = [_decode(definition) for (definition,) in rows]
        self._tables = {table.name: table for table in tables}

    def table(self, name: object, *, described: bool = False) -> Table:
        """Return a table; raise AwsError ResourceNotFoundException when there is none."""
        table = self._tables.get(name) if isinstance(name, str) else None
        if table is None:
            raise table_missing(str(name), described=described)
        return table

    def names(self) -> list[str]:
        return sorted(self._tables)

    def tables(self) -> list[Table]:
        return list(self._tables.values())

    def add(self, table: Table) -> Table:
        """Store a new table and return it with its id."""
        if table.name in self._tables:
            raise AwsError("ResourceInUseException", f"Table already exists: {table.name}")
        cursor = self._connection.execute(
            "INSERT INTO tables (name, definition) VALUES (?, ?)", (table.name, b"")
        )
        assert cursor.lastrowid is not None, "an insert gives a row id"
        stored = msgspec.structs.replace(table, id=cursor.lastrowid)
        self.replace(stored)
        return stored

    def replace(self, table: Table) -> None:
        self._connection.execute(
            "UPDATE tables SET definition = ? WHERE id = ?",
            (msgspec.json.encode(table), table.id),
        )
        self._tables[table.name] = table

    def drop(self, table: Table) -> None:
        self._connection.execute("DELETE FROM tables WHERE id = ?", (table.id,))
        self._tables.pop(table.name)
