"""A statement's text in, its kind and tokens out."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from local.warehouse.dialect.lexer import Token, syntax_error, tokens_of
from local.warehouse.error import WarehouseError


class Verb(Enum):
    """What a statement does; the value is its command tag where that never changes."""

    QUERY = "SELECT"
    INSERT = "INSERT"
    UPDATE = "UPDATE"
    DELETE = "DELETE"
    MERGE = "MERGE"
    SELECT_INTO = "SELECT INTO"
    CREATE_TABLE = "CREATE TABLE"
    CREATE_VIEW = "CREATE VIEW"
    CREATE_SCHEMA = "CREATE SCHEMA"
    CREATE_MATERIALIZED_VIEW = "CREATE MATERIALIZED VIEW"
    REFRESH = "REFRESH MATERIALIZED VIEW"
    DROP = "DROP"
    ALTER_TABLE = "ALTER TABLE"
    TRUNCATE = "TRUNCATE TABLE"
    LOCK = "LOCK TABLE"
    BEGIN = "BEGIN"
    COMMIT = "COMMIT"
    ROLLBACK = "ROLLBACK"
    COPY = "COPY"
    UNLOAD = "UNLOAD"
    SET = "SET"
    RESET = "RESET"
    SHOW = "SHOW"
    EXPLAIN = "EXPLAIN"
    NOTHING = "nothing to do here"
    EMPTY = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement; `tag` is what CommandComplete says of a NOTHING."""

    verb: Verb
    sql: str
    tokens: Sequence[Token]
    tag: str = ""


_FIRST: Final = {
    "SELECT": Verb.QUERY,
    "WITH": Verb.QUERY,
    "INSERT": Verb.INSERT,
    "UPDATE": Verb.UPDATE,
    "DELETE": Verb.DELETE,
    "MERGE": Verb.MERGE,
    "TRUNCATE": Verb.TRUNCATE,
    "LOCK": Verb.LOCK,
    "BEGIN": Verb.BEGIN,
    "START": Verb.BEGIN,
    "COMMIT": Verb.COMMIT,
    "END": Verb.COMMIT,
    "ROLLBACK": Verb.ROLLBACK,
    "ABORT": Verb.ROLLBACK,
    "COPY": Verb.COPY,
    "UNLOAD": Verb.UNLOAD,
    "SET": Verb.SET,
    "RESET": Verb.RESET,
    "SHOW": Verb.SHOW,
    "EXPLAIN": Verb.EXPLAIN,
    "DROP": Verb.DROP,
    "REFRESH": Verb.REFRESH,
}
_NOTHING: Final = frozenset({"GRANT", "REVOKE", "VACUUM", "ANALYZE", "ANALYSE", "COMMENT"})
_REFUSED: Final = frozenset(
    {"CALL", "CANCEL", "CLOSE", "DEALLOCATE", "DECLARE", "EXECUTE", "FETCH", "PREPARE"}
)
_CREATE_WORDS: Final = frozenset({"OR", "REPLACE", "TEMP", "TEMPORARY", "LOCAL"})


def read_statement(sql: str) -> Statement:
    """Return the statement's kind. Raises WarehouseError 42601, or 0A000 for what we lack."""
    tokens = tokens_of(sql)
    while tokens and tokens[-1].is_sign(";"):
        tokens.pop()
    if not tokens:
        return Statement(Verb.EMPTY, sql, tokens)
    first = next((token for token in tokens if not token.is_sign("(")), tokens[0])
    word = first.value.upper()
    if word == "CREATE":
        return Statement(_created(sql, tokens), sql, tokens)
    if word == "ALTER":
        return _altered(sql, tokens)
    if word in _NOTHING:
        return Statement(Verb.NOTHING, sql, tokens, {"ANALYSE": "ANALYZE"}.get(word, word))
    if word in _REFUSED:
        raise WarehouseError("0A000", f"{word} is not implemented by the local warehouse")
    verb = _FIRST.get(word)
    if verb is None or (first is not tokens[0] and verb is not Verb.QUERY):
        raise syntax_error(sql, tokens[0])
    if verb is Verb.QUERY and _into(tokens) is not None:
        verb = Verb.SELECT_INTO
    return Statement(verb, sql, tokens)


def _into(tokens: Sequence[Token]) -> int | None:
    """Return where a query's own INTO stands, if it has one."""
    depth = 0
    for index, token in enumerate(tokens):
        if token.is_sign("("):
            depth += 1
        elif token.is_sign(")"):
            depth -= 1
        elif depth == 0 and token.is_word("INTO"):
            return index
        elif depth == 0 and token.is_word("FROM"):
            return None
    return None


def _created(sql: str, tokens: Sequence[Token]) -> Verb:
    rest = [token for token in tokens[1:5] if token.value.upper() not in _CREATE_WORDS]
    if not rest:
        raise syntax_error(sql, None)
    if rest[0].is_word("TABLE"):
        return Verb.CREATE_TABLE
    if rest[0].is_word("VIEW"):
        return Verb.CREATE_VIEW
    if rest[0].is_word("MATERIALIZED"):
        return Verb.CREATE_MATERIALIZED_VIEW
    if rest[0].is_word("SCHEMA"):
        return Verb.CREATE_SCHEMA
    what = rest[0].value.upper()
    if what == "EXTERNAL" and len(rest) > 1:
        what += " " + rest[1].value.upper()
    if rest[0].is_word(*_UNIMPLEMENTED):
        raise WarehouseError(
            "0A000",
            f"CREATE {what} is not implemented by the local warehouse",
            hint="It needs AWS. docs/warehouse.md lists what differs from Redshift.",
        )
    raise syntax_error(sql, rest[0])


_UNIMPLEMENTED: Final = (
    "DATABASE", "DATASHARE", "EXTERNAL", "FUNCTION", "GROUP", "IDENTITY", "LIBRARY", "MASKING",
    "MODEL", "PROCEDURE", "RLS", "ROLE", "USER",
)  # fmt: skip


def _altered(sql: str, tokens: Sequence[Token]) -> Statement:
    what = tokens[1] if len(tokens) > 1 else None
    if what is None:
        raise syntax_error(sql, None)
    if what.is_word("TABLE"):
        return Statement(Verb.ALTER_TABLE, sql, tokens)
    if what.is_word("USER", "DATABASE", "DEFAULT", "GROUP", "SCHEMA", "MATERIALIZED"):
        raise WarehouseError(
            "0A000", f"ALTER {what.value.upper()} is not implemented by the local warehouse"
        )
    raise syntax_error(sql, what)
