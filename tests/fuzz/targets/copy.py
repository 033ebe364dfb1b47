"""Any bytes as an object that COPY reads in: rows, or a refusal that names the line."""

import gzip
import tempfile
from pathlib import Path
from typing import Final

import msgspec

from core.clock import ManualClock
from local.warehouse.copy_lines import read_json_paths
from local.warehouse.copy_objects import read_object, staged_objects, wanted_objects
from local.warehouse.copy_slow import write_plain
from local.warehouse.dialect.copy_statement import read_copy, read_url
from local.warehouse.dialect.lexer import tokens_of
from local.warehouse.dialect.table_definition import read_table_definition
from local.warehouse.error import WarehouseError
from tests.fuzz.slices import Slices
from tests.fuzz.targets.record import GOOD
from tests.local.warehouse.sql.client import ROLE, Client, Lake, warehouse_in_memory

_FORMATS: Final = (
    "json 'auto'",
    "json 'auto' gzip",
    "csv",
    "delimiter '|' escape removequotes acceptinvchars",
    "json 'auto ignorecase' truncatecolumns blanksasnull emptyasnull",
    "csv gzip ignoreheader 1 fillrecord ignoreblanklines",
    "json 's3://lake/paths'",
    "bzip2 json 'auto'",
    "manifest json 'auto'",  # the input is the manifest
    "json 's3://lake/k'",  # the input is the paths
)
_PACKED: Final = (1, 5)  # those that are gzip: the harness packs every other input for them
_PATHS: Final = b'{"jsonpaths":["$.x.y[0]","$[\'b\']","$.c","$.d","$.e","$.f"]}'
_TABLE: Final = (
    "create table t (a bigint, b varchar(9), c timestamp, d boolean, e decimal(9,2), f super)"
)
_LINE: Final = b'{"a":1,"b":"text","c":"2026-09-21 14:13:20","d":true,"e":1.25}\n'
_SEEDS: Final = (
    b"\0\0" + _LINE + _LINE.replace(b"1", b'"x"', 1),
    b"\0\0" + GOOD,
    b"\1\0" + _LINE,
    b"\1\1" + gzip.compress(_LINE, mtime=0),
    b"\2\0" + b'1,"te""xt",2026-09-21 14:13:20,true,1.5\n,,,,\n',
    b"\3\0" + b"1|a\\|b|2026-09-21|f|9\n1|\xff||t|\n",
    b"\4\0" + _LINE.replace(b'"a"', b'"A"') * 2,
    b"\5\0" + b"a,b\n1,text\n\n",
    b"\6\0" + b'{"x":{"y":[1,"b"]},"b":{"k":1}}\n',
    b"\x08\0"
    + b'{"entries":[{"url":"s3://lake/good","mandatory":true,"meta":{"content_length":9}}]}',
    b"\x09\0" + _PATHS,
    b"\0\0" + b'{"f":{"k":[1,{}]},"a":"007"}\n{"c":[\n1,\n2]}\n',
)
SEEDS: Final = (*_SEEDS, *(seed[:1] + b"\xf0" + seed[2:] for seed in _SEEDS[:2]))
WORDS: Final = (
    *(
        b'{"a":',
        b'"b":"',
        b'"c":',
        b'"d":true',
        b'"e":1.5',
        b"\\u0000",
        b"\\ud800",
        b"\xff",
        b"}\n{",
    ),
    *(
        b"9223372036854775808",
        b"1e400",
        b"-0",
        b"NaN",
        b"Infinity",
        b"\xef\xbb\xbf",
        b"\r\n",
        b"\0",
    ),
    *(
        b"2026-02-30",
        b"0001-01-01 00:00:00",
        b"24:00:00",
        b'""',
        b"\\N",
        b"null",
        b"[[[[",
        b"\x1f\x8b",
    ),
    *(
        b'{"entries":[',
        b'"url":"s3://lake/good"',
        b'"mandatory":',
        b'"jsonpaths":[',
        b"$.x[",
        b"$['b']",
    ),
)
BYTES_MAX: Final = 5_000
_WHOLE: Final = 240  # the second byte, from here on: the whole load, which takes its time
_COLUMNS: Final = read_table_definition(_TABLE, tokens_of(_TABLE)).columns

_lake: Final = Lake()
_lake.put("paths", _PATHS)
_lake.put("good", _LINE)
_client: Final = Client(warehouse_in_memory(_lake, ManualClock(1_790_000_000_123)))
_client.run(_TABLE)


def one_input(data: bytes) -> None:
    slices = Slices(data)
    number, how = slices.byte() % len(_FORMATS), slices.byte()
    packed, whole = how % 2 == 0, how >= _WHOLE
    content = slices.rest()
    if number in _PACKED and packed:
        content = gzip.compress(content, mtime=0)
    _lake.put("k", content)
    source = "s3://lake/good" if "lake/k" in _FORMATS[number] else "s3://lake/k"
    copy = f"copy t from '{source}' {ROLE} {_FORMATS[number]}"
    if whole:
        if _loaded(copy) is None:
            _loaded(f"{copy} maxerror 1000")
        return
    try:
        _read_slowly(copy)
    except WarehouseError as error:
        _check(error)


def _read_slowly(copy: str) -> None:
    """Read the object as COPY does line by line, without the database: far faster."""
    statement = read_copy(copy, tokens_of(copy))
    options = statement.options
    paths: list[list[str | int]] = [[column.name] for column in _COLUMNS]
    if options.json.startswith("s3:"):
        body = read_object(_lake, read_url(options.json), BYTES_MAX)
        paths = read_json_paths(body, len(_COLUMNS))
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        wanted = wanted_objects(_lake, statement.source, options)
        staged = staged_objects(_lake, wanted, options, folder)
        found = write_plain(
            staged,
            _COLUMNS,
            paths,
            options,
            folder / "rows.json",
            errors_max=1_000,
            check=lambda: None,
        )
        written = (folder / "rows.json").read_bytes()
        rows = [msgspec.json.decode(line, type=list[str | None]) for line in written.splitlines()]
    assert len(rows) == found.rows <= BYTES_MAX + 1, "no row is made up: one is at least a byte"
    assert all(len(row) == len(_COLUMNS) for row in rows)
    assert all(error.line >= 1 and error.reason for error in found.errors), "an error has a place"


def _loaded(copy: str) -> int | None:
    """Return how many rows came; None when the load was refused."""
    try:
        _client.run("begin", copy)
        rows = _client.one("select count(*) from t")
    except WarehouseError as error:
        _check(error)
        return None
    finally:
        _client.run("rollback")
    assert isinstance(rows, int)
    assert rows <= BYTES_MAX + 1, "no row is made up: one is at least a byte"
    return rows


def _check(error: WarehouseError) -> None:
    assert len(error.sqlstate) == 5, error
    assert error.message, "a refusal says why"
