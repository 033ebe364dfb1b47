"""INSERT ... VALUES of literals and parameters in, its translation out, without sqlglot.

Drivers write whole frames as one such statement; sqlglot needs a tenth of a millisecond a value.
"""

from collections.abc import Sequence
from typing import Final

from local.warehouse.dialect.cursor import TokenCursor
from local.warehouse.dialect.lexer import Kind, Token
from local.warehouse.dialect.translation import Translation
from local.warehouse.error import WarehouseError
from local.warehouse.types import quote_name, text_literal

_WORDS: Final = ("NULL", "TRUE", "FALSE", "DEFAULT")
_SIGNS: Final = frozenset("(),+-")
_VALUES_MIN: Final = 50  # shorter ones go the common way, and are kept in its cache


def translate_plain_insert(sql: str, tokens: Sequence[Token], table: str) -> Translation | None:
    """Return the translation, or None where the statement is not so plain.

    `table` is the target's name, quoted for DuckDB.
    """
    if len(tokens) < _VALUES_MIN:
        return None
    try:
        head, place = _head(TokenCursor(sql, tokens), table)
    except WarehouseError:
        return None
    pieces: list[str | int] = []
    gaps: list[str | int] = []
    parts = [head]
    for token in tokens[place:]:
        if token.kind is Kind.PARAMETER:
            if not token.value[1:].isdigit():
                return None
            pieces.append(" ".join(parts))
            gaps.append(int(token.value[1:]))
            parts = []
        elif token.kind is Kind.STRING:
            parts.append(text_literal(token.value))
        elif _is_plain(token):
            parts.append(token.value)
        else:
            return None
    return Translation((*pieces, " ".join(parts)), tuple(gaps), is_query=False)


def _is_plain(token: Token) -> bool:
    if token.kind is Kind.SIGN:
        return token.value in _SIGNS
    return token.kind is Kind.NUMBER or token.is_word(*_WORDS)


def _head(cursor: TokenCursor, table: str) -> tuple[str, int]:
    cursor.expect("INSERT", "INTO")
    cursor.qualified()
    names = f" ({', '.join(map(quote_name, cursor.names()))})" if cursor.sees_sign("(") else ""
    cursor.expect("VALUES")
    return f"INSERT INTO {table}{names} VALUES", cursor.place
