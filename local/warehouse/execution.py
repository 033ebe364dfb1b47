"""What a statement's execution stands on: the engine, the transaction, the session's facts."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from local.warehouse.dialect.lexer import Token, tokens_of
from local.warehouse.dialect.translate import translate
from local.warehouse.dialect.translation import Translation
from local.warehouse.engine import Engine
from local.warehouse.error import WarehouseError
from local.warehouse.limits import TRANSLATED_CHARS_MAX, TRANSLATIONS_MAX
from local.warehouse.settings import Settings
from local.warehouse.transaction import Transaction
from local.warehouse.types import literal_of, quote_name, text_literal, timestamp_literal

# In a view or a default the time is asked for when it is read, not when it is made.
_LASTING: Final = "CAST(CURRENT_TIMESTAMP AS TIMESTAMP)"


class TranslationCache:
    """Translations by text, the least lately used ones forgotten; shared by all sessions."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str], Translation] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[str, str]) -> Translation | None:
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def put(self, key: tuple[str, str], translation: Translation) -> None:
        with self._lock:
            self._kept[key] = translation
            while len(self._kept) > TRANSLATIONS_MAX:
                self._kept.popitem(last=False)


_CACHE: Final = TranslationCache()


@dataclass(frozen=True, slots=True)
class TableName:
    """A table as a statement names it; `schema` is empty where the search path decides."""

    schema: str
    name: str

    @property
    def quoted(self) -> str:
        return quote_name(self.schema, self.name) if self.schema else quote_name(self.name)


def _as_query(translation: Translation) -> Translation:
    if not translation.is_query:
        raise WarehouseError("42601", "syntax error: a query is expected")
    return translation


class Execution:
    """Handed to what executes a statement."""

    def __init__(self, engine: Engine, transaction: Transaction, user: str, number: int) -> None:
        self.engine = engine
        self.transaction = transaction
        self.settings = Settings(user)
        self.number = number  # of the session, as pg_backend_pid()
        self.user = user
        self.copied_rows = 0
        self.copy_id = -1
        self.temporary: set[str] = set()  # names that were made temporary; some may be gone

    # --- translation ---

    def translated(self, sql: str, tokens: Sequence[Token] | None = None) -> Translation:
        """Return the statement for DuckDB, from the cache where it has been met before."""
        key = (self.engine.database, sql)
        found = _CACHE.get(key)
        if found is not None:
            return found
        asked: list[str] = []

        def is_temporal(name: str) -> bool:
            asked.append(name)
            return self._is_temporal(name)

        made = translate(
            sql,
            database=self.engine.database,
            is_temporal=is_temporal,
            tokens=tokens_of(sql) if tokens is None else tokens,
        )
        if not asked and len(sql) <= TRANSLATED_CHARS_MAX:
            _CACHE.put(key, made)
        return made

    def rendered(
        self, sql: str, values: Sequence[object] = (), tokens: Sequence[Token] | None = None
    ) -> str:
        literals = [literal_of(value) for value in values]
        return self.translated(sql, tokens).render(literals, self.names())

    def query(
        self, sql: str, literals: Sequence[str] = (), tokens: Sequence[Token] | None = None
    ) -> str:
        """Return the text of what must be a query: WITH may also lead to an INSERT (42601)."""
        return _as_query(self.translated(sql, tokens)).render(literals, self.names())

    def lasting(self, sql: str) -> str:
        """Return a query's text for a view or a default; parameters have no place in one."""
        names = {**self.names(), "now": _LASTING, "transaction": _LASTING}
        return _as_query(self.translated(sql)).render([], names)

    def names(self) -> dict[str, str]:
        """Return what stands for the session's own facts in a translated text."""
        return {
            "now": timestamp_literal(self.engine.clock.now_ms()),
            "transaction": timestamp_literal(self.transaction.began_ms),
            "user": text_literal(self.user),
            "database": text_literal(self.engine.database),
            "pid": str(self.number),
            "copied_rows": str(self.copied_rows),
            "copy_id": str(self.copy_id),
        }

    # --- the catalog, as this transaction sees it ---

    def rows(self, sql: str, values: Sequence[object] = ()) -> list[Any]:
        """Run a query of our own in the session's transaction."""
        return self.transaction.read(sql, values).fetchall()

    def table_name(self, parts: Sequence[str]) -> TableName:
        """Return the name; another database or one of our own schemas is refused."""
        if len(parts) == 3 and parts[0] != self.engine.database:
            raise WarehouseError(
                "0A000", f'cross-database reference to "{parts[0]}" is not implemented'
            )
        schema = parts[-2] if len(parts) > 1 else ""
        if schema in ("cube_catalog", "cube_information", "cube_system", "main", "pg_catalog"):
            raise WarehouseError("42501", f'permission denied for schema "{schema}"')
        return TableName("" if schema == "pg_temp" else schema, parts[-1])

    def is_temporary(self, table: TableName) -> bool:
        """Return whether the name means a temporary table of this session."""
        if table.schema or table.name not in self.temporary:
            return False
        return self.exists(table, temporary=True)

    def exists(self, table: TableName, *, temporary: bool) -> bool:
        schema = "main" if temporary else table.schema or "public"
        found = self.rows(
            "SELECT 1 FROM duckdb_tables()"
            " WHERE temporary = $1 AND schema_name = $2 AND table_name = $3",
            [temporary, schema, table.name],
        )
        return bool(found)

    def _is_temporal(self, column: str) -> bool:
        kinds = self.rows("SELECT data_type FROM duckdb_columns() WHERE column_name = $1", [column])
        return any(str(kind).startswith(("TIMESTAMP", "DATE")) for (kind,) in kinds)
