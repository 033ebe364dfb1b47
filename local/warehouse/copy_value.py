"""A field's text in, the value's canonical text out, by the rules of COPY.

What does not fit raises FieldError with the number and words of stl_load_errors.
"""

import datetime
import re
from collections.abc import Callable
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import Final

import msgspec

from local.warehouse.dialect.copy_statement import CopyOptions
from local.warehouse.dialect.table_definition import ColumnDefinition
from local.warehouse.dialect.time_format import strptime_format
from local.warehouse.error import WarehouseError

_INTEGER: Final = re.compile(r"\s*([+-]?)(\d+)\s*", re.ASCII)
_DATE: Final = re.compile(r"\s*(\d{4})-(\d{1,2})-(\d{1,2})\s*")
_TIMESTAMP: Final = re.compile(
    r"\s*(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?"
    r"\s*(Z|UTC|[+-]\d{2}(?::?\d{2})?)?\s*"
)
_BITS: Final = {"SMALLINT": 16, "INTEGER": 32, "BIGINT": 64}
_NAMES: Final = {"SMALLINT": "Short", "INTEGER": "Integer", "BIGINT": "Long"}
_TRUE: Final = frozenset({"t", "true", "y", "yes", "1"})
_FALSE: Final = frozenset({"f", "false", "n", "no", "0"})
_WIDE: Final = Context(prec=80)
_EPOCH: Final = datetime.datetime(1970, 1, 1)  # noqa: DTZ001 - Redshift's TIMESTAMP has no zone


class FieldError(Exception):
    """A field that does not fit its column."""

    def __init__(self, code: int, reason: str, position: int = 0) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.position = position


Convert = Callable[[str], str | None]


def converter_of(column: ColumnDefinition, options: CopyOptions) -> Convert:
    """Return what turns a field's text into DuckDB's text of the column's type, None for NULL."""
    stored = column.type.stored
    inner: Convert
    if stored == "VARCHAR":
        inner = _text(column, options)
    elif stored in _BITS:
        inner = _integer(stored)
    elif stored.startswith("DECIMAL"):
        inner = _decimal(stored, options)
    elif stored in ("FLOAT", "DOUBLE"):
        inner = _float
    elif stored == "BOOLEAN":
        inner = _boolean
    elif stored == "DATE":
        inner = _date(options)
    elif stored in ("TIMESTAMP", "TIMESTAMPTZ"):
        inner = _timestamp(options, zoned=stored == "TIMESTAMPTZ")
    elif stored == "JSON":
        inner = _super
    else:
        raise WarehouseError("0A000", f"COPY into a column of {column.type.name}")
    return _required(column, inner)


def _required(column: ColumnDefinition, inner: Convert) -> Convert:
    def convert(text: str) -> str | None:
        value = inner(text)
        if value is None and column.not_null:
            raise missing()
        return value

    return convert


def missing() -> FieldError:
    return FieldError(1213, "Missing data for not-null field")


def _text(column: ColumnDefinition, options: CopyOptions) -> Convert:
    length = column.type.bytes_max
    assert length is not None, "a text has a length"

    def convert(text: str) -> str | None:
        if options.trim_blanks:
            text = text.rstrip(" ")
        if (options.empty_as_null and not text) or (options.blanks_as_null and not text.strip()):
            return None
        text = _valid_text(text, options)
        size = len(text.encode())
        if size <= length:
            return text
        if options.truncate_columns:
            return text.encode()[:length].decode(errors="ignore")
        raise FieldError(1204, "String length exceeds DDL length")

    return convert


def _valid_text(text: str, options: CopyOptions) -> str:
    """Return text without NUL and half letters, or refuse it (1220)."""
    if "\0" not in text and text.isprintable():
        return text
    if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        if not options.invalid_characters:
            place = next(
                index for index, letter in enumerate(text)
                if letter == "\0" or "\ud800" <= letter <= "\udfff"
            )  # fmt: skip
            raise FieldError(1220, "String contains invalid or unsupported UTF8 codepoints.", place)
        return "".join(
            options.invalid_characters if letter == "\0" or "\ud800" <= letter <= "\udfff"
            else letter for letter in text
        )  # fmt: skip
    return text


def _integer(stored: str) -> Convert:
    limit = 2 ** (_BITS[stored] - 1)

    def convert(text: str) -> str | None:
        if not text.strip():
            return None
        match = _INTEGER.fullmatch(text)
        if match is None:
            place = next(
                (index for index, letter in enumerate(text) if not letter.isdigit()), len(text)
            )
            near = text[place] if place < len(text) else ""
            raise FieldError(
                1207, f"Invalid digit, Value '{near}', Pos {place}, Type: {_NAMES[stored]}", place
            )
        digits = match.group(2).lstrip("0") or "0"  # Python refuses to read thousands of them
        number = int(match.group(1) + digits) if len(digits) < 20 else limit
        if not -limit <= number < limit:
            raise FieldError(1222, f"Overflow, (Integer overflow), Type: {_NAMES[stored]}")
        return str(number)

    return convert


def _decimal(stored: str, options: CopyOptions) -> Convert:
    precision, scale = (int(part) for part in stored[len("DECIMAL(") : -1].split(","))
    rounding = ROUND_HALF_UP if options.round_decimals else ROUND_DOWN

    def convert(text: str) -> str | None:
        if not text.strip():
            return None
        try:
            number = Decimal(text.strip())
            if not number.is_finite():
                raise InvalidOperation
            cut = number.quantize(Decimal(1).scaleb(-scale), rounding=rounding, context=_WIDE)
        except InvalidOperation:
            raise FieldError(1209, f"Invalid digit, Value '{text[:1]}', Type: Decimal") from None
        if len(cut.as_tuple().digits) > precision:
            raise FieldError(1209, f"Overflow, precision {precision} scale {scale}, Type: Decimal")
        return f"{cut:f}"

    return convert


def _float(text: str) -> str | None:
    if not text.strip():
        return None
    try:
        return repr(float(text))
    except ValueError:
        raise FieldError(1208, "Invalid digit, Type: Double") from None


def _boolean(text: str) -> str | None:
    word = text.strip().lower()
    if not word:
        return None
    if word in _TRUE:
        return "true"
    if word in _FALSE:
        return "false"
    raise FieldError(1210, "Unknown boolean format")


def _date(options: CopyOptions) -> Convert:
    pattern = options.date_format or "auto"
    form = "" if pattern.lower() == "auto" else strptime_format(pattern)

    def convert(text: str) -> str | None:
        if not text.strip():
            return None
        try:
            if form:
                return str(datetime.datetime.strptime(text.strip(), form).date())  # noqa: DTZ007 - a date
            match = _DATE.fullmatch(text) or _TIMESTAMP.fullmatch(text)
            if match is not None:
                return str(datetime.date(*(int(part) for part in match.groups()[:3])))
        except ValueError:
            pass
        if options.accept_any_date:
            return None
        raise FieldError(1205, f"Invalid Date Format - length must be 10 or more: {text!r}")

    return convert


def _timestamp(options: CopyOptions, *, zoned: bool) -> Convert:
    pattern = options.time_format or "auto"
    if pattern.lower() == "epochsecs":
        return _epoch(1_000_000)
    if pattern.lower() == "epochmillisecs":
        return _epoch(1_000)
    form = "" if pattern.lower() == "auto" else strptime_format(pattern)

    def convert(text: str) -> str | None:
        if not text.strip():
            return None
        try:
            moment = (
                datetime.datetime.strptime(text.strip(), form)  # noqa: DTZ007 - as the column
                if form
                else _parsed_time(text, zoned=zoned)
            )
        except ValueError:
            moment = None
        if moment is not None:
            return moment.isoformat(sep=" ")
        if options.accept_any_date:
            return None
        wanted = options.time_format if form else "YYYY-MM-DD HH24:MI:SS"
        raise FieldError(1206, f"Invalid timestamp format or value [{wanted}]")

    return convert


def _parsed_time(text: str, *, zoned: bool) -> datetime.datetime | None:
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    micros = int(f"{fraction or 0:0<6}"[:6])
    moment = datetime.datetime(  # noqa: DTZ001 - the zone follows
        int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), micros
    )
    if zone and zoned and zone not in ("Z", "UTC"):
        hours, minutes = int(zone[1:3]), int(zone[3:].lstrip(":") or 0)
        shift = datetime.timedelta(hours=hours, minutes=minutes)
        moment = moment - shift if zone[0] == "+" else moment + shift
    return moment


def _epoch(micros_a_unit: int) -> Convert:
    integer = _integer("BIGINT")

    def convert(text: str) -> str | None:
        number = integer(text)
        if number is None:
            return None
        try:
            moment = _EPOCH + datetime.timedelta(microseconds=int(number) * micros_a_unit)
        except OverflowError:
            raise FieldError(1206, "Invalid timestamp format or value") from None
        return moment.isoformat(sep=" ")

    return convert


def _super(text: str) -> str | None:
    try:
        msgspec.json.decode(text)
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise FieldError(1224, "Invalid JSON for a SUPER value") from None
    return text
