"""A statement's text in, its tokens out: words, literals and signs, with their places.

Statements are told apart and their clauses found by tokens, so that a word inside a literal, a
comment or a quoted name is never taken for SQL. Redshift's rules: a backslash escapes in a literal,
comments nest, `$1` is a parameter (also in `$1,$2`, which sqlglot takes for a dollar quote).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from local.warehouse.error import WarehouseError


class Kind(Enum):
    """What a token is."""

    WORD = "word"  # a keyword or a name without quotes
    NAME = "name"  # "a quoted name"
    STRING = "string"
    NUMBER = "number"
    PARAMETER = "parameter"  # $1, and in DuckDB's text $now
    SIGN = "sign"


@dataclass(frozen=True, slots=True)
class Token:
    """One token: `value` is its text, of a name or literal without quotes and escapes."""

    kind: Kind
    value: str
    start: int
    end: int

    def is_word(self, *words: str) -> bool:
        """Return whether this is one of the keywords, which are given in upper case."""
        return self.kind is Kind.WORD and self.value.upper() in words

    def is_sign(self, sign: str) -> bool:
        return self.kind is Kind.SIGN and self.value == sign


_PATTERN: Final = r"""
    (?P<space>\s+|--[^\n]*)
  | (?P<comment>/\*)
  | (?P<string>{string})
  | (?P<name>"(?:[^"]|"")*")
  | (?P<parameter>\$\w+)
  | (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
  | (?P<word>\#?[^\W\d][\w$]*)
  | (?P<sign>::|\|\||<=|>=|<>|!=|!~\*|!~|~\*|->>|->|:=|=>|==|.)
"""
_ESCAPING: Final = r"[eE]'(?:[^'\\]|\\.|'')*'"


NUMBER_CHARS_MAX: Final = 32  # of a whole number: no setting, length or $n is longer


def is_number(text: str) -> bool:
    """Return whether a text is a whole number that a statement can mean."""
    return len(text) <= NUMBER_CHARS_MAX and text.isascii() and text.isdigit()


def _compiled(string: str) -> re.Pattern[str]:
    return re.compile(_PATTERN.replace("{string}", string), re.VERBOSE | re.DOTALL)


_REDSHIFT: Final = _compiled(_ESCAPING.replace("[eE]", "[eE]?"))
_DUCKDB: Final = _compiled(_ESCAPING + "|'(?:[^']|'')*'")
_ESCAPE: Final = re.compile(r"\\(.)|''", re.DOTALL)
_ESCAPED: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_KINDS: Final = {kind.value: kind for kind in Kind}


def tokens_of(sql: str, *, backslash_escapes: bool = True) -> list[Token]:
    """Return the tokens of a text, without comments.

    `backslash_escapes` False reads DuckDB's own literals, where only E'...' has escapes. Raises
    WarehouseError 42601 for a literal, name or comment that does not end.
    """
    pattern = _REDSHIFT if backslash_escapes else _DUCKDB
    found: list[Token] = []
    place = 0
    while place < len(sql):
        match = pattern.match(sql, place)
        assert match is not None, "every character is at least a sign"
        group = match.lastgroup
        if group == "comment":
            place = _comment_end(sql, place)
            continue
        if group == "sign" and match.group() in "'\"":
            raise WarehouseError(
                "42601", "unterminated quoted string or identifier", position=place + 1
            )
        if group != "space":
            assert group is not None, "a match has a group"
            kind = _KINDS[group]
            found.append(Token(kind, _value(kind, match.group()), place, match.end()))
        place = match.end()
    return found


def _comment_end(sql: str, start: int) -> int:
    depth, place = 0, start
    while place < len(sql):
        if sql.startswith("/*", place):
            depth, place = depth + 1, place + 2
        elif sql.startswith("*/", place):
            depth, place = depth - 1, place + 2
            if depth == 0:
                return place
        else:
            place += 1
    raise WarehouseError("42601", "unterminated /* comment", position=start + 1)


def _value(kind: Kind, text: str) -> str:
    if kind is Kind.NAME:
        return text[1:-1].replace('""', '"')
    if kind is Kind.STRING:
        body = text[text.index("'") + 1 : -1]
        return _ESCAPE.sub(_unescape, body) if "\\" in body or "''" in body else body
    return text


def _unescape(match: re.Match[str]) -> str:
    letter = match.group(1)
    return "'" if letter is None else _ESCAPED.get(letter, letter)


def split_statements(sql: str) -> list[str]:
    """Return a text's statements, each with its comments, without those that say nothing."""
    statements: list[str] = []
    first: int | None = None
    start = 0
    for token in tokens_of(sql):
        if token.is_sign(";"):
            if first is not None:
                statements.append(sql[start : token.start].strip())
            first, start = None, token.end
        elif first is None:
            first = token.start
    if first is not None:
        statements.append(sql[start:].strip())
    return statements


def closing(tokens: Sequence[Token], opening: int) -> int:
    """Return the index of the bracket that closes the one at `opening`. Raises 42601."""
    depth = 0
    for index in range(opening, len(tokens)):
        if tokens[index].is_sign("("):
            depth += 1
        elif tokens[index].is_sign(")"):
            depth -= 1
            if depth == 0:
                return index
    raise WarehouseError(
        "42601", 'syntax error: "(" is not closed', position=tokens[opening].start + 1
    )


def syntax_error(sql: str, token: Token | None) -> WarehouseError:
    """Return the 42601 that PostgreSQL gives at this token, or at the end of the text."""
    if token is None:
        return WarehouseError("42601", "syntax error at end of input", position=len(sql) + 1)
    return WarehouseError(
        "42601",
        f'syntax error at or near "{sql[token.start : token.end]}"',
        position=token.start + 1,
    )
