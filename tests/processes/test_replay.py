"""The real `cube replay` and `cube vote`: killed in the middle, every answer still counts once."""

import csv
import json
import os
import random
import signal
from collections import Counter
from pathlib import Path

import pytest

from tests.processes.desk import Desk, wait_until

pytestmark = [pytest.mark.processes, pytest.mark.timeout(180)]

COLOURS = ("azure", "sea green", "puce", "royal blue")


@pytest.fixture
def survey(tmp_path: Path) -> Path:
    """A survey that takes a few seconds to replay."""
    rng = random.Random(5)
    path = tmp_path / "survey.csv"
    with path.open("w") as file:
        rows = csv.writer(file)
        rows.writerow(("swatch", "L", "a", "b", "answer", "answers"))
        for swatch in range(300):
            for colour in COLOURS:
                rows.writerow((swatch, 0, 0, 0, colour, rng.randrange(300)))
    return path


def answers(survey: Path) -> Counter[str]:
    votes: Counter[str] = Counter()
    with survey.open() as file:
        for row in csv.DictReader(file):
            votes[row["answer"]] += int(row["answers"])
    return votes


@pytest.mark.slow
def test_a_replay_that_is_killed_and_run_again_counts_every_answer_once(
    desk: Desk, survey: Path
) -> None:
    desk.up("--shards", "8")
    words = ("replay", str(survey), "--poll", "survey")
    killed = desk.start(*words)
    wait_until(
        lambda: any(path.stat().st_size for path in desk.data.glob("outbox/replay-*/segment-*")),
        "the replay has sealed batches",
    )
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    desk.tally("survey")

    again = desk.run(*words)
    assert again.returncode == 0, again.stderr
    report = json.loads(again.stdout.splitlines()[-1])
    assert report["left"] == 0
    desk.check()
    assert desk.tally("survey")["by_colour"] == answers(survey)

    twice = desk.run(*words)
    assert json.loads(twice.stdout.splitlines()[-1])["accepted"] == 0
    desk.check()
    assert desk.tally("survey")["total"] == answers(survey).total()


def test_a_vote_says_when_it_is_counted(desk: Desk) -> None:
    desk.up("--shards", "2")
    first = desk.run("vote", "--colour", "Red ")
    assert first.returncode == 0, first.stderr
    assert json.loads(first.stdout)["counted_ms"] < 10_000
    second = desk.run("vote", "--colour", "red", "--device", "other")
    assert second.returncode == 0, second.stderr
    desk.check()
    assert desk.tally()["by_colour"]["red"] == 2
