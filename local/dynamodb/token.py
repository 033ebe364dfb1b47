"""A client's request token in, whether its transaction was done before out (clause D2).

A token is written in the transaction that it names: after a crash both are there, or neither.
"""

import hashlib
import sqlite3
from collections.abc import Sequence
from typing import Any

import msgspec

from local.aws_error import AwsError
from local.dynamodb import members
from local.dynamodb.limits import TOKEN_CHARS_MAX, TOKEN_LIFE_MS, TOKEN_PURGE_PERIOD_MS
from local.dynamodb.members import Request

# The same request may name its members in another order.
_encode = msgspec.json.Encoder(order="deterministic").encode


def given(request: Request) -> str | None:
    """Return the request's token, None without one."""
    token = members.text_or_none(request, "ClientRequestToken")
    if token is not None and not 1 <= len(token) <= TOKEN_CHARS_MAX:
        raise members.constraint(
            "ClientRequestToken",
            token,
            f"have length less than or equal to {TOKEN_CHARS_MAX} and at least 1",
        )
    return token


def digest_of(actions: Sequence[Any]) -> bytes:
    """Return a digest of a request's content."""
    return hashlib.blake2b(_encode(actions), digest_size=16).digest()


class TokenLog:
    """Remembers tokens for ten minutes; the caller holds the transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._purge_due_ms = 0

    def is_done(self, token: str, digest: bytes, now_ms: int) -> bool:
        """Return whether this very request has been committed already.

        Raises AwsError IdempotentParameterMismatchException when the token came with another.
        """
        known = self._connection.execute(
            "SELECT digest FROM tokens WHERE token = ? AND expires_ms > ?", (token, now_ms)
        ).fetchone()
        if known is None:
            return False
        if known[0] != digest:
            raise AwsError(
                "IdempotentParameterMismatchException",
                "The provided client token is already in use by another request",
            )
        return True

    def note(self, token: str, digest: bytes, now_ms: int) -> None:
        """Remember a request that is being committed."""
        if now_ms >= self._purge_due_ms:
            self._connection.execute("DELETE FROM tokens WHERE expires_ms <= ?", (now_ms,))
            self._purge_due_ms = now_ms + TOKEN_PURGE_PERIOD_MS
        self._connection.execute(
            "INSERT OR REPLACE INTO tokens VALUES (?, ?, ?)",
            (token, digest, now_ms + TOKEN_LIFE_MS),
        )
