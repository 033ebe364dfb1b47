"""A statement as clients write it in, the same statement as sqlglot reads it out."""

from collections.abc import Sequence
from typing import Final

from local.warehouse.dialect.lexer import Kind, Token, is_number, syntax_error
from local.warehouse.error import WarehouseError
from local.warehouse.limits import PARAMETERS_MAX

PARAMETER_NAME: Final = "cube__parameter__"
# Signs of DuckDB's own SQL (lambdas, structs, JSON arrows, named arguments) that Redshift lacks.
_FOREIGN: Final = frozenset({"{", "}", "->", "->>", ":=", "=>", "==", "?", "$", "#", "\\", "`"})


def normalise(sql: str, tokens: Sequence[Token]) -> str:
    """Return the text with parameters as names, literals without escapes, #names quoted.

    Raises WarehouseError 42601 for signs that are DuckDB's and not Redshift's.
    """
    edits: list[tuple[int, int, str]] = []
    for index, token in enumerate(tokens):
        before = tokens[index - 1] if index else None
        if token.kind is Kind.PARAMETER:
            edits.append((token.start, token.end, f" {PARAMETER_NAME}{_number(sql, token)} "))
        elif token.kind is Kind.STRING:
            text = token.value.replace("\\", "\\\\").replace("'", "''")
            edits.append((token.start, token.end, f" '{text}'"))
        elif token.kind is Kind.WORD and token.value.startswith("#"):
            edits.append((token.start, token.end, f' "{token.value}" '))
        elif token.is_word("FLOAT") and before and (before.is_sign("::") or before.is_word("AS")):
            edits.append((token.start, token.end, "DOUBLE PRECISION"))
        elif token.is_word("PG_CATALOG"):
            edits += _catalog_edits(tokens, index)
        elif _is_foreign(token, before):
            raise syntax_error(sql, token)
    return _edited(sql, edits)


def _is_foreign(token: Token, before: Token | None) -> bool:
    """Return whether this is DuckDB's own syntax: its signs, or a query that starts with FROM."""
    if before is not None and before.is_sign(",") and (token.is_word("FROM") or token.is_sign(")")):
        return True  # a comma too many, which DuckDB lets pass
    if token.kind is Kind.SIGN:
        return token.value in _FOREIGN
    return token.is_word("FROM") and (before is None or before.is_sign("("))


def _number(sql: str, token: Token) -> int:
    digits = token.value[1:]
    if not is_number(digits) or not 1 <= int(digits) <= PARAMETERS_MAX:
        raise syntax_error(sql, token)
    return int(digits)


def _catalog_edits(tokens: Sequence[Token], index: int) -> list[tuple[int, int, str]]:
    """Take `pg_catalog.` from functions and types, and psql's OPERATOR(...) and COLLATE away."""
    following = tokens[index + 1 : index + 4]
    if len(following) < 2 or not following[0].is_sign("."):
        return []
    start, end = tokens[index].start, following[1].start
    before = tokens[index - 1] if index else None
    if before and before.is_word("COLLATE"):
        return [(before.start, following[1].end, " ")]
    opened = tokens[index - 2] if index > 1 else None
    if before and before.is_sign("(") and opened and opened.is_word("OPERATOR"):
        sign = "".join(
            token.value for token in following[1:] if token.kind is Kind.SIGN and token.value != ")"
        )
        last = next(token for token in tokens[index:] if token.is_sign(")"))
        return [(opened.start, last.end, f" {sign} ")]
    is_call = len(following) > 2 and following[2].is_sign("(")
    if is_call or (before and (before.is_sign("::") or before.is_word("AS"))):
        return [(start, end, " ")]
    return []


def _edited(sql: str, edits: Sequence[tuple[int, int, str]]) -> str:
    if "\0" in sql:
        raise WarehouseError("22021", 'invalid byte sequence for encoding "UTF8": 0x00')
    parts: list[str] = []
    place = 0
    for start, end, text in sorted(edits):
        parts += [sql[place:start], text]
        place = end
    return "".join([*parts, sql[place:]])
