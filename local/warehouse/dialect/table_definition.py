"""CREATE TABLE's text in, a table's definition out: columns, and what Redshift keeps beside them.

DISTKEY, SORTKEY, ENCODE and their kin only move data on Redshift's nodes: they are read, checked
and kept for svv_table_info. PRIMARY KEY, UNIQUE and REFERENCES are not enforced, as in Redshift.
"""

from dataclasses import dataclass, field
from typing import Final

from local.warehouse.dialect.column_type import ColumnType, read_type
from local.warehouse.dialect.cursor import TokenCursor
from local.warehouse.dialect.lexer import Token
from local.warehouse.error import WarehouseError

_ENCODINGS: Final = (
    "raw", "az64", "bytedict", "delta", "delta32k", "lzo", "mostly8", "mostly16", "mostly32",
    "runlength", "text255", "text32k", "zstd", "auto",
)  # fmt: skip


@dataclass(slots=True)
class ColumnDefinition:
    """One column; `default` is Redshift's expression, `identity` (seed, step)."""

    name: str
    type: ColumnType
    not_null: bool = False
    default: str | None = None
    identity: tuple[int, int] | None = None
    encode: str = ""


@dataclass(slots=True)
class TableDefinition:
    """One CREATE TABLE. `like`: the table whose columns are copied; `query`: what AS selects."""

    name: tuple[str, ...]
    temporary: bool = False
    if_not_exists: bool = False
    columns: list[ColumnDefinition] = field(default_factory=list)
    column_names: list[str] = field(default_factory=list)  # of CREATE TABLE t (a, b) AS ...
    like: tuple[str, ...] | None = None
    like_defaults: bool = False
    diststyle: str = "AUTO"
    distkey: str = ""
    sortkey: list[str] = field(default_factory=list)
    query: str = ""


def read_table_definition(sql: str, tokens: list[Token]) -> TableDefinition:
    """Read a CREATE TABLE. Raises WarehouseError 42601 and others for what does not fit."""
    cursor = TokenCursor(sql, tokens)
    cursor.expect("CREATE")
    cursor.accept("LOCAL")
    temporary = cursor.accept("TEMP") or cursor.accept("TEMPORARY")
    cursor.expect("TABLE")
    if_not_exists = cursor.accept("IF", "NOT", "EXISTS")
    table = TableDefinition(cursor.qualified(), temporary, if_not_exists)
    table.temporary = temporary or table.name[-1].startswith("#")
    if cursor.sees_sign("("):
        _read_body(cursor, table)
    _read_attributes(cursor, table)
    if cursor.accept("AS"):
        table.query = cursor.rest()
        if not table.query:
            raise cursor.error()
    cursor.end()
    if not (table.columns or table.like or table.query):
        raise WarehouseError("42601", "syntax error: a table has columns")
    _check_keys(table)
    return table


def _read_body(cursor: TokenCursor, table: TableDefinition) -> None:
    start = cursor.place
    cursor.expect_sign("(")
    if _is_name_list(cursor):
        cursor.place = start
        table.column_names = cursor.names()
        return
    while True:
        if cursor.accept("LIKE"):
            table.like = cursor.qualified()
            if cursor.accept("INCLUDING", "DEFAULTS"):
                table.like_defaults = True
            else:
                cursor.accept("EXCLUDING", "DEFAULTS")
        elif not _skip_constraint(cursor):
            table.columns.append(read_column(cursor, table))
        if not cursor.accept_sign(","):
            break
    cursor.expect_sign(")")


def _is_name_list(cursor: TokenCursor) -> bool:
    """Return whether the brackets hold nothing but names: CREATE TABLE t (a, b) AS SELECT ..."""
    place = cursor.place + 1
    return place < len(cursor.tokens) and (
        cursor.tokens[place].is_sign(",") or cursor.tokens[place].is_sign(")")
    )


def _skip_constraint(cursor: TokenCursor) -> bool:
    """Step over a table constraint: Redshift does not enforce it, and no more do we."""
    if cursor.accept("CONSTRAINT"):
        cursor.name()
    if cursor.accept("PRIMARY", "KEY") or (_opens(cursor, "UNIQUE") and cursor.accept("UNIQUE")):
        cursor.names()
        return True
    if cursor.accept("FOREIGN", "KEY"):
        cursor.names()
        cursor.expect("REFERENCES")
        _skip_reference(cursor)
        return True
    return False


def _opens(cursor: TokenCursor, word: str) -> bool:
    following = cursor.tokens[cursor.place + 1 : cursor.place + 2]
    return cursor.sees(word) and bool(following) and following[0].is_sign("(")


def _skip_reference(cursor: TokenCursor) -> None:
    cursor.qualified()
    if cursor.sees_sign("("):
        cursor.names()


def read_column(cursor: TokenCursor, table: TableDefinition) -> ColumnDefinition:
    """Take `name type [attribute ...]`."""
    column = ColumnDefinition(cursor.name(), read_type(cursor))
    while cursor.token and not (cursor.sees_sign(",") or cursor.sees_sign(")")):
        _read_attribute(cursor, table, column)
    return column


def _read_attribute(cursor: TokenCursor, table: TableDefinition, column: ColumnDefinition) -> None:
    if cursor.accept("NOT", "NULL"):
        column.not_null = True
    elif cursor.accept("DEFAULT"):
        column.default = _expression(cursor)
    elif cursor.accept("IDENTITY") or cursor.accept("GENERATED", "BY", "DEFAULT", "AS", "IDENTITY"):
        cursor.expect_sign("(")
        seed = cursor.integer()
        cursor.expect_sign(",")
        column.identity = (seed, cursor.integer())
        cursor.expect_sign(")")
    elif cursor.accept("ENCODE"):
        column.encode = read_encoding(cursor)
    elif cursor.accept("DISTKEY"):
        table.distkey = column.name
    elif cursor.accept("SORTKEY"):
        table.sortkey = [column.name]
    elif cursor.accept("COLLATE"):
        cursor.name()
    elif cursor.accept("REFERENCES"):
        _skip_reference(cursor)
    elif cursor.accept("PRIMARY", "KEY"):
        column.not_null = True
    elif not (cursor.accept("UNIQUE") or cursor.accept("NULL")):
        raise cursor.error()


def read_encoding(cursor: TokenCursor) -> str:
    encoding = cursor.name()
    if encoding not in _ENCODINGS:
        raise WarehouseError("42704", f'encoding type "{encoding}" does not exist')
    return encoding


_ATTRIBUTES: Final = (
    "NOT", "NULL", "DEFAULT", "IDENTITY", "GENERATED", "ENCODE", "DISTKEY", "SORTKEY", "COLLATE",
    "REFERENCES", "PRIMARY", "UNIQUE",
)  # fmt: skip


def _expression(cursor: TokenCursor) -> str:
    """Take a default's expression: up to the next attribute, comma or closing bracket."""
    first = cursor.token
    if first is None:
        raise cursor.error()
    end = first.start
    while (token := cursor.token) is not None:
        if token.is_sign(",") or token.is_sign(")"):
            break
        if end > first.start and token.is_word(*_ATTRIBUTES):
            break
        if token.is_sign("("):
            cursor.skip_brackets()
        else:
            cursor.take()
        end = cursor.tokens[cursor.place - 1].end
    return cursor.sql[first.start : end]


def _read_attributes(cursor: TokenCursor, table: TableDefinition) -> None:
    while cursor.token and not cursor.sees("AS"):
        if not read_distribution(cursor, table):
            raise cursor.error()


def read_distribution(cursor: TokenCursor, table: TableDefinition) -> bool:
    """Step over one of DISTSTYLE, DISTKEY, SORTKEY, BACKUP, ENCODE AUTO; False: none comes next."""
    if cursor.accept("DISTSTYLE"):
        if not cursor.sees("AUTO", "EVEN", "KEY", "ALL"):
            raise cursor.error()
        table.diststyle = cursor.take().value.upper()
    elif cursor.accept("DISTKEY"):
        table.distkey = _only(cursor.names())
    elif cursor.accept("SORTKEY", "AUTO"):
        table.sortkey = []
    elif _accept_sortkey(cursor):
        table.sortkey = cursor.names()
    elif cursor.accept("BACKUP"):
        if not (cursor.accept("YES") or cursor.accept("NO")):
            raise cursor.error()
    elif not cursor.accept("ENCODE", "AUTO"):
        return False
    return True


def _only(names: list[str]) -> str:
    if len(names) != 1:
        raise WarehouseError("42601", "a table has one DISTKEY")
    return names[0]


def _accept_sortkey(cursor: TokenCursor) -> bool:
    kinds = (("COMPOUND", "SORTKEY"), ("INTERLEAVED", "SORTKEY"), ("SORTKEY",))
    return any(cursor.accept(*kind) for kind in kinds)


def _check_keys(table: TableDefinition) -> None:
    if table.distkey:
        if table.diststyle in ("EVEN", "ALL"):
            raise WarehouseError("42601", f"DISTKEY does not go with DISTSTYLE {table.diststyle}")
        table.diststyle = "KEY"
    names = [column.name for column in table.columns]
    if len(set(names)) < len(names):
        raise WarehouseError("42701", "a column is specified more than once")
    if table.query or table.like:
        return
    for key in [*table.sortkey, *([table.distkey] if table.distkey else [])]:
        if key not in names:
            raise WarehouseError("42703", f'column "{key}" named in key does not exist')
