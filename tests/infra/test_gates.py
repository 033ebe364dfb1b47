"""Gates on the transformed template: what cfn-lint and our own rules can see without an account."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from local.template.kinds import RUN
from local.template.transform import transform

ROOT = Path(__file__).resolve().parents[2]
SOURCE = (ROOT / "infra" / "template.yaml").read_text()
# Calls that AWS offers no resource for.
WILDCARD_ACTIONS = {
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "redshift-data:DescribeStatement",
    "redshift-data:GetStatementResult",
}


# A planted fault -> the rule of cfn-lint that must find it.
PLANTED = {
    ("", ""): None,
    ("MaximumRetryAttempts: -1", "MaximumRetryAttempts: -2"): "E3034",
    ("dynamodb:Query", "dynamodb:Qery"): "W3037",
    ("!GetAtt TallyRole.Arn", "!GetAtt TallyRole.Arm"): "E1010",
}


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    return transform(SOURCE)


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """Return the rules that cfn-lint finds broken by planted text: one start for all of them."""
    folder = tmp_path_factory.mktemp("planted")
    paths = {new: folder / f"{number}.json" for number, (_, new) in enumerate(PLANTED)}
    for old, new in PLANTED:
        assert old in SOURCE
        paths[new].write_text(json.dumps(transform(SOURCE.replace(old, new, 1))))
    program = str(ROOT / ".venv" / "bin" / "cfn-lint")
    command = [program, "--format", "json", "--", *map(str, paths.values())]
    done = subprocess.run(command, capture_output=True, text=True)
    found: dict[str, set[str]] = {new: set() for _, new in PLANTED}
    for finding in json.loads(done.stdout):
        (new,) = [new for new, path in paths.items() if str(path) == finding["Filename"]]
        found[new].add(finding["Rule"]["Id"])
    return found


def test_cfn_lint_finds_nothing(findings: dict[str, set[str]]) -> None:
    assert findings[""] == set()


@pytest.mark.parametrize(("planted", "rule"), list(PLANTED.items())[1:])
def test_cfn_lint_bites(findings: dict[str, set[str]], planted: tuple[str, str], rule: str) -> None:
    assert rule in findings[planted[1]]


@pytest.mark.parametrize("kind", RUN)
def test_the_engine_lists_properties_that_aws_knows(kind: str) -> None:
    from cfnlint.schema import PROVIDER_SCHEMA_MANAGER  # seconds of imports: only here

    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema
    used, accepted = RUN[kind]
    assert not used & accepted
    assert (used | accepted) - set(schema["properties"]) == set()


def statements(template: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        statement
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::IAM::Role"
        for policy in resource["Properties"].get("Policies", [])
        for statement in each_of(policy["PolicyDocument"]["Statement"])
    ]


def each_of(statements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return statements, those of a condition as if it were met."""
    return [each["Fn::If"][1] if "Fn::If" in each else each for each in statements]


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
    assert len(roles) == len(set(roles)) > 2
    managed = [r for r in template["Resources"].values() if "ManagedPolicyArns" in str(r)]
    assert managed == []
