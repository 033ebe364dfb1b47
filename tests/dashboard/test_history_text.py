"""What leaves the warehouse as text (SQL to copy, CSV, JSON) means the same to whoever reads it."""

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import duckdb
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock import ManualClock
from core.query_value import QueryValue, ValueKind, read_value, text_value
from core.question import parse_question
from core.warehouse import Result, Value
from dashboard.history.answer import answer_json, cell, kind_of
from dashboard.history.cache import Cache
from dashboard.history.csv_file import csv_chunks, file_name
from dashboard.history.spelled import spelled

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
FORMULAS = st.tuples(st.sampled_from("=+-@\t\r＝＋－＠"), TEXTS).map("".join)
ECHO = parse_question("echo", "-- Which text?\n-- :x text - | A text\nSELECT :x AS x;")
LISTED = parse_question(
    "listed",
    "-- Which of them?\n-- :xs texts - | Texts\n-- :x text - | One\n"
    "SELECT :xs IS NULL AS open, :x IN (:xs) AS among /* :xs */;",
)


@pytest.fixture(scope="module")
def duck() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


@given(text=TEXTS)
def test_sql_to_copy_says_every_text_that_was_bound(
    duck: duckdb.DuckDBPyConnection, text: str
) -> None:
    sql = spelled(ECHO, {"x": text_value(text)})
    assert "\\" not in sql, "Redshift takes a backslash in a literal for an escape"
    assert duck.execute(sql).fetchone() == (text,)


def test_sql_to_copy_has_lists_and_nothing_at_all(duck: duckdb.DuckDBPyConnection) -> None:
    none = {"xs": QueryValue(ValueKind.TEXTS), "x": text_value("a")}
    assert duck.execute(spelled(LISTED, none)).fetchone() == (True, None)
    some = none | {"xs": QueryValue(ValueKind.TEXTS, ("it's", "a"))}
    assert duck.execute(spelled(LISTED, some)).fetchone() == (False, True)
    assert spelled(LISTED, some).startswith("-- Which of them?\n")


@pytest.mark.parametrize(
    ("kind", "given_", "literal"),
    [
        (ValueKind.TIME, "2026-11-25T14:00+01:00", "TIMESTAMP '2026-11-25 13:00:00'"),
        (ValueKind.INTEGER, "-7", "-7"),
        (ValueKind.NUMBER, "1.50", "1.5"),
        (ValueKind.TEXT, "a\\b", "('a' || CHR(92) || 'b')"),
    ],
)
def test_every_kind_of_value_has_its_literal(kind: ValueKind, given_: str, literal: str) -> None:
    value = read_value(kind, given_, now_ms=0)
    assert spelled(ECHO, {"x": value}).endswith(f"SELECT {literal} AS x;")


@given(rows=st.lists(st.tuples(TEXTS | FORMULAS, st.integers() | st.none()), max_size=5))
def test_a_csv_file_holds_what_was_there_and_no_formula(rows: list[tuple[Value, ...]]) -> None:
    result = Result(("name", "=votes"), rows, False, 1)
    lines = b"".join(csv_chunks(result)).decode()
    read = list(csv.reader(io.StringIO(lines, newline="")))
    assert read[0] == ["name", "'=votes"]
    assert len(read) == len(rows) + 1
    for (name, votes), (text, number) in zip(rows, read[1:], strict=True):
        assert text.removeprefix("'") == str(name).removeprefix("'")
        assert not text.startswith(tuple("=+-@\t\r＝＋－＠"))
        assert number == ("" if votes is None else str(votes))


def test_a_large_file_comes_in_pieces() -> None:
    result = Result(("n",), [(n,) for n in range(1_201)], False, 1)
    assert [len(chunk.splitlines()) for chunk in csv_chunks(result)] == [1, 500, 500, 201]


@given(question=TEXTS, poll=TEXTS)
def test_a_files_name_can_be_written_anywhere(question: str, poll: str) -> None:
    name = file_name(question, poll, Result((), [], False, 1), day="2026-11-25")
    assert name.endswith("2026-11-25.csv")
    assert name.replace("_", "").replace("-", "").replace(".", "").isalnum()
    assert name.isascii()


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (2**53, 2**53),
        (2**53 + 1, "9007199254740993"),
        (Decimal("12.50"), 12.5),
        (Decimal("7"), 7),
        (float("nan"), None),
        (True, True),
        (b"\x01\xff", "01ff"),
        (date(2026, 11, 25), "2026-11-25"),
        (datetime(2026, 11, 25, 14, 0, 0, 1, UTC), "2026-11-25T14:00:00.000001Z"),
        (None, None),
    ],
)
def test_json_holds_every_value_as_it_is(value: Value, shown: object) -> None:
    assert cell(value) == shown


def test_a_column_is_what_its_first_known_value_is() -> None:
    moment = datetime(2026, 11, 25, tzinfo=UTC)
    values: list[list[Value]] = [[None, 1], [moment], [True], ["x"], [None], [], [moment.date()]]
    kinds = ["number", "time", "boolean", "text", "text", "text", "date"]
    assert [kind_of(column) for column in values] == kinds


def test_an_answer_without_rows_still_has_its_columns() -> None:
    result = Result(("x",), [], False, 3)
    body = msgspec.json.decode(
        answer_json(ECHO, {"x": text_value("a")}, result, reach=None, asked_ms=5)
    )
    assert body["columns"] == [{"name": "x", "kind": "text"}]
    assert (body["rows"], body["as_of"], body["took_ms"]) == ([], None, 3)


def test_a_cache_forgets_what_is_old_and_what_has_no_room() -> None:
    clock = ManualClock()
    cache = Cache(clock, bytes_max=10)
    cache.put("a", b"12345", for_ms=1_000)
    cache.put("b", b"12345", for_ms=2_000)
    assert (cache.get("a"), cache.get("b")) == (b"12345", b"12345")
    cache.put("c", b"1", for_ms=1_000)
    assert (cache.get("a"), cache.get("c")) == (None, b"1")
    cache.put("huge", b"12345678901", for_ms=1_000)
    assert (cache.get("huge"), cache.get("b")) == (None, b"12345")
    clock.advance(1_000)
    assert (cache.get("b"), cache.get("c")) == (b"12345", None)
    cache.put("b", b"1234567890", for_ms=1)
    assert cache.get("b") == b"1234567890"
