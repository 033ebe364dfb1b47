"""An answer on a terminal: it fits, and nothing in it steers the terminal."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from core.warehouse import Result, Value
from local.cli.answer import distinct, print_answer, shown


def said(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    columns: tuple[str, ...],
    *rows: tuple[Value, ...],
    width: int = 80,
) -> list[str]:
    monkeypatch.setenv("COLUMNS", str(width))
    print_answer(Result(columns, list(rows), False, 1))
    lines = capsys.readouterr().out.splitlines()
    assert all(len(line) <= width for line in lines)
    return [line.strip() for line in lines if line.strip(" ─")]


def test_a_table_has_numbers_on_the_right_and_says_null(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = datetime(2026, 11, 1, 10, tzinfo=UTC)
    lines = said(
        capsys,
        monkeypatch,
        ("colour", "votes", "share", "at"),
        ("red", 12_000, Decimal("33.30"), moment),
        (None, 7, 0.5, None),
    )
    assert lines == [
        "colour   votes   share                     at",
        "red      12000   33.30   2026-11-01T10:00:00Z",
        "NULL         7     0.5                   NULL",
    ]


def test_a_wide_text_is_cut_and_a_number_never(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = said(capsys, monkeypatch, ("text", "n"), ("x" * 100, 10**17), width=40)
    assert lines[1] == f"{'x' * 14}…   100000000000000000"


def test_what_fits_no_line_is_shown_record_by_record(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = tuple(f"column_{n}" for n in range(9))
    lines = said(capsys, monkeypatch, names, tuple(range(9)), tuple(range(9)), width=60)
    assert lines[0] == "-- 1 --"
    assert lines[1:10] == [f"column_{n}  {n}" for n in range(9)]
    assert lines[10] == "-- 2 --"


def test_an_answer_without_rows_is_its_columns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert said(capsys, monkeypatch, ("a", "b")) == ["a   b"]


def test_nothing_in_an_answer_steers_the_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = said(capsys, monkeypatch, ("[red]a[/]",), ("\x1b[2Jx\ny\t[bold]z[/]\u202e",))
    assert lines == ["[red]a[/]", r"\x1b[2Jx\ny\t[bold]z[/]\u202e"]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "NULL"),
        (True, "true"),
        (1.0, "1"),
        (0.1 + 0.2, "0.3"),
        (Decimal("1E+3"), "1000"),
        (b"\x00\xff", "00ff"),
        (datetime(2026, 11, 1, 10, 0, 0, 250_000, UTC), "2026-11-01T10:00:00.250Z"),
        (datetime(2026, 11, 1, 10, 0, 0, 250_001, UTC), "2026-11-01T10:00:00.250001Z"),
        (date(2026, 11, 1), "2026-11-01"),
        ("\N{SNOWMAN}", "\N{SNOWMAN}"),
    ],
)
def test_a_value_is_shown_on_one_line(value: Value, words: str) -> None:
    assert shown(value) == words


def test_names_become_distinct() -> None:
    assert distinct(["a", "b", "a", "a_2", "a"]) == ["a", "b", "a_2", "a_2_2", "a_3"]
