"""SQL with `:name` and the values by name in, SQL with `$1` and the values in order out.

The driver and the warehouse read a value as text of unknown type and give it the type that its
place wants, as Redshift does for the Data API.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from local.aws_error import validation_error

# What is no place for a parameter comes first: strings, quoted names, comments, `::` of a cast.
_TOKEN: Final = re.compile(
    r"""'(?:[^'\\]|\\.|'')*' | "(?:[^"]|"")*" | --[^\n]* | /\*.*?\*/ | ::
    | :(?P<name>[A-Za-z0-9_]+)""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class BoundSql:
    """A statement as the warehouse takes it; no values: `sql` as it came."""

    sql: str
    values: tuple[str, ...] = ()


def bind(sqls: Sequence[str], parameters: Sequence[Mapping[str, str]]) -> list[BoundSql]:
    """Return the statements with their values.

    AwsError ValidationException for a name that is given twice, is not given, or that no statement
    uses.
    """
    if not parameters:
        return [BoundSql(sql) for sql in sqls]
    values = {parameter["name"]: parameter["value"] for parameter in parameters}
    if len(values) < len(parameters):
        raise validation_error("Parameters list contains duplicate names.")
    used: set[str] = set()
    bound = [_bind(sql, values, used) for sql in sqls]
    if unused := sorted(values.keys() - used):
        raise validation_error(f"Parameters list contains unused parameters: {', '.join(unused)}.")
    return bound


def _bind(sql: str, values: Mapping[str, str], used: set[str]) -> BoundSql:
    order: list[str] = []

    def place(match: re.Match[str]) -> str:
        name = match["name"]
        if name is None:
            return match[0]
        if name not in values:
            raise validation_error(f"Parameters list does not contain {name}.")
        if name not in order:
            order.append(name)
        return f"${order.index(name) + 1}"

    text = _TOKEN.sub(place, sql)
    used.update(order)
    return BoundSql(text, tuple(values[name] for name in order)) if order else BoundSql(sql)
