"""SQL text in, its tokens out: enough to find statements, parameters and keywords, no more.

Where two servers could read a text differently (a backslash before a quote, a comment within a
comment), the text is refused, so that what was looked at is what runs.
"""

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Final, NamedTuple

from core.errors import QueryRefused


class TokenKind(StrEnum):
    """What a piece of SQL text is."""

    SPACE = "space"
    COMMENT = "comment"
    STRING = "string"
    QUOTED_NAME = "quoted_name"
    WORD = "word"
    NUMBER = "number"
    PARAMETER = "parameter"  # :name
    SEMICOLON = "semicolon"
    OPEN = "open"
    CLOSE = "close"
    OTHER = "other"


class Token(NamedTuple):
    """A piece of SQL text; the pieces of a text, joined, are the text again."""

    kind: TokenKind
    text: str

    def is_word(self, *words: str) -> bool:
        """Return whether this is one of the keywords, which are given in capitals."""
        return self.kind is TokenKind.WORD and self.text.upper() in words


_TOKEN: Final = re.compile(
    r"""
      (?P<space>[ \t\r\n\f\v]+)
    | (?P<comment>--[^\r\n]*|/\*(?:(?!\*/).)*\*/)
    | (?P<string>'(?:[^']|'')*'|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)
    | (?P<quoted_name>"(?:[^"]|"")*")
    | (?P<cast>::|:=)
    | (?P<parameter>:[A-Za-z_]\w*)
    | (?P<word>[^\W\d][\w$]*)
    | (?P<number>[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?)
    | (?P<semicolon>;)
    | (?P<open>\()
    | (?P<close>\))
    | (?P<unclosed>['"]|/\*)
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_UNSEEN: Final = frozenset({TokenKind.SPACE, TokenKind.COMMENT})


def tokens_of(sql: str) -> list[Token]:
    """Return the pieces of a text; raise QueryRefused for one that servers could read apart."""
    if "\0" in sql:
        raise QueryRefused("reading SQL: it contains a NUL character")
    found: list[Token] = []
    for match in _TOKEN.finditer(sql):
        group, text = str(match.lastgroup), match[0]
        if group == "unclosed":
            raise QueryRefused(f"reading SQL: {text} is not closed")
        if group == "string" and "\\'" in text:
            raise QueryRefused("reading SQL: a backslash before a quote: write a quote as ''")
        if group == "comment" and text.startswith("/*") and "/*" in text[2:]:
            raise QueryRefused("reading SQL: a comment within a comment")
        found.append(Token(TokenKind.OTHER if group == "cast" else TokenKind(group), text))
    return found


def seen(tokens: list[Token]) -> list[Token]:
    """Return the tokens that mean something: no space, no comments."""
    return [token for token in tokens if token.kind not in _UNSEEN]


def statements_of(sql: str) -> list[str]:
    """Return the statements of a script, each without its semicolon; empty ones are left out."""
    found: list[str] = []
    for tokens in _split(tokens_of(sql)):
        if seen(tokens):
            found.append("".join(token.text for token in tokens).strip())
    return found


def parameters_of(sql: str) -> set[str]:
    """Return the names of the parameters that a text uses, without their colons."""
    return {token.text[1:] for token in tokens_of(sql) if token.kind is TokenKind.PARAMETER}


def _split(tokens: list[Token]) -> Iterator[list[Token]]:
    part: list[Token] = []
    for token in tokens:
        if token.kind is TokenKind.SEMICOLON:
            yield part
            part = []
        else:
            part.append(token)
    yield part
