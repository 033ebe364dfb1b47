"""`cube vote`: words are checked before anything is sent."""

from pathlib import Path

import pytest

from local.cli import main
from tests.local.desk import Desk


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--colour", "beige"], "'cube' has red, orange, yellow, green, blue, white, not 'beige'"),
        (["--colour", "red", "--device", "x" * 65], "a device id has 1 to 64 characters"),
        (["--colour", "red", "--device", ""], "a device id has 1 to 64 characters"),
        (["--colour", "red", "--poll", "nope"], "there is no 'nope'"),
    ],
)
def test_words_that_are_off_end_with_2(
    desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert main.run(["vote", "--data", str(tmp_path), *words]) == 2
    assert said in capsys.readouterr().err
    assert desk.records() == []


def test_a_colour_must_be_named(desk: Desk) -> None:
    assert main.run(["vote"]) == 2
