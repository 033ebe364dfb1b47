"""A file's header becomes a question's title, parameters and chart; what is off is named."""

from pathlib import Path

import pytest

from core.errors import ParameterRefused, QuestionUnreadable
from core.query_value import QueryValue, ValueKind
from core.question import (
    Chart,
    Parameter,
    Question,
    has_header,
    parse_question,
    read_question,
    read_questions,
)

FILE = """\
-- How many votes, and for which colours?
-- :poll text cube | Poll
-- :note text 'it is | so' | Some words
-- :from time now-1h | Begin, UTC
-- :colours texts - | Only these; none: all
-- :most integer required | Rows
-- chart line hour votes colour
-- A remark, with :unknown words and a chart of nothing.

SELECT :note, COUNT(*) -- :not a parameter
FROM votes
WHERE poll = :poll AND voted_at >= :from AND (:colours IS NULL OR colour IN ( :colours ))
LIMIT :most;
"""
NOW_MS = 1_793_534_400_000


def test_a_file_becomes_a_question() -> None:
    question = parse_question("votes", FILE)
    assert question.name == "votes"
    assert question.title == "How many votes, and for which colours?"
    assert question.parameters == (
        Parameter("poll", ValueKind.TEXT, "cube", False, "Poll"),
        Parameter("note", ValueKind.TEXT, "it is | so", False, "Some words"),
        Parameter("from", ValueKind.TIME, "now-1h", False, "Begin, UTC"),
        Parameter("colours", ValueKind.TEXTS, None, False, "Only these; none: all"),
        Parameter("most", ValueKind.INTEGER, None, True, "Rows"),
    )
    assert question.chart == Chart("line", "hour", "votes", "colour")
    assert question.sql.startswith("SELECT :note")


def test_what_is_given_goes_before_the_default() -> None:
    question = parse_question("votes", FILE)
    bound = question.bind({"most": "5", "colours": ["red", "blue"], "poll": None}, now_ms=NOW_MS)
    assert bound == {
        "poll": QueryValue(ValueKind.TEXT, ("cube",)),
        "note": QueryValue(ValueKind.TEXT, ("it is | so",)),
        "from": QueryValue(ValueKind.TIME, ("2026-11-01 11:00:00",)),
        "colours": QueryValue(ValueKind.TEXTS, ("red", "blue")),
        "most": QueryValue(ValueKind.INTEGER, ("5",)),
    }
    assert question.bind({"most": "5"}, now_ms=NOW_MS)["colours"].is_null
    one = question.bind({"most": "5", "colours": "red, dark"}, now_ms=NOW_MS)
    assert one["colours"].texts == ("red, dark",)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({}, "binding parameters: :most is not given"),
        ({"most": None}, ":most is not given"),
        ({"most": "x"}, ":most: reading integer: 'x' is none"),
        ({"most": "1", "Poll": "x"}, "votes has no :Poll"),
        ({"most": "1", "from": "yesterday"}, ":from: reading time: 'yesterday'"),
        ({"most": ["1", "2"]}, ":most: reading integer: one value, not a list of 2"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_name(
    given: dict[str, str | list[str] | None], why: str
) -> None:
    with pytest.raises(ParameterRefused) as refused:
        parse_question("votes", FILE).bind(given, now_ms=NOW_MS)
    assert why in str(refused.value)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "line 1 is no `-- sentence`"),
        ("SELECT 1", "line 1 is no `-- sentence`"),
        ("--\nSELECT 1", "line 1 is no `-- sentence`"),
        ("-- Title.\n", "there is no SQL"),
        ("-- Title.\n-- :a\nSELECT :a", "line 2: is no `:name kind default | help`"),
        ("-- Title.\n-- :a text x\nSELECT :a", "line 2: is no `:name kind default | help`"),
        ("-- Title.\n-- :A text x | h\nSELECT :A", "line 2: is no `:name kind default | help`"),
        ("-- Title.\n-- :a colour x | h\nSELECT :a", "line 2: 'colour' is not text, integer"),
        ("-- Title.\n-- :a time x | h\nSELECT :a", "line 2: default: reading time: 'x' is none"),
        ("-- Title.\n-- hm\n-- chart pie a b\nSELECT 1", "line 3: is no `chart line|bar x y"),
        ("-- Title.\nSELECT :a", ":a is not declared"),
        ("-- Title.\n-- :a text x | h\nSELECT 1", ":a is not used"),
        ("-- Title.\n-- :a text x | h\n-- :a text y | h\nSELECT :a", "declared twice"),
        ("-- Title.\n-- :a texts - | h\nSELECT :a", "the list :a is neither in IN (:a) nor"),
        ("-- Title.\n-- :a texts - | h\nSELECT 1 WHERE x = :a", "neither in IN"),
        ("-- Title.\nSELECT 'a", "reading SQL: ' is not closed"),
    ],
)
def test_a_file_that_is_off_is_refused_with_the_place(text: str, why: str) -> None:
    with pytest.raises(QuestionUnreadable) as refused:
        parse_question("votes", text)
    assert str(refused.value).startswith("reading question votes: ")
    assert why in str(refused.value)


def test_questions_of_a_folder_are_known_by_their_files(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / f"{name}.sql").write_text(f"-- What is {name}?\nSELECT 1;\n")
    (tmp_path / "README.md").write_text("no question")
    assert read_questions(tmp_path) == {
        "a": Question("a", "What is a?", (), "SELECT 1;"),
        "b": Question("b", "What is b?", (), "SELECT 1;"),
    }


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.sql").write_bytes(b"-- \xff\n")
    for name in ("x.sql", "missing.sql"):
        with pytest.raises(QuestionUnreadable, match=name):
            read_question(tmp_path / name)


def test_a_text_without_a_header_is_no_question() -> None:
    assert has_header(FILE)
    assert not has_header("SELECT 1 -- How?")
