"""A staged file in, its records out, line by line: the way that finds what is wrong, and where."""

import csv
import gzip
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

from local.warehouse.copy_objects import StagedObject
from local.warehouse.copy_value import FieldError
from local.warehouse.dialect.copy_statement import CopyOptions
from local.warehouse.error import WarehouseError
from local.warehouse.limits import RAW_LINE_CHARS

_TEXT: Final = re.compile(rb'"(?:[^"\\]|\\.)*"')
_TRIED_BYTES_MIN: Final = 256  # what is smaller is looked at on every line: an error has its place
_OBJECT_BYTES_MAX: Final = 4 * 1024 * 1024  # Redshift's limit of one JSON object


@dataclass(frozen=True, slots=True)
class Record:
    """One record: its first line's number and text, and its fields, or what is wrong with it."""

    line: int
    raw: str
    fields: Sequence[str | None]
    error: FieldError | None = None


class _RawNumber(str):
    """A number as it is written: 1.50 stays 1.50, and a long one keeps its digits."""

    __slots__ = ()


_DECODER: Final = json.JSONDecoder(parse_float=_RawNumber, parse_int=_RawNumber)


def read_records(
    staged: StagedObject, options: CopyOptions, paths: Sequence[Sequence[str | int]]
) -> Iterator[Record]:
    """Yield the file's records; `paths` are the columns' places in a JSON object."""
    with _opened(staged, options) as file:
        if options.format == "json":
            yield from _json_records(file, options, paths)
        else:
            yield from _delimited_records(file, options, len(paths))


def _opened(staged: StagedObject, options: CopyOptions) -> gzip.GzipFile | BinaryIO:
    if options.compression == "gzip":
        return gzip.open(staged.path, "rb")  # bzip2 was unpacked on its way here
    return staged.path.open("rb")


# --- JSON ---


def _json_records(
    file: Iterable[bytes], options: CopyOptions, paths: Sequence[Sequence[str | int]]
) -> Iterator[Record]:
    """Read objects, one a line as a rule; one may also go over several lines, or share a line."""
    pending, started, fold = bytearray(), 0, options.json == "auto ignorecase"
    depth = tried_bytes = 0
    for number, line in enumerate(file, 1):
        if pending and line.startswith(b"{"):  # the one before has no end
            yield _bad_json(started, pending)
            pending.clear()
        if not pending:
            if not line.strip():
                continue
            started, depth, tried_bytes = number, 0, 0
        pending += line
        depth += _depth(line) if tried_bytes else 0
        again_bytes = min(2 * tried_bytes, _OBJECT_BYTES_MAX)
        if depth > 0 and _TRIED_BYTES_MIN <= len(pending) < again_bytes:
            continue  # it has no end yet: reading it anew at every line would take for ever
        records, left = _decoded(bytes(pending), started, paths, fold=fold)
        yield from records
        depth = depth if tried_bytes else _depth(left)
        pending, tried_bytes = bytearray(left), len(left)
        if len(pending) > _OBJECT_BYTES_MAX:
            yield _bad_json(started, pending)
            pending.clear()
    if pending.strip():
        yield _bad_json(started, pending)


def _depth(line: bytes) -> int:
    """Return how many brackets a line leaves open: no text of JSON goes over its end."""
    bare = _TEXT.sub(b"", line)
    opened, closed = bare.count(b"{") + bare.count(b"["), bare.count(b"}") + bare.count(b"]")
    return opened - closed


def _decoded(
    data: bytes, line: int, paths: Sequence[Sequence[str | int]], *, fold: bool
) -> tuple[list[Record], bytes]:
    """Return the records of a text and what is left of it: the start of one that goes on."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raw = data.decode(errors="replace")[:RAW_LINE_CHARS]
        fault = FieldError(
            1220, "String contains invalid or unsupported UTF8 codepoints.", error.start
        )
        return [Record(line, raw, (), fault)], b""
    records: list[Record] = []
    place = 0
    while (place := _skip(text, place)) < len(text):
        try:
            value, end = _DECODER.raw_decode(text, place)
        except json.JSONDecodeError as error:
            if not text[place:].lstrip().startswith("{"):
                return [*records, _bad_json(line, data)], b""
            open_ended = error.pos >= len(text.rstrip()) or "Unterminated" in error.msg
            if open_ended:
                return records, text[place:].encode()
            return [*records, _bad_json(line, data)], b""
        except RecursionError:
            return [*records, _bad_json(line, data)], b""
        if not isinstance(value, dict):
            return [*records, _bad_json(line, data)], b""
        raw = text[place:end][:RAW_LINE_CHARS]
        names = {str(name).lower(): item for name, item in value.items()} if fold else value
        try:
            fields = [_field(names, path) for path in paths]
        except RecursionError:  # deeper than it can be written again
            return [*records, _bad_json(line, data)], b""
        records.append(Record(line, raw, fields))
        place = end
    return records, b""


def _skip(text: str, place: int) -> int:
    while place < len(text) and text[place] in " \t\r\n":
        place += 1
    return place


def _bad_json(line: int, data: bytes | bytearray) -> Record:
    raw = data.decode(errors="replace").rstrip("\n")[:RAW_LINE_CHARS]
    return Record(line, raw, (), FieldError(1216, "Invalid JSON: the line is no JSON object"))


def _field(value: Any, path: Sequence[str | int]) -> str | None:
    for step in path:
        if isinstance(step, str) and isinstance(value, dict):
            value = value.get(step)
        elif isinstance(step, int) and isinstance(value, list) and step < len(value):
            value = value[step]
        else:
            return None
    return _text(value)


def _text(value: Any) -> str | None:
    """Return a JSON value as COPY puts it into a column: text as it is, the rest as JSON."""
    if value is None or type(value) is str:
        return value
    return _json(value)


def _json(value: Any) -> str:
    if isinstance(value, _RawNumber):
        return str(value)
    if isinstance(value, dict):
        members = (f"{json.dumps(str(k), ensure_ascii=False)}:{_json(v)}" for k, v in value.items())
        return "{" + ",".join(members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_json, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def read_json_paths(body: bytes, columns: int) -> list[list[str | int]]:
    """Return the columns' paths of a jsonpaths file. Raises WarehouseError XX000."""
    try:
        expressions = json.loads(body)["jsonpaths"]
        paths = [_path(str(expression)) for expression in expressions]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise WarehouseError("XX000", f"Invalid JSONPath format: {error}") from error
    if len(paths) != columns:
        raise WarehouseError(
            "XX000",
            f"Number of jsonpaths and the number of columns should match. "
            f"JSONPath size: {len(paths)}, Number of columns in table or column list: {columns}",
        )
    return paths


def _path(expression: str) -> list[str | int]:
    """Return the steps of `$.a.b[0]` or `$['a']['b'][0]`. Raises ValueError for anything else."""
    steps: list[str | int] = []
    rest = expression.strip()
    if not rest.startswith("$"):
        raise ValueError(expression)
    rest = rest[1:]
    while rest:
        if rest.startswith("['") and "']" in rest:
            name, _, rest = rest[2:].partition("']")
            steps.append(name)
        elif rest.startswith("[") and "]" in rest:
            index, _, rest = rest[1:].partition("]")
            steps.append(int(index))
        elif rest.startswith("."):
            end = min(
                (i for i in (rest.find(".", 1), rest.find("[", 1)) if i > 0), default=len(rest)
            )
            if end == 1:
                raise ValueError(expression)
            steps.append(rest[1:end])
            rest = rest[end:]
        else:
            raise ValueError(expression)
    return steps


# --- CSV and delimited text ---


def _delimited_records(
    file: Iterable[bytes], options: CopyOptions, columns: int
) -> Iterator[Record]:
    lines = _Lines(file, options)
    reader = csv.reader(
        lines,
        delimiter=options.delimiter,
        quotechar=options.quote if _quotes(options) else None,
        quoting=csv.QUOTE_MINIMAL if _quotes(options) else csv.QUOTE_NONE,
        escapechar="\\" if options.escape else None,
        strict=True,
    )
    while True:
        lines.mark()
        try:
            fields = next(reader, None)
        except csv.Error as error:
            yield Record(lines.number, lines.raw, (), FieldError(1216, f"Invalid CSV: {error}"))
            continue
        if fields is None:
            return
        if lines.start <= options.ignore_header:
            continue
        if lines.broken is not None:
            yield Record(lines.start, lines.raw, (), lines.broken)
        elif fields or not options.ignore_blank_lines:
            yield _fitted(lines, fields or [""], options, columns)


def _quotes(options: CopyOptions) -> bool:
    return options.format == "csv" or options.remove_quotes


def _fitted(lines: "_Lines", fields: list[str], options: CopyOptions, columns: int) -> Record:
    error = None
    if len(fields) > columns:
        error = FieldError(1202, "Extra column(s) found")
    elif len(fields) < columns:
        if options.fill_record:
            fields += [""] * (columns - len(fields))
        else:
            error = FieldError(1214, "Delimiter not found")
    null = options.null_as if options.null_as is not None else "\\N"
    values = [None if field == null else field for field in fields]
    return Record(lines.start, lines.raw, values, error)


class _Lines:
    """A file's lines as text, with the number and text of the record's first one."""

    def __init__(self, file: Iterable[bytes], options: CopyOptions) -> None:
        self._file = iter(file)
        self._errors = "replace" if options.invalid_characters else "surrogateescape"
        self.number = 0
        self.start = 0
        self.raw = ""
        self.broken: FieldError | None = None

    def mark(self) -> None:
        self.start, self.raw, self.broken = self.number + 1, "", None

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = next(self._file)
        self.number += 1
        text = line.decode("utf-8", self._errors)
        if not self.raw:
            self.raw = text.rstrip("\r\n")[:RAW_LINE_CHARS].replace("\0", "?")
        if self._errors == "surrogateescape" and not text.isascii():
            bad = next((i for i, c in enumerate(text) if "\udc80" <= c <= "\udcff"), None)
            if bad is not None:
                self.broken = FieldError(
                    1220, "String contains invalid or unsupported UTF8 codepoints.", bad
                )
                self.raw = line.decode(errors="replace")[:RAW_LINE_CHARS]
        return text
