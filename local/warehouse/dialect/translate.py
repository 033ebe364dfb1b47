"""Redshift's SELECT, INSERT, UPDATE, DELETE or MERGE in, DuckDB's text with gaps for values out."""

from collections.abc import Callable, Sequence
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import ErrorLevel, ParseError, TokenError, UnsupportedError

from local.warehouse.dialect.lexer import Kind, Token, tokens_of
from local.warehouse.dialect.normalise import normalise
from local.warehouse.dialect.raw import text_of
from local.warehouse.dialect.redshift import CubeRedshift
from local.warehouse.dialect.rewrite import rewrite
from local.warehouse.dialect.translation import NAMES, Translation
from local.warehouse.error import WarehouseError


def translate(
    sql: str,
    *,
    database: str,
    is_temporal: Callable[[str], bool] = lambda name: False,
    tokens: Sequence[Token] | None = None,
) -> Translation:
    """Translate one statement. Raises nothing but WarehouseError, whatever the text is."""
    text = normalise(sql, tokens_of(sql) if tokens is None else tokens)
    try:
        tree = _parsed(text)
        is_query = isinstance(tree, exp.Query)
        made = text_of(rewrite(tree, database=database, is_temporal=is_temporal))
        return _pieces(made, is_query=is_query)
    except WarehouseError:
        raise
    except RecursionError as error:
        raise WarehouseError("54001", "stack depth limit exceeded") from error
    except UnsupportedError as error:
        raise WarehouseError("0A000", f"not supported by the local warehouse: {error}") from error
    except Exception as error:  # sqlglot's own slips (KeyError, AttributeError ...) on odd text
        raise WarehouseError("42601", "syntax error: the statement cannot be read") from error


def _parsed(text: str) -> Any:
    try:
        trees = [
            tree
            for tree in sqlglot.parse(text, read=CubeRedshift, error_level=ErrorLevel.IMMEDIATE)
            if tree is not None
        ]
    except ParseError as error:
        near = error.errors[0]["highlight"] if error.errors else ""
        where = f' at or near "{near}"' if near else " at end of input"
        raise WarehouseError("42601", f"syntax error{where}") from error
    except TokenError as error:
        raise WarehouseError("42601", "syntax error: the text has no end") from error
    if len(trees) != 1:
        raise WarehouseError("42601", "cannot insert multiple commands into a prepared statement")
    return trees[0]


def _pieces(text: str, *, is_query: bool) -> Translation:
    pieces: list[str | int] = []
    gaps: list[str | int] = []
    place = 0
    for token in tokens_of(text, backslash_escapes=False):
        if token.kind is Kind.PARAMETER:
            name = token.value[1:]
            assert name.isdigit() or name in NAMES, f"an unknown gap {name}"
            pieces.append(text[place : token.start])
            gaps.append(int(name) if name.isdigit() else name)
            place = token.end
    return Translation((*pieces, text[place:]), tuple(gaps), is_query)
