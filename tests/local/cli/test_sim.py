"""`cube sim`: JSON lines into a pipe, a summary, and what an exit code says."""

import json
from typing import Any

import pytest

from local.cli import sim
from local.cli.main import run
from local.simulation.world import Report


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_seeds_are_run_and_summed_up(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sim", "--seed", "5", "--runs", "3", "--steps", "5", "--jobs", "1"]) == 0
    *reports, last = lines(capsys)
    assert [report["seed"] for report in reports] == [5, 6, 7]
    assert all(report["ok"] for report in reports)
    assert last["summary"]["seeds"] == 3
    assert last["summary"]["votes"] == sum(report["votes"] for report in reports)


def test_several_processes_say_the_same_as_one(capsys: pytest.CaptureFixture[str]) -> None:
    def reports(jobs: str) -> list[dict[str, Any]]:
        assert run(["sim", "--runs", "4", "--steps", "5", "--jobs", jobs]) == 0
        *found, _ = lines(capsys)
        return sorted(found, key=lambda report: int(report["seed"]))

    assert reports("2") == reports("1")


def test_until_ends_after_some_time(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sim", "--until", "0.001", "--steps", "5", "--jobs", "1"]) == 0
    *reports, _ = lines(capsys)
    assert [report["seed"] for report in reports] == [1]


@pytest.mark.parametrize(
    ("broken", "stuck", "code", "word"),
    [(("lost",), False, 4, "breaking an invariant"), ((), True, 6, "getting stuck")],
)
def test_a_failure_says_how_to_replay_it(
    broken: tuple[str, ...],
    stuck: bool,
    code: int,
    word: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def reports(*_: Any, **__: Any) -> list[Report]:
        return [
            Report(seed=8, votes=1, struck={}, broken=(), stuck=False),
            Report(seed=9, votes=1, struck={}, broken=broken, stuck=stuck),
        ]

    monkeypatch.setattr(sim, "run_seeds", reports)
    assert run(["sim", "--seed", "8", "--runs", "2", "--steps", "5"]) == code
    said = capsys.readouterr().err
    assert word in said
    assert "cube sim --seed 9 --steps 5" in said
