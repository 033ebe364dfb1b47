"""`cube recount`: what a pipe and a script see of it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core import keys
from local.cli.main import run
from tests.local.recount.desk import RecountDesk

POLL = "poll#cube"


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RecountDesk]:
    room = RecountDesk(tmp_path)
    monkeypatch.setattr("local.cli.recount._recount", lambda data: room.recount())
    room.send(room.votes("red", "red", "blue"))
    room.settle()
    yield room
    room.close()


def said(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_sound_tallies_are_one_line_and_exit_code_0(
    room: RecountDesk, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["recount", "--from", "2020-01-01"]) == 0
    (summary,) = said(capsys)
    assert (summary["poll"], summary["lines"], summary["differences"]) == ("cube", 3, 0)


def test_a_difference_is_exit_code_4_until_it_is_added(
    room: RecountDesk, capsys: pytest.CaptureFixture[str]
) -> None:
    room.spoil(POLL, keys.total_sk(0), c_red=-2)
    assert run(["recount", "--from", "2020-01-01"]) == 4
    difference, summary = said(capsys)
    assert difference == {
        "what": "total",
        "minute": None,
        "name": "red",
        "live": 0,
        "lake": 2,
        "difference": 2,
    }
    assert (summary["differences"], summary["added"]) == (1, 0)
    assert run(["recount", "--from", "2020-01-01", "--apply"]) == 0
    assert said(capsys)[-1]["added"] == 1
    assert run(["recount", "--from", "2020-01-01"]) == 0


def test_less_is_shown_and_taken_only_when_allowed(
    room: RecountDesk, capsys: pytest.CaptureFixture[str]
) -> None:
    sound = room.cells()
    room.spoil(POLL, keys.total_sk(0), c_red=1, c_blue=-1)
    spoilt = room.cells()
    assert run(["recount", "--from", "2020-01-01", "--apply"]) == 4
    assert "--allow-less" in capsys.readouterr().err
    assert room.cells() == spoilt, "the plus alone might double a vote"
    assert run(["recount", "--from", "2020-01-01", "--apply", "--allow-less"]) == 0
    assert room.cells() == sound


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--from", "2020-01-01", "--poll", "nobody"], 2),
        (["--from", "2020-01-01", "--allow-less"], 2),
        ([], 2),
    ],
)
def test_words_that_are_off_are_exit_code_2(room: RecountDesk, words: list[str], code: int) -> None:
    assert run(["recount", *words]) == code
