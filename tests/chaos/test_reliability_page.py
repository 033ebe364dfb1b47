"""docs/reliability.md says of each fault what came of it: of all there are, and of no other."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from local.cli import main

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "reliability.md").read_text()
ROW = re.compile(
    r"^\| ([a-z-]+) \| (.+?) \| (\d+) \| (\d+) \| (\d+) \| ([\d.]+) \| ([\d.]+) \|$", re.M
)


def listed() -> dict[str, str]:
    """Return what `cube chaos --list` says: a fault's name, and what it does."""
    result = CliRunner().invoke(main.cube, ["chaos", "--list"], standalone_mode=False)
    assert result.return_value == 0, result.exception
    lines = map(json.loads, result.output.splitlines())
    return {line["fault"]: line["what"] for line in lines}


def test_the_table_has_exactly_the_faults_that_there_are() -> None:
    rows = {row[1]: row[2] for row in ROW.finditer(PAGE)}
    assert rows == listed()


@pytest.mark.parametrize("row", ROW.findall(PAGE), ids=lambda row: str(row[0]))
def test_a_fault_was_tried_thrice_and_cost_no_vote(row: tuple[str, ...]) -> None:
    _, _, times, lost, doubled, median_s, most_s = row
    assert (int(times), int(lost), int(doubled)) == (3, 0, 0)
    assert 0 <= float(median_s) <= float(most_s)
