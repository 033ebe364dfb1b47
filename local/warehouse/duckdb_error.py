"""DuckDB's exception in, the error a client of Redshift would be given out."""

import re
from collections.abc import Callable
from typing import Final

import duckdb

from local.warehouse.error import WarehouseError

_Build = Callable[[re.Match[str]], WarehouseError]


def _as(sqlstate: str, message: str, *, hint: str = "") -> _Build:
    def build(match: re.Match[str]) -> WarehouseError:
        words = {name: text or "" for name, text in match.groupdict().items()}
        return WarehouseError(sqlstate, message.format(**words), hint=hint)

    return build


def _overflow(match: re.Match[str]) -> WarehouseError:
    text = match.group("text")
    is_number = re.fullmatch(r"\s*[+-]?\d+(\.\d*)?\s*", text) is not None
    kind = {"INT16": "smallint", "INT32": "integer", "INT64": "bigint"}.get(match.group("type"))
    if is_number and kind:
        return WarehouseError("22003", f'value "{text}" is out of range for type {kind}')
    return WarehouseError("22P02", f'invalid input syntax for {kind or "type"}: "{text}"')


# Tried from the first to the last on the message.
_RULES: Final[tuple[tuple[str, _Build], ...]] = (
    (r"Unknown TimeZone '(?P<zone>[^']*)'", _as("22023", 'time zone "{zone}" not recognized')),
    (r"Division by zero", _as("22012", "division by zero")),
    (r"^cube (?P<state>[0-9A-Z]{5}) (?P<text>.*)", lambda match: WarehouseError(
        match.group("state"), match.group("text"))),
    (r"CHECK constraint failed on table \"(?P<table>[^\"]*)\" with expression CHECK\(\(strlen\("
     r"\"?(?P<column>.*?)\"?\) <= (?P<length>\d+)\)\)",
     _as("22001", "value too long for type character varying({length})")),
    (r"CHECK constraint failed on table \"(?P<table>[^\"]*)\"",
     _as("23514", 'new row for relation "{table}" violates a check constraint')),
    (r"NOT NULL constraint failed: (?P<table>[^.]*)\.(?P<column>.*)",
     _as("23502", "null value in column \"{column}\" violates not-null constraint")),
    (r"(?:Table|View|Catalog Entry) with name \"?(?P<name>[^\"!]*?)\"? does not exist",
     _as("42P01", 'relation "{name}" does not exist')),
    (r"Schema with name \"?(?P<name>[^\"! ]*)\"? does not exist|schema \"(?P<other>[^\"]*)\" does "
     r"not exist", _as("3F000", 'schema "{name}{other}" does not exist')),
    (r"Function with name (?P<name>\S+) does not exist|Macro \"?(?P<other>[\w.]+)\"? does not",
     _as("42883", "function {name}{other} does not exist")),
    (r"(?:No function matches|Could not choose a best candidate function|Macro .* does not support)"
     r"[^'\"]*['\"]?(?P<call>[^\n]*?\))?",
     _as("42883", "no function or operator matches the given types: {call}",
         hint="Add explicit casts.")),
    (r"(?:Table|View|Index|Sequence|Type) with name \"?(?P<name>[^\"]*?)\"? already exists",
     _as("42P07", 'relation "{name}" already exists')),
    (r"Schema with name \"?(?P<name>[^\"]*?)\"? already exists",
     _as("42P06", 'schema "{name}" already exists')),
    (r"Existing object \"?(?P<name>[^\"]*)\"? is of type (?P<type>\w+), trying to \w+ type",
     _as("42809", '"{name}" is a {type}')),
    (r"[Cc]olumn with name \"?(?P<name>[^\"]*?)\"? already exists",
     _as("42701", 'column "{name}" already exists')),
    (r"(?:Referenced column|Table \"[^\"]*\" does not have a column (?:with name|named)|Referenced "
     r"update column|Column with name|does not have a column named) \"?(?P<name>[^\"\s!]*)",
     _as("42703", 'column "{name}" does not exist')),
    (r"Referenced table \"(?P<name>[^\"]*)\" not found",
     _as("42P01", 'missing FROM-clause entry for table "{name}"')),
    (r"Ambiguous reference to column name \"(?P<name>[^\"]*)\"",
     _as("42702", 'column reference "{name}" is ambiguous')),
    (r"column \"(?P<name>[^\"]*)\" must appear in the GROUP BY clause",
     _as("42803", 'column "{name}" must appear in the GROUP BY clause or be used in an aggregate '
                  "function")),
    (r"(?:aggregate|window functions?) .*(?:not allowed|cannot)|WHERE clause cannot contain",
     _as("42803", "aggregates and window functions are not allowed here")),
    (r"More than one row returned by a subquery",
     _as("21000", "more than one row returned by a subquery used as an expression")),
    (r"Could not convert string ['\"](?P<text>.*)['\"] to (?P<type>\w+)", _overflow),
    (r"Failed to cast value to numerical: (?P<text>.*)",
     _as("22P02", "invalid input syntax for a number: {text}")),
    (r"(?:invalid|timestamp|date|time)[^\n]*field [^\n]*?: \"(?P<text>[^\"]*)\"",
     _as("22007", 'invalid input syntax for type timestamp: "{text}"')),
    (r"Could not parse string \"(?P<text>[^\"]*)\" according to format",
     _as("22007", 'value "{text}" does not match the format')),
    (r"ORDER term out of range|GROUP BY term out of range",
     _as("42P10", "ORDER BY or GROUP BY position is not in select list")),
    (r"Overflow|out of range|Out of Range", _as("22003", "numeric value out of range")),
    (r"Cannot compare values|Type mismatch|an explicit cast is required|Unimplemented type for "
     r"cast",
     _as("42804", "the types do not fit; an explicit cast is required")),
    (r"expected (?P<columns>\d+) columns? but (?P<values>\d+) values|table \S+ has \d+ columns but|"
     r"INSERT has more",
     _as("42601", "INSERT has another number of expressions than target columns")),
    (r"Conflict on|write-write conflict|Catalog write-write|conflict",
     _as("40001", "could not serialize access due to concurrent update",
         hint="Another transaction changed the same rows first. Run the transaction again.")),
    (r"Malformed JSON|JSON (?:transform|parse)", _as("22P02", "invalid JSON")),
    (r"syntax error at or near \"(?P<near>[^\"]*)\"",
     _as("42601", 'syntax error at or near "{near}"')),
)  # fmt: skip
_COMPILED: Final = tuple((re.compile(rule), build) for rule, build in _RULES)

_STATES: Final[tuple[tuple[type[Exception], str], ...]] = (
    (duckdb.InterruptException, "57014"),
    (duckdb.OutOfMemoryException, "53200"),
    (duckdb.PermissionException, "42501"),
    (duckdb.NotImplementedException, "0A000"),
    (duckdb.ParserException, "42601"),
    (duckdb.BinderException, "42601"),
    (duckdb.CatalogException, "42P01"),
    (duckdb.ConversionException, "22P02"),
    (duckdb.OutOfRangeException, "22003"),
    (duckdb.ConstraintException, "23000"),
    (duckdb.InvalidInputException, "22023"),
    (duckdb.TransactionException, "40001"),
    (duckdb.IOException, "58030"),
)


def from_duckdb(error: Exception) -> WarehouseError:
    """Return what a client is told; the state XX000 stands for what nobody foresaw."""
    if isinstance(error, duckdb.InterruptException):
        return WarehouseError("57014", "Query cancelled on user's request")
    text = _first_paragraph(str(error))
    for pattern, build in _COMPILED:
        if match := pattern.search(text):
            return build(match)
    state = next((state for kind, state in _STATES if isinstance(error, kind)), "XX000")
    return WarehouseError(state, text)


def _first_paragraph(text: str) -> str:
    """Cut DuckDB's excerpt of the translated statement, and the kind of error in front."""
    body = re.split(r"\n\s*\n(?:LINE \d+:|Candidate)|\nLINE \d+:|\nCandidate", text)[0]
    return re.sub(r"^(?:[A-Z]\w*(?: [A-Z]?\w+)?|INTERRUPT) Error: ", "", body).strip()
