"""sam, cfn-lint and checkov find the faults that are planted for them.

The programs are in `.venv-infra`. Without it the slow tests here fail, and say how to make it.
"""

import json
from functools import cache
from pathlib import Path

import pytest

from core.errors import GateUnusable, Misconfigured
from infra.gates import programs
from infra.gates.drawn import draw
from infra.gates.finding import Finding
from infra.gates.programs import cfn_lint, checkov, sam_validate, write
from tests.infra.planted import TEMPLATE, Fault, around, faults, planted

LINTERS = {"cfn-lint": cfn_lint, "checkov": checkov}


@cache
def found(tool: str, folder: Path) -> dict[str, list[Finding]]:
    """Return what a linter finds in each template that has a fault for it: one start for all."""
    paths = {
        fault.name: write(
            around(draw(fault.source, f"{tool}-{number}.yaml"), fault.resource), folder
        )
        for number, fault in enumerate(faults(tool))
    }
    findings = LINTERS[tool](list(paths.values()), folder)
    return {name: findings[path] for name, path in paths.items()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("planted")


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("fault", faults(*LINTERS), ids=lambda fault: fault.name)
def test_a_linter_bites(fault: Fault, folder: Path) -> None:
    findings = found(fault.tool, folder)[fault.name]
    assert fault.is_among(findings), findings


@pytest.mark.slow
@pytest.mark.parametrize("fault", faults("sam"), ids=lambda fault: fault.name)
def test_sam_bites(fault: Fault, tmp_path: Path) -> None:
    source = tmp_path / "template.yaml"
    source.write_text(fault.source)
    assert fault.is_among(list(sam_validate(source, tmp_path)))


@pytest.mark.slow
def test_the_source_itself_is_sams(tmp_path: Path) -> None:
    source = tmp_path / "template.yaml"
    source.write_text(TEMPLATE)
    assert list(sam_validate(source, tmp_path)) == []


def test_a_misspelt_property_of_a_function_is_refused_by_the_transform() -> None:
    """So that it never reaches a linter, nor `cube up`."""
    source = planted(TEMPLATE, "TallyFunction", "MemorySize: 1024", "MemorySise: 1024")
    with pytest.raises(Misconfigured, match="MemorySise"):
        draw(source)


def test_a_program_that_is_missing_is_an_error_that_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "BIN", tmp_path)
    with pytest.raises(GateUnusable, match=r"cfn-lint: it is not in \.venv-infra") as caught:
        cfn_lint([tmp_path / "template.json"], tmp_path)
    assert "scripts/setup infra" in caught.value.hint


@pytest.mark.parametrize(
    "said",
    ["Traceback: no such thing", json.dumps({"summary": {"parsing_errors": 1, "passed": 9}})],
)
def test_a_program_that_does_not_do_its_work_is_an_error(
    said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "checkov"
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{said}\nEND\n")
    program.chmod(0o755)
    monkeypatch.setattr(programs, "BIN", tmp_path)
    with pytest.raises(GateUnusable, match="running checkov"):
        checkov([tmp_path / "template.json"], tmp_path)
