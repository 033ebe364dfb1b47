"""Real answers of people, from the file to the tallies: every colour's total is the file's."""

import csv
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.poll_palette import palette_of
from local.replay import Replay
from local.vote_file import read_facts
from tests.local.desk import STREAM, TABLE, Desk

EXCERPT = Path(__file__).parent / "colour-survey-excerpt.csv"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path / "desk")
    yield desk
    desk.close()


def answers_by_colour() -> Counter[str]:
    """Add the file up without any of our code."""
    answers: Counter[str] = Counter()
    with EXCERPT.open() as file:
        for row in csv.DictReader(file):
            answers[row["answer"]] += int(row["answers"])
    return answers


def replay(desk: Desk, folder: Path) -> Replay:
    return Replay(
        facts=read_facts(EXCERPT, lambda line: pytest.fail(str(line))),
        poll="survey",
        folder=folder,
        stream=STREAM,
        table=TABLE,
        stream_client=desk,
        table_client=desk.dynamodb,
        clock=desk.clock,
        rng=random.Random(1),
        on_progress=lambda progress: None,
        stop=desk.stop,
    )


def test_every_colours_total_is_the_files(desk: Desk, tmp_path: Path) -> None:
    report = replay(desk, tmp_path / "outbox").run()
    desk.count()
    answers = answers_by_colour()
    assert report.votes == report.accepted == answers.total()
    assert report.left == 0
    assert desk.totals("survey") == answers
    assert desk.ledger("survey") == {"counted": answers.total()}
    assert set(palette_of(desk.dynamodb, TABLE, "survey")) == set(answers)


def test_replaying_the_file_twice_changes_nothing(desk: Desk, tmp_path: Path) -> None:
    replay(desk, tmp_path / "one").run()
    replay(desk, tmp_path / "one").run()
    replay(desk, tmp_path / "two").run()
    desk.count()
    assert desk.totals("survey") == answers_by_colour()


def test_a_region_that_nobody_named_is_unknown(desk: Desk, tmp_path: Path) -> None:
    """The file says nothing of places, so no vote does."""
    replay(desk, tmp_path / "outbox").run()
    assert all(b'"region"' not in record.data for _, record in desk.records())
