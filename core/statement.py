"""SQL text with named parameters in, one statement as a warehouse takes it and its values out.

A value never becomes part of the text: `:poll` becomes `CAST($1 AS VARCHAR(256))`, or `:p1` for the
Data API, and the value travels beside it. Three things are text, and none is anybody's words:
NULL and the empty text (the Data API has neither as a parameter), and the digits of a LIMIT.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from core import limits
from core.errors import ParameterRefused, QueryRefused
from core.query_value import QueryValue, ValueKind
from core.sql_text import Token, TokenKind, seen, tokens_of

_READING: Final = ("SELECT", "WITH", "SHOW", "EXPLAIN")
# Words that write inside a statement that begins as a read: SELECT INTO makes a table, a WITH may
# end in another verb, and three functions act. As names of columns they have to be quoted.
_ACTING: Final = (
    "INSERT",
    "UPDATE",
    "DELETE",
    "MERGE",
    "INTO",
    "PG_CANCEL_BACKEND",
    "PG_TERMINATE_BACKEND",
    "SET_CONFIG",
)
_COUNTING: Final = ("LIMIT", "OFFSET", "TOP")

Placeholder = Callable[[int], str]  # 1, 2 ... -> how a warehouse writes that parameter


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement, and the values of its placeholders in order, as text."""

    sql: str
    values: tuple[str, ...]


def prepare(
    sql: str,
    params: Mapping[str, QueryValue],
    *,
    placeholder: Placeholder,
    rows_max: int,
    write: bool = False,
) -> Statement:
    """Return the statement that is sent: checked, bounded and with placeholders.

    A SELECT without a LIMIT gets one of rows_max + 1: one row more says that there are more.
    Raise QueryRefused for what may not be sent, ParameterRefused for a parameter without a value.
    """
    if len(sql.encode(errors="replace")) > limits.QUERY_SQL_BYTES_MAX:
        raise QueryRefused(f"reading SQL: longer than {limits.QUERY_SQL_BYTES_MAX} bytes (E13)")
    tokens = _one_statement(tokens_of(sql))
    if not write:
        check_read_only(tokens)
    statement = render(tokens, params, placeholder)
    if seen(tokens)[0].is_word("SELECT", "WITH") or seen(tokens)[0].kind is TokenKind.OPEN:
        return Statement(bounded(statement.sql, rows_max), statement.values)
    return statement


def check_read_only(tokens: list[Token]) -> None:
    """Raise QueryRefused unless the statement only reads."""
    words = [token for token in seen(tokens) if token.kind is not TokenKind.OPEN]
    first = words[0] if words else Token(TokenKind.OTHER, "nothing")
    if first.is_word("EXPLAIN"):
        words = [word for word in words[1:] if not word.is_word("VERBOSE")]
        if not words or not words[0].is_word("SELECT", "WITH"):
            raise QueryRefused("reading SQL: EXPLAIN of something that is no SELECT")
    elif not first.is_word(*_READING):
        raise QueryRefused(f"reading SQL: {first.text[:40].upper()} does not only read")
    for word in words:
        if word.is_word(*_ACTING):
            raise QueryRefused(f"reading SQL: {word.text.upper()} does not only read")


def render(
    tokens: list[Token], params: Mapping[str, QueryValue], placeholder: Placeholder
) -> Statement:
    """Return the statement with placeholders for its parameters, and without its comments."""
    text: list[str] = []
    values: list[str] = []

    def bind(value: QueryValue, texts: tuple[str, ...]) -> str:
        bound = []
        for one in texts:
            place = "''"
            if one:
                values.append(one)
                place = placeholder(len(values))
            bound.append(f"CAST({place} AS {value.kind.sql_type_for(one)})")
        return ", ".join(bound) or f"CAST(NULL AS {value.kind.sql_type})"

    before: list[Token] = []
    for token in tokens:
        if token.kind is TokenKind.COMMENT:
            text.append(" ")
            continue
        if token.kind is TokenKind.PARAMETER:
            value = _value_of(token, params)
            if before and before[-1].is_word(*_COUNTING) and value.kind is ValueKind.INTEGER:
                text.append(_count(value))
            elif value.kind is ValueKind.TEXTS and not in_list(before):
                text.append(bind(value, value.texts[:1]))  # :name IS NULL
            else:
                text.append(bind(value, value.texts))
        else:
            text.append(token.text)
        if token.kind is not TokenKind.SPACE:
            before.append(token)
    return Statement("".join(text).strip(), tuple(values))


def in_list(before: list[Token]) -> bool:
    """Return whether what comes after these tokens is in the parentheses of an IN."""
    return len(before) > 1 and before[-1].kind is TokenKind.OPEN and before[-2].is_word("IN")


def bounded(sql: str, rows_max: int) -> str:
    """Return a SELECT that answers at most rows_max + 1 rows, in its own order.

    Raise QueryRefused for a LIMIT that is no number.
    """
    tokens = tokens_of(sql)
    place = _limit_of(tokens)
    most = rows_max + 1
    if place is None:
        return f"{sql}\nLIMIT {most}"
    keyword, count = place
    if not (tokens[count].text.isascii() and tokens[count].text.isdigit()):
        raise QueryRefused(f"reading SQL: {tokens[keyword].text.upper()} without a number")
    if int(tokens[count].text) > most:
        tokens[count] = Token(TokenKind.NUMBER, str(most))
    return "".join(token.text for token in tokens)


def _limit_of(tokens: list[Token]) -> tuple[int, int] | None:
    """Return where the whole answer's LIMIT or TOP stands, and what follows it."""
    depth, found = 0, None
    united = False
    for index, token in enumerate(tokens):
        if token.kind is TokenKind.OPEN:
            depth += 1
        elif token.kind is TokenKind.CLOSE:
            depth -= 1
        elif depth == 0:
            united = united or token.is_word("UNION", "INTERSECT", "EXCEPT", "MINUS")
            if token.is_word("LIMIT", "TOP"):
                found = index
    if found is None or (united and tokens[found].is_word("TOP")):
        return None  # a TOP bounds its own SELECT, not what others add to it
    return found, next((i for i in range(found + 1, len(tokens)) if seen([tokens[i]])), found)


def _one_statement(tokens: list[Token]) -> list[Token]:
    kept = list(tokens)
    while kept and (not seen(kept[-1:]) or kept[-1].kind is TokenKind.SEMICOLON):
        kept.pop()
    if not kept:
        raise QueryRefused("reading SQL: there is no statement")
    if any(token.kind is TokenKind.SEMICOLON for token in kept):
        raise QueryRefused("reading SQL: more than one statement")
    return kept


def _value_of(token: Token, params: Mapping[str, QueryValue]) -> QueryValue:
    value = params.get(token.text[1:])
    if value is None:
        raise ParameterRefused(f"binding parameters: {token.text} is not given")
    return value


def _count(value: QueryValue) -> str:
    if value.is_null or int(value.texts[0]) < 0:
        raise ParameterRefused("binding parameters: a LIMIT needs a number, 0 or more")
    return str(int(value.texts[0]))
