"""An answer of the warehouse in, a table, records, JSON lines or CSV on the terminal out."""

import csv
import sys
from collections.abc import Iterator, Sequence
from datetime import date, time
from decimal import Decimal
from typing import Any, Final

import msgspec

from core.warehouse import Result, Value, iso
from local.cli.display import console

_TEXT_CHARS_MIN: Final = 8  # a column of text is cut down to this before records are shown
_COLUMN_CHARS: Final = 3  # what a column takes besides its text
_JSON: Final = msgspec.json.Encoder(decimal_format="number")


def print_json_rows(result: Result) -> None:
    """Print one JSON object a row; moments are ISO 8601, UTC."""
    names = distinct(result.columns)
    for row in result.rows:
        plain = {name: _plain(value) for name, value in zip(names, row, strict=True)}
        sys.stdout.write(_JSON.encode(plain).decode() + "\n")
    sys.stdout.flush()


def print_csv(result: Result) -> None:
    """Print CSV with a header line; NULL is an empty field."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(result.columns)
    writer.writerows([csv_cell(value) for value in row] for row in result.rows)
    sys.stdout.flush()


def csv_cell(value: Value) -> object:
    """Return a value as a field of CSV."""
    return "" if value is None else _words(value)


def print_answer(result: Result) -> None:
    """Show a table; where the terminal is too narrow for its columns, one record after another."""
    out = console()
    names = [shown(name) for name in result.columns]
    rows = [[shown(value) for value in row] for row in result.rows]
    widths = _fitted(names, rows, _shrinkable(result), out.width)
    if widths is None:
        for line in _records(names, rows):
            out.print(line, soft_wrap=True)
    else:
        out.print(_table(result, names, rows, widths))


def distinct(names: Sequence[str]) -> list[str]:
    """Return names that are all different: `a`, `a_2` for two columns of one name."""
    found: list[str] = []
    for name in names:
        number, chosen = 1, name
        while chosen in found:
            number += 1
            chosen = f"{name}_{number}"
        found.append(chosen)
    return found


def shown(value: Value) -> str:
    """Return a value on one line; what would steer the terminal is escaped."""
    words = "NULL" if value is None else str(_words(value))
    if words.isprintable():
        return words
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in words
    )


def _words(value: Value) -> object:
    match value:
        case bool():
            return "true" if value else "false"
        case float():
            return format(value, ".12g")
        case Decimal():
            return format(value, "f")
        case bytes():
            return value.hex()
        case date() | time():
            return iso(value)
        case _:
            return value


def _plain(value: Value) -> object:
    if isinstance(value, bytes):
        return value.hex()
    return iso(value) if isinstance(value, date | time) else value


def _shrinkable(result: Result) -> list[bool]:
    """Return which columns may be cut: texts. A number that is cut is another number."""
    texts: list[bool] = []
    for index in range(len(result.columns)):
        values = [row[index] for row in result.rows if row[index] is not None]
        texts.append(all(isinstance(value, str) for value in values))
    return texts


def _fitted(
    names: Sequence[str], rows: Sequence[Sequence[str]], texts: Sequence[bool], width: int
) -> list[int] | None:
    """Return each column's width so that all fit; None when they cannot."""
    from rich.cells import cell_len

    widths = [cell_len(name) for name in names]
    for row in rows:
        widths = [max(most, cell_len(cell)) for most, cell in zip(widths, row, strict=True)]
    room = width - 1 - _COLUMN_CHARS * len(names)
    while sum(widths) > room:
        wide = [i for i, text in enumerate(texts) if text and widths[i] > _TEXT_CHARS_MIN]
        if not wide:
            return None
        widest = max(wide, key=lambda i: widths[i])
        widths[widest] -= 1
    return widths


def _table(
    result: Result, names: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[int]
) -> Any:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(header_style="bold", box=box.SIMPLE_HEAD)
    for name, width, text in zip(names, widths, _shrinkable(result), strict=True):
        table.add_column(
            Text(name),
            justify="left" if text else "right",
            width=width,
            no_wrap=True,
            overflow="ellipsis",
        )
    for values, row in zip(result.rows, rows, strict=True):
        table.add_row(
            *(
                Text(cell, style="dim" if value is None else "")
                for value, cell in zip(values, row, strict=True)
            )
        )
    return table


def _records(names: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[Any]:
    from rich.text import Text

    width = max(map(len, names), default=0)
    for number, row in enumerate(rows, 1):
        yield Text(f"-- {number} --", style="bold")
        for name, cell in zip(names, row, strict=True):
            yield Text(f"{name:<{width}}  {cell}")
