"""A question's result in, the JSON that the page and other clients read out.

Moments are ISO 8601, UTC, ending in Z; what is not known is null.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final

import msgspec

from core.query_value import QueryValue
from core.question import Question
from core.warehouse import Result, Value, iso
from dashboard.history.spelled import spelled

_EXACT_MAX: Final = 2**53  # beyond it a number in JavaScript is another number

Cell = None | bool | int | float | str


def answer_json(
    question: Question,
    values: Mapping[str, QueryValue],
    result: Result,
    *,
    reach: Value,
    asked_ms: int,
) -> bytes:
    """Return `/api/history/query`; `reach` is the newest minute of arrival that is loaded."""
    return msgspec.json.encode(
        {
            "question": question.name,
            "asked_at": asked_ms,
            "as_of": cell(reach),
            "took_ms": result.took_ms,
            "truncated": result.truncated,
            "parameters": shown(values),
            "sql": spelled(question, values),
            "columns": [
                {"name": name, "kind": kind_of([row[place] for row in result.rows])}
                for place, name in enumerate(result.columns)
            ],
            "rows": [[cell(value) for value in row] for row in result.rows],
        }
    )


def shown(values: Mapping[str, QueryValue]) -> list[dict[str, Any]]:
    """Return the bound parameters: name, kind and texts; no texts: NULL, or no filter."""
    return [
        {"name": name, "kind": value.kind.value, "texts": value.texts}
        for name, value in values.items()
    ]


def kind_of(values: Sequence[Value]) -> str:
    """Return what a column holds: time, date, number, boolean or text."""
    for value in values:
        match value:
            case None:
                continue
            case bool():
                return "boolean"
            case int() | float() | Decimal():
                return "number"
            case datetime():
                return "time"
            case date():
                return "date"
            case _:
                return "text"
    return "text"


def cell(value: Value) -> Cell:
    """Return a value as JSON has it; whole numbers that JavaScript would change, as text."""
    match value:
        case None | bool() | str():
            return value
        case int():
            return value if -_EXACT_MAX <= value <= _EXACT_MAX else str(value)
        case Decimal():
            return cell(int(value)) if value == value.to_integral_value() else float(value)
        case float():
            return value if math.isfinite(value) else None
        case datetime() | date() | time():
            return iso(value)
        case bytes():
            return value.hex()
