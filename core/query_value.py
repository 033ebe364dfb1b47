"""Text as people and addresses write it in, a query's values with their SQL types out."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from core import limits
from core.errors import ParameterRefused

_RELATIVE: Final = re.compile(r"now(?:-([0-9]{1,9})([smhd]))?")
_UNIT: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_EPOCH_MS: Final = re.compile(r"[0-9]{9,15}")
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,19}")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class ValueKind(StrEnum):
    """The kinds a parameter can have; the words are those of a question's header."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    TIME = "time"
    TEXTS = "texts"  # a list: `IN (:name)`, and `:name IS NULL` where it is empty

    @property
    def sql_type(self) -> str:
        return self.sql_type_for("")

    def sql_type_for(self, text: str) -> str:
        """Return the type to cast a value to: a cast to a VARCHAR that is too short would cut."""
        if self in _SQL_TYPES:
            return _SQL_TYPES[self]
        short = len(text.encode()) <= _SHORT_BYTES
        return f"VARCHAR({_SHORT_BYTES if short else limits.QUERY_TEXT_BYTES_MAX})"


_SHORT_BYTES: Final = 256  # as wide as the columns of names
_SQL_TYPES: Final = {
    ValueKind.INTEGER: "BIGINT",
    ValueKind.NUMBER: "DOUBLE PRECISION",
    ValueKind.TIME: "TIMESTAMP",
}


@dataclass(frozen=True, slots=True)
class QueryValue:
    """A value of a kind, as text that casts to the kind's SQL type; no texts: NULL."""

    kind: ValueKind
    texts: tuple[str, ...] = ()

    @property
    def is_null(self) -> bool:
        return not self.texts


def text_value(text: str) -> QueryValue:
    """Return a text as a value."""
    return QueryValue(ValueKind.TEXT, (_checked(text),))


def read_value(kind: ValueKind, given: str | Sequence[str] | None, *, now_ms: int) -> QueryValue:
    """Return a value of a kind from the text (for a list: the texts) that somebody gave.

    Times are ISO 8601, UTC where they name no offset; or epoch milliseconds; or `now`, `now-15m`,
    `now-2h`, `now-7d`. None is NULL. Raise ParameterRefused for what is no value of that kind.
    """
    if given is None:
        return QueryValue(kind)
    if kind is ValueKind.TEXTS:
        texts = (given,) if isinstance(given, str) else tuple(given)
        if len(texts) > limits.QUERY_LIST_COUNT_MAX:
            raise ParameterRefused(
                f"reading list: {len(texts)} values, more than {limits.QUERY_LIST_COUNT_MAX}"
            )
        return QueryValue(kind, tuple(_checked(text) for text in texts))
    if not isinstance(given, str):
        raise ParameterRefused(f"reading {kind}: one value, not a list of {len(given)}")
    if kind is ValueKind.TEXT:
        return text_value(given)
    if kind is ValueKind.INTEGER:
        return QueryValue(kind, (_integer(given),))
    if kind is ValueKind.NUMBER:
        return QueryValue(kind, (_number(given),))
    moment = read_time(given, now_ms=now_ms)
    return QueryValue(kind, (moment.replace(tzinfo=None).isoformat(" "),))


def read_time(text: str, *, now_ms: int) -> datetime:
    """Return a moment, UTC; raise ParameterRefused for what is none."""
    words = text.strip()
    try:
        if relative := _RELATIVE.fullmatch(words):
            back = (
                timedelta(**{_UNIT[relative[2]]: int(relative[1])}) if relative[1] else timedelta()
            )
            return _EPOCH + timedelta(milliseconds=now_ms) - back
        if _EPOCH_MS.fullmatch(words):
            return _EPOCH + timedelta(milliseconds=int(words))
        moment = datetime.fromisoformat(words)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise ParameterRefused(
            f"reading time: {text[:40]!r} is none such as 2026-11-25T14:00 or now-2h"
        ) from None


def _checked(text: str) -> str:
    if "\0" in text:
        raise ParameterRefused("reading text: it contains a NUL character")
    if len(text.encode(errors="surrogatepass")) > limits.QUERY_TEXT_BYTES_MAX:
        raise ParameterRefused(f"reading text: over {limits.QUERY_TEXT_BYTES_MAX} bytes")
    if not text.isprintable() and any("\ud800" <= char <= "\udfff" for char in text):
        raise ParameterRefused("reading text: it is no Unicode text")
    return text


def _integer(text: str) -> str:
    words = text.strip()
    if not _INTEGER.fullmatch(words) or not -(2**63) <= int(words) < 2**63:
        raise ParameterRefused(f"reading integer: {text[:40]!r} is none")
    return str(int(words))


def _number(text: str) -> str:
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if number != number or number in (float("inf"), float("-inf")):
        raise ParameterRefused(f"reading number: {text[:40]!r} is none")
    return repr(number)
