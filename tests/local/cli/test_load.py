"""`cube load`: an account of every vote, as lines into a pipe and as a table for people."""

import json
import random
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from core.clock import ManualClock, SystemClock
from core.errors import PollUnknown
from local.cli import main
from local.cli.load import default_outbox
from local.cli.load_display import JsonProgress, figures_of, goal_of, show_report
from local.load_plan import LoadPlan, LoadReport, Progress
from producers.outbox import Outbox, OutboxSummary
from tests.local.desk import Desk

PROGRESS = Progress(
    elapsed_ms=2_000,
    offered=20_000,
    accepted=19_000,
    waiting=1_000,
    held=0,
    rate=10_000.0,
    put_ms_p99=12.3,
    draining=False,
    note="",
)
REPORT = LoadReport(
    offered=1_000,
    recovered=0,
    accepted=1_000,
    left=0,
    rate=500.0,
    put_ms_p50=3.0,
    put_ms_p99=None,
    puts=7,
    failed_batches=0,
    reasons={},
    behind_ms=0,
    blocked_ms=0,
    late_votes=0,
    malformed_lines=0,
    duplicate_votes=0,
    garbage_records=0,
    took_ms=2_000,
)


def load(data: Path, *words: str) -> list[dict[str, object]]:
    """Run `cube load` with few devices; return its lines."""
    words = ("load", "--data", str(data), "--devices", "50", "--rate", "50000", *words)
    result = CliRunner().invoke(main.cube, words, standalone_mode=False)
    assert result.exception is None
    assert result.return_value == 0
    return [json.loads(line) for line in result.output.splitlines()]


def test_the_last_line_accounts_for_every_vote(desk: Desk, tmp_path: Path) -> None:
    *_, done = load(tmp_path, "--votes", "2000")
    desk.count()
    assert done["event"] == "load.done"
    assert (done["offered"], done["accepted"], done["left"]) == (2_000, 2_000, 0)
    assert desk.totals().total() == 2_000


def test_a_load_beside_another_takes_an_outbox_of_its_own(desk: Desk, tmp_path: Path) -> None:
    other = Outbox.open(default_outbox(tmp_path, 1), clock=SystemClock(), rng=random.Random(1))
    load(tmp_path, "--votes", "100")
    other.close()
    assert OutboxSummary.read(tmp_path / "outbox" / "load-2").acknowledged_votes == 100


def test_an_outbox_that_was_asked_for_is_used_or_refused(
    desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    load(tmp_path, "--votes", "100", "--outbox", str(tmp_path / "mine"))
    assert OutboxSummary.read(tmp_path / "mine").acknowledged_votes == 100
    other = Outbox.open(tmp_path / "mine", clock=SystemClock(), rng=random.Random(1))
    assert main.run(["load", "--votes", "1", "--outbox", str(tmp_path / "mine")]) == 3
    assert capsys.readouterr().err.startswith("error: opening outbox: mine is in use")
    other.close()


def test_a_poll_that_is_not_there_is_refused(desk: Desk, tmp_path: Path) -> None:
    words = ["load", "--data", str(tmp_path), "--poll", "nope"]
    result = CliRunner().invoke(main.cube, words, standalone_mode=False)
    assert isinstance(result.exception, PollUnknown)
    assert not (tmp_path / "outbox").exists()


@pytest.mark.parametrize(
    "words",
    [
        ["--rate", "0"],
        ["--rate", "many"],
        ["--devices", "0"],
        ["--pattern", "wavy"],
        ["--late", "0.9"],
        ["--duplicates", "-1"],
        ["--malformed", "2"],
        ["--votes", "-5"],
    ],
)
def test_words_that_are_off_end_with_2(desk: Desk, words: list[str]) -> None:
    assert main.run(["load", *words]) == 2


def test_progress_in_a_pipe_is_a_line_a_second(capsys: pytest.CaptureFixture[str]) -> None:
    clock = ManualClock()
    tell = JsonProgress(clock)
    for _ in range(30):
        clock.advance(100)
        tell(PROGRESS)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(lines) == 3
    assert lines[0]["event"] == "load.progress"
    assert lines[0]["accepted"] == 19_000


def test_progress_for_people_names_what_matters() -> None:
    assert figures_of(PROGRESS) == (
        "10,000 votes/s · 19,000 accepted · 1,000 waiting · put p99 12 ms"
    )
    assert "5 on offline devices" in figures_of(replace(PROGRESS, held=5))
    assert figures_of(replace(PROGRESS, draining=True)).endswith("draining")


def test_the_bar_runs_to_what_was_asked_for(tmp_path: Path) -> None:
    plan = LoadPlan(rate=1, outbox=tmp_path, stream="s")
    assert goal_of(plan) is None
    assert goal_of(replace(plan, seconds=3)) == 3_000
    assert goal_of(replace(plan, seconds=3, votes=7)) == 7


def test_a_report_for_people_leaves_out_what_did_not_happen(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show_report(REPORT, people=True)
    said = capsys.readouterr().out
    assert "3 ms / -" in said
    assert "left in the outbox" in said
    assert "late votes" not in said
    assert "sent again" not in said


def test_a_report_for_people_says_why_batches_were_sent_again(
    capsys: pytest.CaptureFixture[str],
) -> None:
    report = replace(
        REPORT,
        failed_batches=3,
        reasons={"InternalFailure": 3},
        behind_ms=1_500,
        blocked_ms=1_000,
    )
    show_report(report, people=True)
    said = capsys.readouterr().out
    assert "3 (InternalFailure 3)" in said
    assert "1.5 s, of it 1.0 s by the stream" in said
