"""The survey's reader: a row is so many votes, and a broken row is named, never guessed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.record import read_lines
from core.vote import Vote
from producers.run import LeftOut
from producers.survey import RUN_VOTES_MAX, Row, SurveyVotes, read_rows

HEADER = "swatch,L,a,b,answer,answers\n"


def votes_of(survey: SurveyVotes, row: Row) -> list[Vote]:
    votes: list[Vote] = []
    for run in survey.runs(row):
        lines = list(read_lines(run.lines, 1))
        assert len(lines) == run.votes
        votes += [line.vote for line in lines if line.vote is not None]
        assert all(line.vote and line.vote.device_id == run.device_id for line in lines)
    return votes


def test_a_row_is_as_many_votes_as_it_has_answers() -> None:
    survey = SurveyVotes(poll="survey", suffix="abc123", voted_at_ms=5)
    votes = votes_of(survey, Row(7, "blue", 3))
    votes += votes_of(survey, Row(8, "red", 1))
    votes += votes_of(survey, Row(7, "azure", 2))
    assert [(vote.device_id, vote.seq, vote.colour) for vote in votes] == [
        ("swatch-0007-abc123", 1, "blue"),
        ("swatch-0007-abc123", 2, "blue"),
        ("swatch-0007-abc123", 3, "blue"),
        ("swatch-0008-abc123", 1, "red"),
        ("swatch-0007-abc123", 4, "azure"),
        ("swatch-0007-abc123", 5, "azure"),
    ]
    assert {(vote.poll, vote.voted_at) for vote in votes} == {("survey", 5)}


@settings(deadline=None)
@given(answers=st.integers(0, 3 * RUN_VOTES_MAX))
def test_a_row_with_many_answers_comes_in_bounded_runs(answers: int) -> None:
    survey = SurveyVotes(poll="p", suffix="s", voted_at_ms=1)
    runs = list(survey.runs(Row(1, "red", answers)))
    assert sum(run.votes for run in runs) == answers
    assert all(run.votes <= RUN_VOTES_MAX for run in runs)


def test_columns_are_found_by_name() -> None:
    (row,) = read_rows(["answers,swatch,answer\n", "3,12,Sea Green\n"])
    assert row == Row(12, "sea green", 3)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("1,2,3\n", "3 columns, not 6"),
        ("x,0,0,0,red,1\n", "swatch 'x' is no number"),
        ("-1,0,0,0,red,1\n", "swatch '-1' is no number"),
        ("1,0,0,0,red,1.5\n", "answers '1.5' is no number up to 10000000"),
        ("1,0,0,0,red,99999999999\n", "answers '99999999999' is no number up to 10000000"),
        ("1,0,0,0,red,²\n", "answers '²' is no number up to 10000000"),
        ("1,0,0,0, ,1\n", "answer ' ' is no colour name"),
        ("1,0,0,0," + "r" * 65 + ",1\n", f"answer {'r' * 32!r} is no colour name"),
        ("1,0,0,0,red," + "9" * 5_000 + "\n", f"answers {'9' * 32!r} is no number up to 10000000"),
        ("1,0,0,0,re\rd,1\n", "new-line character seen in unquoted field"),
        ("1,0,0,0," + "r" * 140_000 + ",1\n", "field larger than field limit"),
        ("1,0,0,0,re\0d,1\n", "answer 're\\x00d' is no colour name"),
    ],
)
def test_a_row_that_says_no_votes_is_left_out_by_line_number(line: str, why: str) -> None:
    good = "1,0,0,0,red,1\n"
    rows = list(read_rows([HEADER, good, line, good]))
    before, left_out, after = rows
    assert before == after == Row(1, "red", 1)
    assert isinstance(left_out, LeftOut)
    assert left_out.number == 3
    assert left_out.why.startswith(why)


def test_blank_lines_are_nothing() -> None:
    assert list(read_rows([HEADER, "\n", "1,0,0,0,red,1\n"])) == [Row(1, "red", 1)]


def test_a_header_that_is_no_csv_is_refused() -> None:
    """Found by fuzzing: a csv.Error came out, which is no ValueError."""
    with pytest.raises(ValueError, match="the header: new-line character"):
        list(read_rows(["swatch\ranswer\n"]))


def test_a_file_without_the_columns_is_refused() -> None:
    with pytest.raises(ValueError, match="no column answer, answers"):
        list(read_rows(["swatch,L,a,b\n", "1,2,3,4\n"]))
