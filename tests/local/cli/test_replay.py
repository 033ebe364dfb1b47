"""`cube replay`: every line is either a vote or named."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from core.poll import PollRules
from local.cli import main
from tests.local.desk import TABLE, Desk

SURVEY = "swatch,answer,answers\n1,azure,200\nbroken\n2,blue,100\n2,azure,x\n"


def replay(data: Path, file: Path) -> list[dict[str, object]]:
    words = ["replay", str(file), "--poll", "survey", "--data", str(data)]
    result = CliRunner().invoke(main.cube, words, standalone_mode=False)
    assert result.exception is None
    assert result.return_value == 0
    return [json.loads(line) for line in result.output.splitlines()]


def open_poll(desk: Desk) -> None:
    """Make the poll in effect, so that nothing waits for it."""
    rules = PollRules(poll="survey", version=1, effective_ms=0, palette=("azure", "blue"))
    desk.dynamodb.put_item(TableName=TABLE, Item=rules.to_item())


def test_a_survey_becomes_its_votes_and_bad_lines_are_named(desk: Desk, tmp_path: Path) -> None:
    open_poll(desk)
    (tmp_path / "survey.csv").write_text(SURVEY)
    *left_out, done = replay(tmp_path, tmp_path / "survey.csv")
    desk.count()
    assert [(line["event"], line["line"]) for line in left_out] == [
        ("replay.line_left_out", 3),
        ("replay.line_left_out", 5),
    ]
    assert (done["accepted"], done["left"], done["lines_left_out"]) == (300, 0, 2)
    assert desk.totals("survey") == {"azure": 200, "blue": 100}

    *_, again = replay(tmp_path, tmp_path / "survey.csv")
    desk.count()
    assert (again["accepted"], again["earlier"]) == (0, 300)
    assert desk.totals("survey") == {"azure": 200, "blue": 100}


def test_a_file_that_holds_no_votes_ends_with_2(
    desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "f").write_text("hello\n")
    assert main.run(["replay", str(tmp_path / "f"), "--poll", "survey"]) == 2
    assert capsys.readouterr().err.startswith("error: reading f: neither JSON lines nor")
    assert main.run(["replay", str(tmp_path / "none"), "--poll", "survey"]) == 2
    assert main.run(["replay", str(tmp_path / "f")]) == 2
    assert desk.records() == []


def test_votes_that_are_too_old_to_count_are_announced(desk: Desk, tmp_path: Path) -> None:
    open_poll(desk)
    line = '{"poll":"x","device_id":"d","seq":1,"colour":"blue","voted_at":1000}\n'
    (tmp_path / "old.jsonl").write_text(line)
    words = ["replay", str(tmp_path / "old.jsonl"), "--poll", "survey", "--data", str(tmp_path)]
    result = CliRunner().invoke(main.cube, words, standalone_mode=False)
    desk.count()
    assert "over 6 days old: they will be parked" in result.output
    assert desk.ledger("survey") == {"parked": 1}
