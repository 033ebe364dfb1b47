"""Values as they come out of the warehouse, read back by the drivers' own decoders."""

import struct
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.adapt import PyFormat, Transformer
from redshift_connector.utils import type_utils

from local.warehouse import oid
from local.warehouse.decoding import decode_parameter
from local.warehouse.encoding import BINARY, TEXT, formats_of, row_encoder
from local.warehouse.error import WarehouseError
from local.warehouse.numeric import decode_numeric, encode_numeric
from local.warehouse.outcome import Column

smallints = st.integers(-(2**15), 2**15 - 1)
integers = st.integers(-(2**31), 2**31 - 1)
bigints = st.integers(-(2**63), 2**63 - 1)
numerics = st.decimals(
    allow_nan=False, allow_infinity=False, places=12, min_value=-(10**25), max_value=10**25
)
timestamps = st.datetimes(
    min_value=datetime.fromisoformat("0001-01-02"), max_value=datetime.fromisoformat("9999-12-30")
)
zoned = st.builds(
    lambda at, minutes: at.replace(tzinfo=timezone(timedelta(minutes=minutes))),
    timestamps,
    st.integers(-14 * 60, 14 * 60),
)
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
VALUES: dict[int, st.SearchStrategy[Any]] = {
    oid.BOOLEAN: st.booleans(),
    oid.SMALLINT: smallints,
    oid.INTEGER: integers,
    oid.BIGINT: bigints,
    oid.REAL: st.floats(width=32, allow_nan=False),
    oid.DOUBLE: st.floats(allow_nan=False),
    oid.NUMERIC: numerics,
    oid.VARCHAR: texts,
    oid.TEXT: texts,
    oid.BPCHAR: texts,
    oid.DATE: st.dates(),
    oid.TIME: st.times(),
    oid.TIMESTAMP: timestamps,
    oid.TIMESTAMPTZ: zoned,
    oid.BYTEA: st.binary(max_size=40),
    oid.UUID: st.uuids(),
}
# What psycopg makes a parameter of, where its own choice of type is another one.
_BINARY_COLUMNS = [each for each in VALUES if each != oid.UUID]
# The driver's own formats at its protocol 0.
_DRIVER_TEXT = {
    oid.NUMERIC: type_utils.numeric_in,
    oid.DATE: type_utils.date_in,
    oid.TIME: type_utils.time_in,
}


def encode(type_oid: int, form: int, value: object) -> bytes:
    """Return the one cell of a row."""
    row = row_encoder([Column("x", type_oid)], [form])([[value]])
    kind, length, count, size = struct.unpack_from("!cIHi", row)
    assert (kind, length, count) == (b"D", len(row) - 1, 1)
    assert size == len(row) - 11
    return row[11:]


def of_type(strategies: Sequence[int]) -> st.SearchStrategy[tuple[int, Any]]:
    return st.sampled_from(strategies).flatmap(lambda each: st.tuples(st.just(each), VALUES[each]))


@given(of_type([*VALUES]))
def test_psycopg_reads_the_text_of_any_value(typed: tuple[int, Any]) -> None:
    type_oid, value = typed
    read = psycopg_value(type_oid, TEXT, encode(type_oid, TEXT, value))
    if type_oid == oid.REAL:  # its text is the shortest for 4 bytes, Python reads 8
        assert struct.pack("f", read) == struct.pack("f", value)
    else:
        assert read == value


@given(of_type(_BINARY_COLUMNS))
def test_psycopg_reads_the_binary_form_of_any_value(typed: tuple[int, Any]) -> None:
    type_oid, value = typed
    assert psycopg_value(type_oid, BINARY, encode(type_oid, BINARY, value)) == value


def psycopg_value(type_oid: int, form: int, data: bytes) -> Any:
    context = psycopg.adapters
    return Transformer(context).get_loader(type_oid, psycopg.pq.Format(form)).load(data)


@given(of_type([each for each in VALUES if each not in (oid.BYTEA, oid.UUID)]))
def test_the_redshift_driver_reads_any_value(typed: tuple[int, Any]) -> None:
    type_oid, value = typed
    if type_oid in _DRIVER_TEXT:
        form, read = TEXT, _DRIVER_TEXT[type_oid]
    else:
        form, read = type_utils.redshift_types[type_oid]
    data = encode(type_oid, form, value)
    assert read(data, 0, len(data)) == value


@given(of_type([each for each in VALUES if each not in (oid.UUID, oid.BPCHAR)]))
def test_what_psycopg_sends_in_binary_is_taken_in(typed: tuple[int, Any]) -> None:
    _, value = typed
    for form in (PyFormat.BINARY, PyFormat.TEXT):
        if isinstance(value, bytes) and form is PyFormat.TEXT:
            continue  # how psycopg escapes bytes depends on a connection
        dumper = Transformer(psycopg.adapters).get_dumper(value, form)
        data = bytes(dumper.dump(value) or b"")
        assert decode_parameter(data, dumper.oid, dumper.format) == value


@given(
    of_type(
        [
            oid.BOOLEAN,
            oid.SMALLINT,
            oid.INTEGER,
            oid.BIGINT,
            oid.DOUBLE,
            oid.NUMERIC,
            oid.VARCHAR,
            oid.DATE,
            oid.TIME,
        ]
    )
)
def test_what_the_redshift_driver_sends_is_taken_in(typed: tuple[int, Any]) -> None:
    type_oid, value = typed
    at = type_oid if type_oid in (oid.SMALLINT, oid.INTEGER, oid.BIGINT) else type(value)
    sent_oid, form, send = type_utils.py_types[at]
    assert decode_parameter(bytes(send(value)), sent_oid, form) == value


@given(timestamps)
def test_the_redshift_drivers_timestamps_are_taken_in(at: datetime) -> None:
    """The driver counts in floats: far away from 2000 it is off by microseconds itself."""
    near = at.replace(year=1990 + at.year % 60, day=min(at.day, 28))
    data = bytes(type_utils.timestamp_send_integer(near))
    assert decode_parameter(data, oid.TIMESTAMP, BINARY) == near
    assert decode_parameter(data, oid.TIMESTAMPTZ, BINARY) == near.replace(tzinfo=UTC)


def test_texts_are_written_as_postgresql_does() -> None:
    """Golden: what `psql` shows for these values on PostgreSQL."""
    golden: list[tuple[int, Any, str]] = [
        (oid.BOOLEAN, True, "t"),
        (oid.BOOLEAN, False, "f"),
        (oid.INTEGER, -5, "-5"),
        (oid.DOUBLE, 1.0, "1"),
        (oid.DOUBLE, 0.1, "0.1"),
        (oid.DOUBLE, float("inf"), "Infinity"),
        (oid.DOUBLE, float("-inf"), "-Infinity"),
        (oid.DOUBLE, float("nan"), "NaN"),
        (oid.REAL, struct.unpack("f", struct.pack("f", 0.1))[0], "0.1"),
        (oid.NUMERIC, Decimal("1E+3"), "1000"),
        (oid.NUMERIC, Decimal("1.50"), "1.50"),
        (oid.NUMERIC, Decimal("1E-7"), "0.0000001"),
        (oid.NUMERIC, 12, "12"),
        (oid.DATE, date(2026, 11, 5), "2026-11-05"),
        (oid.TIME, time(1, 2, 3, 500_000), "01:02:03.5"),
        (oid.TIMETZ, time.fromisoformat("01:02:03+00:00"), "01:02:03+00"),
        (oid.TIMETZ, time.fromisoformat("01:02:03.5-09:30"), "01:02:03.5-09:30"),
        (oid.TIMESTAMP, datetime.fromisoformat("2026-11-05 01:02:03.45"), "2026-11-05 01:02:03.45"),
        (oid.TIMESTAMP, datetime.fromisoformat("2026-11-05 10:20"), "2026-11-05 10:20:00"),
        (oid.TIMESTAMPTZ, datetime(2026, 11, 5, tzinfo=UTC), "2026-11-05 00:00:00+00"),
        (oid.BYTEA, b"\x00\xff", "\\x00ff"),
        (oid.VARBYTE, b"\x00\xff", "00ff"),
        (
            oid.SUPER,
            {"a": [1, Decimal("1.5"), None, date(2026, 1, 2)]},
            '{"a":[1,1.5,null,"2026-01-02"]}',
        ),
        (oid.SUPER, '{"a":1}', '{"a":1}'),
        (oid.SUPER, True, "true"),
        (oid.VARCHAR, UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    ]
    for type_oid, value, expected in golden:
        assert encode(type_oid, TEXT, value) == expected.encode()


def test_null_is_a_length_of_minus_one_in_either_format() -> None:
    for type_oid in VALUES:
        for form in (TEXT, BINARY) if type_oid != oid.UUID else (TEXT,):
            row = row_encoder([Column("x", type_oid)], [form])([[None]])
            assert row == bytes.fromhex("44 0000000a 0001 ffffffff")


def test_a_row_is_these_bytes() -> None:
    """Golden: an int4 in binary, a text, and a NULL."""
    columns = [Column("n", oid.INTEGER), Column("t", oid.VARCHAR), Column("z", oid.DATE)]
    row = row_encoder(columns, [1, 1, 0])([[258, "né", None], (1, "", date(2026, 1, 2))])
    assert row.hex(" ") == (
        "44 00 00 00 19 00 03 00 00 00 04 00 00 01 02 00 00 00 03 6e c3 a9 ff ff ff ff "
        "44 00 00 00 20 00 03 00 00 00 04 00 00 00 01 00 00 00 00 "
        "00 00 00 0a 32 30 32 36 2d 30 31 2d 30 32"
    )


@pytest.mark.parametrize(
    ("type_oid", "form", "value"),
    [
        (oid.SMALLINT, BINARY, 40_000),
        (oid.INTEGER, BINARY, "one"),
        (oid.DATE, BINARY, "2026-01-02"),
        (oid.TIMESTAMP, TEXT, 5),
        (oid.NUMERIC, BINARY, "many"),
    ],
)
def test_a_value_that_is_not_of_its_columns_type_is_an_error(
    type_oid: int, form: int, value: object
) -> None:
    with pytest.raises(WarehouseError) as caught:
        encode(type_oid, form, value)
    assert caught.value.sqlstate == "0A000"


def test_a_type_without_a_binary_form_is_refused_by_name() -> None:
    with pytest.raises(WarehouseError, match='"x": type 2950 has no binary format'):
        row_encoder([Column("x", oid.UUID)], [BINARY])


def test_formats_are_none_one_or_one_a_field() -> None:
    assert formats_of([], 3) == (0, 0, 0)
    assert formats_of([1], 3) == (1, 1, 1)
    assert formats_of([1, 0], 2) == (1, 0)
    for wrong in ([1, 0], [2]):
        with pytest.raises(WarehouseError) as caught:
            formats_of(wrong, 3)
        assert caught.value.sqlstate == "08P01"


@given(numerics, st.integers(0, 30))
def test_a_numeric_survives_its_binary_form(value: Decimal, places: int) -> None:
    exact = Decimal(format(value, "f") + "0" * places)
    assert format(decode_numeric(encode_numeric(exact)), "f") == format(exact, "f")


@given(st.sampled_from([*VALUES, 0, 705, 1007, 1186, 4000]), st.integers(0, 1), st.binary())
def test_any_bytes_of_a_parameter_are_taken_in_or_refused(
    type_oid: int, form: int, data: bytes
) -> None:
    with suppress(WarehouseError):
        decode_parameter(data, type_oid, form)


def test_bytes_are_read_in_both_of_their_text_forms() -> None:
    assert decode_parameter(b"\\x00ff5c", oid.BYTEA, TEXT) == b"\x00\xff\\"
    assert decode_parameter(b"\\000\\377\\\\a", oid.BYTEA, TEXT) == b"\x00\xff\\a"


@pytest.mark.parametrize(
    ("type_oid", "form", "data", "sqlstate"),
    [
        (oid.INTEGER, TEXT, b"4x", "22P02"),
        (oid.SMALLINT, TEXT, b"40000", "22003"),
        (oid.BIGINT, BINARY, b"\0", "22P03"),
        (oid.BOOLEAN, TEXT, b"maybe", "22P02"),
        (oid.BOOLEAN, BINARY, b"\2", "22P03"),
        (oid.DATE, TEXT, b"2026-13-01", "22P02"),
        (oid.BYTEA, TEXT, b"\\8", "22P02"),
        (oid.TIMESTAMP, BINARY, b"\x7f" + b"\xff" * 7, "22008"),
        (oid.VARCHAR, TEXT, b"a\0b", "22021"),
        (oid.VARCHAR, TEXT, b"\xff", "22021"),
        (1007, BINARY, b"", "0A000"),
    ],
)
def test_a_parameter_that_is_not_of_its_type_is_refused(
    type_oid: int, form: int, data: bytes, sqlstate: str
) -> None:
    with pytest.raises(WarehouseError) as caught:
        decode_parameter(data, type_oid, form)
    assert caught.value.sqlstate == sqlstate
