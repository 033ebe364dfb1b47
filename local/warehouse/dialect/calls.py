"""A call's arguments in, DuckDB's expression out: functions that differ by more than their name."""

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from sqlglot import exp

from local.warehouse.dialect.raw import raw, text_of
from local.warehouse.dialect.time_format import strftime_format
from local.warehouse.error import WarehouseError

REDSHIFT_VERSION: Final = (
    "PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2 20041017 "
    "(Red Hat 3.4.2-6.fc3), Redshift 1.0.120000 (Colour Cube's local warehouse over DuckDB)"
)

Arguments = Sequence[Any]


def _texts(arguments: Arguments, low: int, high: int, name: str) -> list[str]:
    if not low <= len(arguments) <= high:
        raise WarehouseError("42883", f"function {name} does not take {len(arguments)} arguments")
    return [text_of(argument) for argument in arguments]


def _literal(argument: Any, name: str) -> str:
    if not (isinstance(argument, exp.Literal) and argument.is_string):
        raise WarehouseError("0A000", f"{name} is implemented for literal arguments only")
    return str(argument.name)


def quoted(text: str) -> str:
    """Return DuckDB's literal of a text."""
    return "'" + text.replace("'", "''") + "'"


def _charindex(arguments: Arguments) -> Any:
    needle, text = _texts(arguments, 2, 2, "charindex")
    return raw(f"STRPOS({text}, {needle})")


def _concat(arguments: Arguments) -> Any:
    left, right = _texts(arguments, 2, 2, "concat")
    return raw(f"({left} || {right})")  # NULL if either is, unlike DuckDB's CONCAT


def _isnull(arguments: Arguments) -> Any:
    value, other = _texts(arguments, 2, 2, "isnull")
    return raw(f"COALESCE({value}, {other})")


def _pad(name: str) -> Callable[[Arguments], Any]:
    def build(arguments: Arguments) -> Any:
        text, length, *fill = _texts(arguments, 2, 3, name)
        filled = fill[0] if fill else "' '"
        return raw(f"{name.upper()}({text}, CAST({length} AS INTEGER), {filled})")

    return build


def _date_trunc(arguments: Arguments) -> Any:
    _texts(arguments, 2, 2, "date_trunc")
    part = _literal(arguments[0], "date_trunc").lower()
    part = {"qtr": "quarter", "min": "minute", "sec": "second", "hr": "hour", "ms": "milliseconds",
            "mon": "month", "yr": "year", "w": "week", "d": "day"}.get(part, part)  # fmt: skip
    return raw(f"DATE_TRUNC({quoted(part)}, {text_of(arguments[1])})")


def _regexp_replace(arguments: Arguments) -> Any:
    text, pattern, *rest = _texts(arguments, 2, 3, "regexp_replace")
    by = rest[0] if rest else "''"
    if rest and isinstance(arguments[2], exp.Literal):
        by = quoted(re.sub(r"\$(\d)", r"\\\1", arguments[2].name))
    return raw(f"REGEXP_REPLACE({text}, {pattern}, {by}, 'g')")


def _to_char(arguments: Arguments) -> Any:
    value, _ = _texts(arguments, 2, 2, "to_char")
    pattern = strftime_format(_literal(arguments[1], "to_char"))
    return raw(f"STRFTIME(CAST({value} AS TIMESTAMP), {quoted(pattern)})")


def _to_date(arguments: Arguments) -> Any:
    value, *_ = _texts(arguments, 2, 3, "to_date")
    pattern = strftime_format(_literal(arguments[1], "to_date"))
    return raw(f"CAST(STRPTIME({value}, {quoted(pattern)}) AS DATE)")


def _to_timestamp(arguments: Arguments) -> Any:
    value, *_ = _texts(arguments, 2, 3, "to_timestamp")
    pattern = strftime_format(_literal(arguments[1], "to_timestamp"))
    return raw(f"CAST(STRPTIME({value}, {quoted(pattern)}) AS TIMESTAMPTZ)")


def _json_path(arguments: Arguments) -> Any:
    if len(arguments) < 2:
        raise WarehouseError("42883", "function json_extract_path_text takes a path")
    path = list(arguments[1:])
    quiet = isinstance(path[-1], exp.Boolean) and bool(path.pop().this)
    steps = "".join(
        "/" + _literal(step, "json_extract_path_text").replace("~", "~0").replace("/", "~1")
        for step in path
    )
    macro = "cube_json_path_or_null" if quiet else "cube_json_path"
    return raw(f"{macro}({text_of(arguments[0])}, {quoted(steps)})")


def _setting(arguments: Arguments) -> Any:
    _texts(arguments, 1, 2, "current_setting")
    return raw(f"cube_setting({quoted(_literal(arguments[0], 'current_setting').lower())})")


BUILDERS: Final[dict[str, Callable[[Arguments], Any]]] = {
    "CHARINDEX": _charindex,
    "CONCAT": _concat,
    "CURRENT_DATABASE": lambda arguments: raw("$database"),
    "CURRENT_SCHEMA": lambda arguments: raw("'public'"),
    "CURRENT_SETTING": _setting,
    "DATE_TRUNC": _date_trunc,
    "ISNULL": _isnull,
    "JSON_EXTRACT_PATH_TEXT": _json_path,
    "LPAD": _pad("lpad"),
    "PG_BACKEND_PID": lambda arguments: raw("$pid"),
    "PG_LAST_COPY_COUNT": lambda arguments: raw("$copied_rows"),
    "PG_LAST_COPY_ID": lambda arguments: raw("$copy_id"),
    "REGEXP_REPLACE": _regexp_replace,
    "RPAD": _pad("rpad"),
    "TO_CHAR": _to_char,
    "TO_DATE": _to_date,
    "TO_TIMESTAMP": _to_timestamp,
    "VERSION": lambda arguments: raw(quoted(REDSHIFT_VERSION)),
}
