"""Texts that people write become typed values, or are refused by name."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import limits
from core.errors import ParameterRefused
from core.query_value import QueryValue, ValueKind, read_time, read_value, text_value

NOW_MS = 1_793_534_400_000  # 2026-11-01 12:00:00 UTC


def read(kind: ValueKind, text: str) -> str:
    (found,) = read_value(kind, text, now_ms=NOW_MS).texts
    return found


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("now", "2026-11-01 12:00:00"),
        ("now-90s", "2026-11-01 11:58:30"),
        ("now-15m", "2026-11-01 11:45:00"),
        ("now-2h", "2026-11-01 10:00:00"),
        ("now-7d", "2026-10-25 12:00:00"),
        ("2026-11-25", "2026-11-25 00:00:00"),
        (" 2026-11-25T14:00 ", "2026-11-25 14:00:00"),
        ("2026-11-25 14:00:00.123", "2026-11-25 14:00:00.123000"),
        ("2026-11-25T14:00:00Z", "2026-11-25 14:00:00"),
        ("2026-11-25T14:00:00+02:00", "2026-11-25 12:00:00"),
        ("1793534400123", "2026-11-01 12:00:00.123000"),
        ("9999-12-31", "9999-12-31 00:00:00"),
    ],
)
def test_a_moment_is_written_in_many_ways_and_is_utc(text: str, moment: str) -> None:
    assert read(ValueKind.TIME, text) == moment


@pytest.mark.parametrize(
    "text",
    ["", "x", "now+1h", "now-", "now-1w", "2026-13-01", "14:00", "now-999999999d", "9" * 16, "-5"],
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ParameterRefused, match="reading time: "):
        read_value(ValueKind.TIME, text, now_ms=NOW_MS)


@given(st.datetimes())
def test_every_moment_in_iso_is_read_back(moment: datetime) -> None:
    assert read_time(moment.isoformat(), now_ms=0) == moment.replace(tzinfo=UTC)


@given(st.text())
def test_any_text_is_a_value_or_refused(text: str) -> None:
    for kind in ValueKind:
        try:
            found = read_value(kind, text, now_ms=NOW_MS)
        except ParameterRefused:
            continue
        assert found.kind is kind
        assert len(found.texts) == 1


@pytest.mark.parametrize(("text", "number"), [("5", "5"), (" -7 ", "-7"), ("+08", "8")])
def test_an_integer_is_written_plainly(text: str, number: str) -> None:
    assert read(ValueKind.INTEGER, text) == number


@pytest.mark.parametrize("text", ["", "1.5", "1e3", "0x1", "1_000", "٣", str(2**63), "1;"])
def test_what_is_no_integer_is_refused(text: str) -> None:
    with pytest.raises(ParameterRefused, match="reading integer: "):
        read_value(ValueKind.INTEGER, text, now_ms=NOW_MS)


def test_a_number_is_finite() -> None:
    assert read(ValueKind.NUMBER, "1.50") == "1.5"
    for text in ("nan", "inf", "-inf", "1e999", "x", ""):
        with pytest.raises(ParameterRefused, match="reading number: "):
            read_value(ValueKind.NUMBER, text, now_ms=NOW_MS)


def test_a_text_is_anything_that_a_column_holds() -> None:
    odd = "'; DROP TABLE votes; -- \N{SNOWMAN} :poll $1 ?"
    assert text_value(odd) == QueryValue(ValueKind.TEXT, (odd,))
    assert read(ValueKind.TEXT, "") == ""
    for text in ("a\0b", "\ud800", "x" * (limits.QUERY_TEXT_BYTES_MAX + 1)):
        with pytest.raises(ParameterRefused, match="reading text: "):
            text_value(text)


def test_a_list_has_one_value_several_or_none() -> None:
    def texts(given: str | list[str] | None) -> tuple[str, ...]:
        return read_value(ValueKind.TEXTS, given, now_ms=0).texts

    assert texts("a,b") == ("a,b",)
    assert texts(["a", "b"]) == ("a", "b")
    assert texts([]) == ()
    assert texts(None) == ()
    with pytest.raises(ParameterRefused, match="more than 1000"):
        texts(["a"] * (limits.QUERY_LIST_COUNT_MAX + 1))


def test_null_is_a_value_of_every_kind() -> None:
    for kind in ValueKind:
        assert read_value(kind, None, now_ms=0) == QueryValue(kind)
        assert read_value(kind, None, now_ms=0).is_null
