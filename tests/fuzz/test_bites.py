"""The fuzzer itself: each target runs under atheris, and a bug that is planted is found."""

from pathlib import Path

import pytest

from tests.fuzz.catalog import TARGETS, load
from tests.fuzz.plant import PLANTED
from tests.fuzz.run import atheris_missing, fuzz

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(atheris_missing()), reason=atheris_missing()),
    pytest.mark.timeout(600),
]
SECONDS = 4
SECONDS_PLANTED_MAX = 120


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_runs_and_finds_nothing(target: str, tmp_path: Path) -> None:
    found = fuzz(target, seconds=SECONDS, kept=tmp_path, grown=tmp_path / "grown")
    assert found.fault == "", found.output[-4_000:]
    assert found.kept is None
    assert found.executions > len(load(target).SEEDS), "it makes inputs of its own"
    assert found.coverage > 20, "the code under test is instrumented"


@pytest.mark.parametrize("bug", PLANTED)
def test_a_planted_bug_is_found_and_its_input_is_kept(bug: str, tmp_path: Path) -> None:
    found = fuzz(
        bug,
        seconds=SECONDS_PLANTED_MAX,
        planted=bug,
        kept=tmp_path,
        grown=tmp_path / "grown",
    )
    assert found.fault
    assert found.kept is not None
    load(bug).one_input(found.kept.read_bytes())  # without the bug it is an input like any other
