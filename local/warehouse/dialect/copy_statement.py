"""COPY's text in, what to load from where and how out. An option we do not know is an error."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from local.warehouse.dialect.cursor import TokenCursor
from local.warehouse.dialect.lexer import Kind, Token
from local.warehouse.error import WarehouseError
from local.warehouse.limits import MAXERROR_MAX

_URL: Final = re.compile(r"s3://([^/]+)/(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ObjectUrl:
    """s3://bucket/key"""

    bucket: str
    key: str

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


def read_url(text: str) -> ObjectUrl:
    """Return the bucket and key. Raises WarehouseError 0A000 for other sources than S3."""
    match = _URL.fullmatch(text)
    if match is None:
        raise WarehouseError("0A000", f"'{text}' is not an s3:// address: only S3 is implemented")
    return ObjectUrl(match.group(1), match.group(2))


@dataclass(slots=True)
class CopyOptions:
    """How a COPY reads. `format` is json, csv or delimited."""

    format: str = "delimited"
    json: str = "auto"  # auto, auto ignorecase, or the s3:// address of a jsonpaths file
    compression: str = ""  # gzip, bzip2
    manifest: bool = False
    delimiter: str = ""
    quote: str = '"'
    escape: bool = False
    remove_quotes: bool = False
    ignore_header: int = 0
    ignore_blank_lines: bool = False
    null_as: str | None = None
    fill_record: bool = False
    trim_blanks: bool = False
    time_format: str = ""
    date_format: str = ""
    accept_any_date: bool = False
    truncate_columns: bool = False
    invalid_characters: str = ""  # what ACCEPTINVCHARS puts in their place
    blanks_as_null: bool = False
    empty_as_null: bool = False
    round_decimals: bool = False
    max_errors: int = 0
    no_load: bool = False


@dataclass(slots=True)
class CopyStatement:
    """One COPY; `columns` is empty where it names none."""

    table: tuple[str, ...]
    columns: list[str]
    source: ObjectUrl
    options: CopyOptions = field(default_factory=CopyOptions)


def read_copy(sql: str, tokens: list[Token]) -> CopyStatement:
    """Read a COPY. Raises WarehouseError 42601 for an option that Redshift has not either."""
    cursor = TokenCursor(sql, tokens)
    cursor.expect("COPY")
    table = cursor.qualified()
    columns = cursor.names() if cursor.sees_sign("(") else []
    cursor.expect("FROM")
    statement = CopyStatement(table, columns, read_url(cursor.string()))
    authorised = False
    while cursor.token is not None:
        if accept_authorisation(cursor):
            authorised = True
        else:
            _read_option(cursor, statement.options)
    if not authorised:
        raise WarehouseError(
            "42601", "COPY needs credentials", hint="Add IAM_ROLE default (any role does locally)."
        )
    _check(statement.options)
    return statement


def accept_authorisation(cursor: TokenCursor) -> bool:
    """Step over a role or keys, if they come next: here every one will do."""
    if cursor.accept("IAM_ROLE"):
        if not cursor.accept("DEFAULT"):
            cursor.string()
    elif cursor.accept("CREDENTIALS") or cursor.accept("WITH", "CREDENTIALS"):
        cursor.accept("AS")
        cursor.string()
    elif cursor.accept("ACCESS_KEY_ID"):
        cursor.string()
        cursor.expect("SECRET_ACCESS_KEY")
        cursor.string()
        if cursor.accept("SESSION_TOKEN"):
            cursor.string()
    else:
        return False
    return True


def _text(cursor: TokenCursor) -> str:
    cursor.accept("AS")
    return cursor.string()


def _number(cursor: TokenCursor) -> int:
    cursor.accept("AS")
    return cursor.integer()


def _one_letter(cursor: TokenCursor) -> str:
    text = _text(cursor)
    if len(text) != 1:
        raise WarehouseError("42601", f"'{text}' is not one character")
    return text


def _json(cursor: TokenCursor, options: CopyOptions) -> None:
    options.format = "json"
    cursor.accept("AS")
    options.json = cursor.string() if cursor.token and cursor.token.kind is Kind.STRING else "auto"
    if options.json == "noshred":
        raise WarehouseError("0A000", "JSON 'noshred' is not implemented by the local warehouse")
    if options.json not in ("auto", "auto ignorecase"):
        read_url(options.json)


def _format(cursor: TokenCursor, options: CopyOptions) -> None:
    cursor.accept("AS")
    if not cursor.sees("CSV", "JSON", "PARQUET", "ORC", "AVRO", "SHAPEFILE"):
        raise cursor.error()
    _read_option(cursor, options)


def _csv(cursor: TokenCursor, options: CopyOptions) -> None:
    options.format = "csv"
    if cursor.accept("QUOTE"):
        options.quote = _one_letter(cursor)


def _delimiter(cursor: TokenCursor, options: CopyOptions) -> None:
    options.delimiter = _one_letter(cursor)


def _invalid_characters(cursor: TokenCursor, options: CopyOptions) -> None:
    cursor.accept("AS")
    given = cursor.token is not None and cursor.token.kind is Kind.STRING
    options.invalid_characters = cursor.string() if given else "?"


def _switch(cursor: TokenCursor, options: CopyOptions) -> None:
    """COMPUPDATE and STATUPDATE take ON, OFF, TRUE, FALSE, PRESET or nothing: no matter here."""
    for word in ("ON", "OFF", "TRUE", "FALSE", "PRESET"):
        if cursor.accept(word):
            return


def _max_errors(cursor: TokenCursor, options: CopyOptions) -> None:
    options.max_errors = _number(cursor)
    if options.max_errors > MAXERROR_MAX:
        raise WarehouseError("22023", f"MAXERROR is at most {MAXERROR_MAX}")


def _sets(name: str, value: object) -> Callable[[TokenCursor, CopyOptions], None]:
    def rule(cursor: TokenCursor, options: CopyOptions) -> None:
        setattr(options, name, value)

    return rule


def _takes(
    name: str, take: Callable[[TokenCursor], object]
) -> Callable[[TokenCursor, CopyOptions], None]:
    def rule(cursor: TokenCursor, options: CopyOptions) -> None:
        setattr(options, name, take(cursor))

    return rule


_OPTIONS: Final[dict[str, Callable[[TokenCursor, CopyOptions], None]]] = {
    "ACCEPTANYDATE": _sets("accept_any_date", True),
    "ACCEPTINVCHARS": _invalid_characters,
    "BLANKSASNULL": _sets("blanks_as_null", True),
    "BZIP2": _sets("compression", "bzip2"),
    "COMPROWS": lambda cursor, options: (_number(cursor), None)[1],
    "COMPUPDATE": _switch,
    "CSV": _csv,
    "DATEFORMAT": _takes("date_format", _text),
    "DELIMITER": _delimiter,
    "EMPTYASNULL": _sets("empty_as_null", True),
    "ENCODING": lambda cursor, options: _encoding(cursor),
    "ESCAPE": _sets("escape", True),
    "FILLRECORD": _sets("fill_record", True),
    "FORMAT": _format,
    "GZIP": _sets("compression", "gzip"),
    "IGNOREBLANKLINES": _sets("ignore_blank_lines", True),
    "IGNOREHEADER": _takes("ignore_header", _number),
    "JSON": _json,
    "MANIFEST": _sets("manifest", True),
    "MAXERROR": _max_errors,
    "NOLOAD": _sets("no_load", True),
    "NULL": _takes("null_as", _text),
    "QUOTE": _takes("quote", _one_letter),
    "REGION": lambda cursor, options: (_text(cursor), None)[1],
    "REMOVEQUOTES": _sets("remove_quotes", True),
    "ROUNDEC": _sets("round_decimals", True),
    "STATUPDATE": _switch,
    "TIMEFORMAT": _takes("time_format", _text),
    "TRIMBLANKS": _sets("trim_blanks", True),
    "TRUNCATECOLUMNS": _sets("truncate_columns", True),
}
# Redshift has them; here nobody needs them.
_UNIMPLEMENTED: Final = (
    "AVRO", "ENCRYPTED", "EXPLICIT_IDS", "FIXEDWIDTH", "IGNOREALLERRORS", "LZOP",
    "MASTER_SYMMETRIC_KEY", "ORC", "PARQUET", "READRATIO", "SERIALIZETOJSON", "SHAPEFILE", "SSH",
    "ZSTD",
)  # fmt: skip


def _encoding(cursor: TokenCursor) -> None:
    cursor.accept("AS")
    word = cursor.take().value.upper()
    if word != "UTF8":
        raise WarehouseError("0A000", f"ENCODING {word} is not implemented")


def _read_option(cursor: TokenCursor, options: CopyOptions) -> None:
    token = cursor.take()
    name = token.value.upper() if token.kind is Kind.WORD else ""
    if name in _UNIMPLEMENTED:
        raise WarehouseError("0A000", f"COPY ... {name} is not implemented by the local warehouse")
    if name not in _OPTIONS:
        cursor.place -= 1
        raise cursor.error()
    _OPTIONS[name](cursor, options)


def _check(options: CopyOptions) -> None:
    if options.format == "json" and (options.delimiter or options.escape or options.remove_quotes):
        raise WarehouseError("42601", "DELIMITER, ESCAPE and REMOVEQUOTES do not go with JSON")
    if options.format == "csv" and (options.escape or options.remove_quotes):
        raise WarehouseError("42601", "ESCAPE and REMOVEQUOTES do not go with CSV")
    if not options.delimiter:
        options.delimiter = "," if options.format == "csv" else "|"
