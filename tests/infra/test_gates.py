"""Gates on the transformed template: what cfn-lint and our own rules can see without an account."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from local.template.transform import transform

ROOT = Path(__file__).resolve().parents[2]
SOURCE = (ROOT / "infra" / "template.yaml").read_text()
# Calls that AWS offers no resource for.
WILDCARD_ACTIONS = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}


def lint(template: dict[str, Any], folder: Path) -> list[str]:
    path = folder / "cfn.json"
    path.write_text(json.dumps(template))
    command = [str(ROOT / ".venv" / "bin" / "cfn-lint"), "--format", "json", "--", str(path)]
    done = subprocess.run(command, capture_output=True, text=True)
    return [finding["Rule"]["Id"] for finding in json.loads(done.stdout or "[]")]


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    return transform(SOURCE)


def test_cfn_lint_finds_nothing(template: dict[str, Any], tmp_path: Path) -> None:
    assert lint(template, tmp_path) == []


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("ParallelizationFactor: 1", "ParallelizationFactor: 11", "E3034"),
        ("dynamodb:Query", "dynamodb:Qery", "W3037"),
        ("!GetAtt TallyRole.Arn", "!GetAtt TallyRole.Arm", "E1010"),
    ],
)
def test_cfn_lint_bites(tmp_path: Path, old: str, new: str, rule: str) -> None:
    assert rule in lint(transform(SOURCE.replace(old, new, 1)), tmp_path)


def statements(template: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        statement
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::IAM::Role"
        for policy in resource["Properties"].get("Policies", [])
        for statement in policy["PolicyDocument"]["Statement"]
    ]


def wildcards(template: dict[str, Any]) -> list[str]:
    found = []
    for statement in statements(template):
        actions = statement["Action"]
        actions = [actions] if isinstance(actions, str) else actions
        if statement["Resource"] == "*":
            found += [action for action in actions if action not in WILDCARD_ACTIONS]
        found += [action for action in actions if "*" in action]
    return found


def test_no_role_has_a_wildcard(template: dict[str, Any]) -> None:
    assert len(statements(template)) > 8
    assert wildcards(template) == []


def test_the_wildcard_rule_bites() -> None:
    broken = SOURCE.replace(
        "                Resource: !GetAtt Tallies.Arn", '                Resource: "*"', 1
    )
    assert wildcards(transform(broken)) != []


def test_every_function_has_a_role_of_its_own(template: dict[str, Any]) -> None:
    functions = [
        resource["Properties"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::Lambda::Function"
    ]
    roles = [json.dumps(function["Role"]) for function in functions]
    assert len(roles) == len(set(roles)) == 2
    managed = [r for r in template["Resources"].values() if "ManagedPolicyArns" in str(r)]
    assert managed == []
