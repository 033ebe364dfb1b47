"""Our own rules find nothing in the templates, and find every fault that is planted there."""

import botocore.session
import pytest
from botocore import xform_name

from infra.gates.calls import ACTIONS, methods_of
from infra.gates.drawn import draw
from infra.gates.gate import RULES
from infra.gates.policy import granted
from tests.infra.planted import SOURCE, TEMPLATE, Fault, faults, found_by, planted

OWN = faults("own")


@pytest.mark.parametrize("template", SOURCE)
@pytest.mark.parametrize("rule", RULES)
def test_a_rule_finds_nothing(rule: str, template: str) -> None:
    assert found_by(rule, SOURCE[template]) == []


@pytest.mark.parametrize("fault", OWN, ids=lambda fault: fault.name)
def test_a_rule_bites(fault: Fault) -> None:
    found = found_by(fault.check, fault.source)
    assert fault.is_among(found), found


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_a_fault_planted_for_it(rule: str) -> None:
    assert rule in {fault.check for fault in OWN}


def test_rules_look_at_every_role_and_function() -> None:
    drawn = draw(TEMPLATE)
    roles = granted(drawn)
    assert len(roles) > 10
    assert all(roles.values()), "a role with no grant was not read"
    assert len(list(drawn.of_kind("AWS::Lambda::Function"))) > 6


@pytest.mark.parametrize("template", SOURCE)
def test_every_call_of_a_client_is_known_to_the_rule_of_roles(template: str) -> None:
    """A method that calls.py does not list would need a grant that nobody asks for."""
    session = botocore.session.get_session()
    operations = {
        xform_name(name)
        for service in ("dynamodb", "s3", "kinesis", "sqs", "lambda", "redshift-data", "firehose")
        for name in session.get_service_model(service).operation_names
    }
    drawn = draw(SOURCE[template])
    starts = [each["Handler"] for _, each in drawn.of_kind("AWS::Lambda::Function")]
    modules = [start.rpartition(".")[0] for start in starts] or ["dashboard.__main__"]
    called = frozenset().union(*map(methods_of, modules))
    assert called & operations, "calls are seen at all"
    # The members of a transaction are looked at one by one.
    assert called & operations - ACTIONS.keys() <= {"transact_write_items"}


def test_a_grant_in_a_branch_that_is_not_taken_counts_as_well() -> None:
    """What a parameter may switch on must be right before somebody does."""
    grant = "                Resource: !GetAtt Tallies.Arn"
    chosen = '                Resource: !If [Production, "*", !GetAtt Tallies.Arn]'
    found = found_by("wildcard", planted(TEMPLATE, "RollupRole", grant, chosen))
    assert {each.resource for each in found} == {"RollupRole"}


def test_a_finding_names_the_rule_and_the_resource() -> None:
    source = planted(TEMPLATE, "TallyLog", "      RetentionInDays: !Ref LogRetentionDays\n", "")
    (finding,) = found_by("log", source)
    assert str(finding) == "own log TallyLog: is kept for ever"
