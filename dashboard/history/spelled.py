"""A question and its values in, SQL out that any Redshift client runs as it stands.

For people to read and copy. What the page itself sends has placeholders (core/statement.py).
"""

from collections.abc import Mapping
from typing import Final

from core.query_value import QueryValue, ValueKind
from core.question import Question
from core.sql_text import TokenKind, seen, tokens_of
from core.statement import in_list

_BACKSLASH: Final = "\\"


def spelled(question: Question, values: Mapping[str, QueryValue]) -> str:
    """Return the question's SQL with its values in the place of its parameters."""
    tokens = tokens_of(question.sql)
    text = [f"-- {question.title}\n"]
    for index, token in enumerate(tokens):
        if token.kind is not TokenKind.PARAMETER:
            text.append(token.text)
            continue
        value = values[token.text[1:]]
        listed = in_list(seen(tokens[:index]))
        text.append(", ".join(literals(value)[: None if listed else 1]))
    return "".join(text)


def literals(value: QueryValue) -> list[str]:
    """Return a value's literals; of no values, one NULL."""
    if value.is_null:
        return [f"CAST(NULL AS {value.kind.sql_type})"]
    match value.kind:
        case ValueKind.INTEGER | ValueKind.NUMBER:
            return list(value.texts)
        case ValueKind.TIME:
            return [f"TIMESTAMP '{text}'" for text in value.texts]
        case _:
            return [_quoted(text) for text in value.texts]


def _quoted(text: str) -> str:
    """Return a text literal; Redshift takes a backslash for an escape, others do not."""
    parts = ["'" + part.replace("'", "''") + "'" for part in text.split(_BACKSLASH)]
    return "(" + " || CHR(92) || ".join(parts) + ")" if len(parts) > 1 else parts[0]
