"""Tokens in, a place in them that moves on: what the parsers of DDL and COPY read with."""

from collections.abc import Sequence

from local.warehouse.dialect.lexer import (
    Kind,
    Token,
    closing,
    is_number,
    syntax_error,
    tokens_of,
)
from local.warehouse.error import WarehouseError


class TokenCursor:
    """A statement's tokens and the place of the next one; what does not fit raises 42601."""

    def __init__(self, sql: str, tokens: Sequence[Token] | None = None) -> None:
        self.sql = sql
        self.tokens = tokens_of(sql) if tokens is None else tokens
        self.place = 0

    @property
    def token(self) -> Token | None:
        """The next token; None at the end."""
        return self.tokens[self.place] if self.place < len(self.tokens) else None

    def error(self) -> WarehouseError:
        return syntax_error(self.sql, self.token)

    def take(self) -> Token:
        token = self.token
        if token is None:
            raise self.error()
        self.place += 1
        return token

    def sees(self, *words: str) -> bool:
        """Return whether the next token is one of these keywords."""
        return self.token is not None and self.token.is_word(*words)

    def sees_sign(self, sign: str) -> bool:
        return self.token is not None and self.token.is_sign(sign)

    def accept(self, *phrase: str) -> bool:
        """Step over these keywords, if all of them come next, in this order."""
        ahead = self.tokens[self.place : self.place + len(phrase)]
        if len(ahead) < len(phrase):
            return False
        if not all(token.is_word(word) for token, word in zip(ahead, phrase, strict=True)):
            return False
        self.place += len(phrase)
        return True

    def accept_sign(self, sign: str) -> bool:
        if not self.sees_sign(sign):
            return False
        self.place += 1
        return True

    def expect(self, *phrase: str) -> None:
        for word in phrase:
            if not self.accept(word):
                raise self.error()

    def expect_sign(self, sign: str) -> None:
        if not self.accept_sign(sign):
            raise self.error()

    def name(self) -> str:
        """Take a name, in lower case: Redshift folds quoted names, too."""
        token = self.token
        if token is None or token.kind not in (Kind.WORD, Kind.NAME):
            raise self.error()
        self.place += 1
        return token.value.lower()

    def string(self) -> str:
        token = self.token
        if token is None or token.kind is not Kind.STRING:
            raise self.error()
        self.place += 1
        return token.value

    def integer(self) -> int:
        token = self.token
        if token is None or token.kind is not Kind.NUMBER or not is_number(token.value):
            raise self.error()
        self.place += 1
        return int(token.value)

    def qualified(self) -> tuple[str, ...]:
        """Take `name`, `schema.name` or `database.schema.name`."""
        parts = [self.name()]
        while self.accept_sign("."):
            parts.append(self.name())
        if len(parts) > 3:
            raise self.error()
        return tuple(parts)

    def names(self) -> list[str]:
        """Take `(a, b, c)`."""
        self.expect_sign("(")
        names = [self.name()]
        while self.accept_sign(","):
            names.append(self.name())
        self.expect_sign(")")
        return names

    def skip_brackets(self) -> str:
        """Step over `( ... )` and return the text between the brackets."""
        end = closing(self.tokens, self.place)
        text = self.sql[self.tokens[self.place].end : self.tokens[end].start]
        self.place = end + 1
        return text

    def rest(self) -> str:
        """Return the text from the next token on, and step to the end."""
        text = self.sql[self.token.start :].rstrip() if self.token else ""
        self.place = len(self.tokens)
        return text

    def end(self) -> None:
        if self.token is not None:
            raise self.error()
