"""The baseline: every entry has a reason and is needed, and the table says what is left."""

from pathlib import Path

import pytest

from core.errors import Misconfigured
from infra.gates import __main__ as gates
from infra.gates import programs
from infra.gates.__main__ import table
from infra.gates.baseline import Accepted, left_over, read_baseline
from infra.gates.drawn import SOURCES, read
from infra.gates.finding import Finding
from infra.gates.gate import Report

PUBLIC = Finding("checkov", "CKV_AWS_53", "Lake", "it is public")
OPEN = Finding("checkov", "CKV_AWS_53", "Logs", "it is public")
ENTRY = '[[accepted]]\ntool = "own"\ncheck = "role"\nresources = ["A"]\nreason = "{}"\n'


def accept(*resources: str) -> Accepted:
    return Accepted("checkov", "CKV_AWS_53", resources, "it holds nothing but pictures of cubes")


def test_what_nobody_accepted_is_left() -> None:
    assert left_over([OPEN, PUBLIC], []) == [PUBLIC, OPEN]
    assert left_over([OPEN, PUBLIC], [accept("Lake")]) == [OPEN]
    assert left_over([OPEN, PUBLIC], [accept("Lake", "Logs")]) == []


def test_an_entry_that_accepts_nothing_is_a_finding() -> None:
    (left,) = left_over([PUBLIC], [accept("Lake", "Logs")])
    assert (left.check, left.resource) == ("baseline", "Logs")
    assert "CKV_AWS_53 is not found there any more" in left.message


def test_an_entry_is_for_one_check_of_one_tool() -> None:
    other = Finding("own", "CKV_AWS_53", "Lake", "")
    assert other in left_over([PUBLIC, other], [accept("Lake")])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (ENTRY.format("wontfix"), "gives no reason"),
        (ENTRY.format("it is as it should be, since ...").replace("check", "rule"), "needs tool"),
    ],
)
def test_an_entry_without_a_reason_is_refused(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "baseline.toml"
    path.write_text(text)
    with pytest.raises(Misconfigured, match=words):
        read_baseline(path)


def test_our_baseline_names_resources_that_are_drawn() -> None:
    drawn = {name for source in SOURCES for name in read(source).body["Resources"]}
    entries = read_baseline()
    assert entries
    assert [r for entry in entries for r in entry.resources if r not in drawn] == []


def test_the_table_has_a_line_a_gate_and_one_for_everything_found() -> None:
    report = Report("checkov", "nothing public", (PUBLIC, OPEN), 7.25)
    head, line, found = table([report], [OPEN]).splitlines()
    assert head.split() == ["gate", "asks", "found", "accepted", "seconds"]
    assert line.split() == ["checkov", "nothing", "public", "1", "1", "7.2"]
    assert found == "FOUND checkov CKV_AWS_53 Logs: it is public"


def test_the_gates_end_with_3_and_a_hint_when_one_cannot_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(programs, "BIN", tmp_path)
    assert gates.main() == 3
    said = capsys.readouterr()
    assert "is not in .venv-infra" in said.err
    assert "hint: scripts/setup infra" in said.err
    assert said.out == "", "half a table would look like a whole one"


@pytest.mark.parametrize(("findings", "code"), [((), 0), ((PUBLIC,), 1)])
def test_the_gates_end_with_1_when_something_is_left(
    findings: tuple[Finding, ...],
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    report = Report("checkov", "nothing public", findings, 1.0)
    monkeypatch.setattr(gates, "run_gates", lambda *_: [report])
    monkeypatch.setattr(gates, "read_baseline", lambda: ())
    assert gates.main() == code
    assert f"{len(findings)} findings" in capsys.readouterr().out
