"""A template's roles in, what they are allowed, one action at a time, and its wildcards out."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from infra.gates.drawn import Drawn, cases, targets
from infra.gates.finding import Finding

# AWS knows no resource for these, or none that a template could name.
UNAVOIDABLE: Final = {
    "xray:PutTraceSegments": "X-Ray has no resources",
    "xray:PutTelemetryRecords": "X-Ray has no resources",
    "redshift-data:CancelStatement": "a statement has no ARN; the condition keeps it to one's own",
    "redshift-data:DescribeStatement": "as CancelStatement",
    "redshift-data:GetStatementResult": "as CancelStatement",
    "ecr:GetAuthorizationToken": "the log-in is to the registry, which has no ARN",
}
_OWN_STATEMENTS: Final = frozenset(name for name in UNAVOIDABLE if name.startswith("redshift-data"))


@dataclass(frozen=True, slots=True)
class Grant:
    """One action of one statement of a role's policies, with all the resources it is for."""

    role: str
    action: str
    resources: tuple[Any, ...]
    conditional: bool


def grants(drawn: Drawn) -> Iterator[Grant]:
    """Yield what roles are allowed, by policies of their own and by AWS::IAM::RolePolicy."""
    for role, policy in _policies(drawn):
        for statement in cases(policy["PolicyDocument"]["Statement"]):
            if statement["Effect"] == "Allow":
                resources = tuple(cases(statement["Resource"]))
                for action in cases(statement["Action"]):
                    yield Grant(role, action, resources, "Condition" in statement)


def granted(drawn: Drawn) -> dict[str, set[str]]:
    """Return the actions of every role."""
    found: dict[str, set[str]] = {role: set() for role, _ in drawn.of_kind("AWS::IAM::Role")}
    for grant in grants(drawn):
        found[grant.role].add(grant.action)
    return found


def _policies(drawn: Drawn) -> Iterator[tuple[str, Any]]:
    for role, properties in drawn.of_kind("AWS::IAM::Role"):
        for policy in properties.get("Policies", []):
            yield role, policy
    for _, properties in drawn.of_kind("AWS::IAM::RolePolicy"):
        for role in targets(properties["RoleName"]):
            yield role, properties


def check_wildcards(drawn: Drawn) -> Iterator[Finding]:
    """Find actions on everything, all actions, and policies that AWS manages."""
    for grant in grants(drawn):
        if "*" in grant.action:
            yield _found(grant.role, f"allows {grant.action}")
        elif "*" in grant.resources and grant.action not in UNAVOIDABLE:
            yield _found(grant.role, f"allows {grant.action} on everything")
        elif grant.action in _OWN_STATEMENTS and not grant.conditional:
            yield _found(grant.role, f"allows {grant.action} on statements of others")
    for role, properties in drawn.of_kind("AWS::IAM::Role"):
        if properties.get("ManagedPolicyArns"):
            yield _found(role, "has policies that AWS manages, which are for everything")
    for logical_id, properties in drawn.of_kind("AWS::EC2::VPCEndpoint"):
        for statement in cases(properties.get("PolicyDocument", {}).get("Statement", [None])):
            if "*" in cases(statement["Resource"]) or "*" in str(statement["Action"]):
                yield _found(logical_id, "lets everything through")
        if "PolicyDocument" not in properties:
            yield _found(logical_id, "has no policy, so that it lets everything through")


def _found(resource: str, message: str) -> Finding:
    return Finding("own", "wildcard", resource, message)
