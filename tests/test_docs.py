"""Docs are tests: generated pages are fresh, every clause is answered for, README's blocks run."""

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from local import reference

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()


@pytest.mark.parametrize("name", reference.PAGES)
def test_a_generated_page_is_up_to_date(name: str) -> None:
    assert (reference.DOCS / name).read_text() == reference.PAGES[name](), "run `make docs`"


def test_every_clause_is_named_by_a_test_or_says_why_not() -> None:
    declared = tomllib.loads((reference.DOCS / "aws-clauses.toml").read_text())
    last = {"A": 55, "B": 56, "C": 57, "E": 14}
    expected = {f"{part}{n}" for part, count in last.items() for n in range(1, count + 1)}
    assert set(declared["titles"]) == expected
    answered = set(reference.clause_tests()) | set(declared["not_implemented"])
    assert sorted(expected - answered) == []


def test_a_clause_that_is_implemented_is_not_called_missing() -> None:
    declared = tomllib.loads((reference.DOCS / "aws-clauses.toml").read_text())
    assert set(declared["not_implemented"]) <= set(declared["titles"])
    assert all(reason.endswith(".") for reason in declared["not_implemented"].values())


def test_links_lead_somewhere() -> None:
    for page in [ROOT / "README.md", ROOT / "ARCHITECTURE.md", *reference.DOCS.rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name}: {target}"


def runnable_blocks() -> list[str]:
    """Return the commands of README's blocks that follow a `<!-- run -->` comment."""
    blocks = re.findall(r"<!-- run -->\n```console\n(.*?)```", README, flags=re.S)
    return ["\n".join(re.findall(r"^\$ (.*)$", block, flags=re.M)) for block in blocks]


def test_readme_has_blocks_that_run() -> None:
    assert len(runnable_blocks()) >= 1


@pytest.mark.processes
@pytest.mark.parametrize("script", runnable_blocks())
def test_readme_blocks_run(script: str, tmp_path: Path) -> None:
    path = f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.defpath}"
    data = tmp_path / "data"
    try:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=ROOT,
            env={"PATH": path, "HOME": str(tmp_path), "CUBE_DATA": str(data)},
            capture_output=True,
            text=True,
            timeout=110,
        )
        assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
    finally:
        subprocess.run(
            [ROOT / ".venv" / "bin" / "cube", "down", "--data", str(data)],
            capture_output=True,
            timeout=60,
        )
