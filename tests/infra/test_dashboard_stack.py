"""The dashboard's stack: nobody looks without logging in, over TLS, and scripts hear 401."""

from typing import Any

import pytest

from infra.gates.drawn import SOURCES, cases, read, targets

DRAWN = read(SOURCES[1])


def one(kind: str) -> Any:
    ((_, properties),) = DRAWN.of_kind(kind)
    return properties


def logins(actions: list[Any]) -> list[dict[str, Any]]:
    """Return what stands before the forward, for either kind of log-in."""
    *first, forward = cases(actions)
    assert (forward["Type"], targets(forward["TargetGroupArn"])) == ("forward", {"Target"})
    assert all(each["Order"] < forward["Order"] for each in first)
    return [
        each.get("AuthenticateCognitoConfig") or each["AuthenticateOidcConfig"] for each in first
    ]


def test_a_page_sends_who_is_not_logged_in_to_the_log_in() -> None:
    found = logins(one("AWS::ElasticLoadBalancingV2::Listener")["DefaultActions"])
    assert [each["OnUnauthenticatedRequest"] for each in found] == ["authenticate"] * 2


def test_a_script_hears_401_and_no_redirect() -> None:
    rule = one("AWS::ElasticLoadBalancingV2::ListenerRule")
    assert [each["OnUnauthenticatedRequest"] for each in logins(rule["Actions"])] == ["deny"] * 2
    (condition,) = rule["Conditions"]
    assert "/api/*" in condition["PathPatternConfig"]["Values"]


def test_both_doors_ask_for_the_same_log_in() -> None:
    """Else a stream would ask again for what the page was given."""
    listener = logins(one("AWS::ElasticLoadBalancingV2::Listener")["DefaultActions"])
    rule = logins(one("AWS::ElasticLoadBalancingV2::ListenerRule")["Actions"])
    for page, script in zip(listener, rule, strict=True):
        differing = {key for key in page | script if str(page.get(key)) != str(script.get(key))}
        assert differing == {"OnUnauthenticatedRequest"}


def test_the_only_door_is_tls() -> None:
    listener = one("AWS::ElasticLoadBalancingV2::Listener")
    assert (listener["Protocol"], listener["Port"]) == ("HTTPS", 443)
    groups = dict(DRAWN.of_kind("AWS::EC2::SecurityGroup"))
    (viewers,) = groups["BalancerSecurityGroup"]["SecurityGroupIngress"]
    assert (viewers["FromPort"], viewers["ToPort"]) == (443, 443)


def test_nobody_but_the_load_balancer_reaches_the_container() -> None:
    groups = dict(DRAWN.of_kind("AWS::EC2::SecurityGroup"))
    (door,) = groups["TaskSecurityGroup"]["SecurityGroupIngress"]
    assert targets(door["SourceSecurityGroupId"]) == {"BalancerSecurityGroup"}
    assert "CidrIp" not in door
    assert list(DRAWN.of_kind("AWS::EC2::SecurityGroupIngress")) == []


def test_a_container_that_cannot_reach_the_table_is_not_replaced() -> None:
    """/readyz is about the table; its outage must not take the pages away that say so."""
    assert one("AWS::ElasticLoadBalancingV2::TargetGroup")["HealthCheckPath"] == "/healthz"


def test_the_stack_reads_what_the_other_one_exports() -> None:
    wanted: set[str] = set()

    def look(value: Any) -> None:
        if isinstance(value, dict):
            if "Fn::ImportValue" in value:
                wanted.add(value["Fn::ImportValue"]["Fn::Sub"].removeprefix("${CubeStack}-"))
            for member in value.values():
                look(member)
        elif isinstance(value, list):
            for member in value:
                look(member)

    look(DRAWN.body["Resources"])
    outputs = read(SOURCES[0]).body["Outputs"].values()
    exports = {each["Export"]["Name"]["Fn::Sub"] for each in outputs if "Export" in each}
    assert {f"${{AWS::StackName}}-{name}" for name in wanted} == exports


@pytest.mark.parametrize("kind", ["AWS::ElasticLoadBalancingV2::LoadBalancer", "AWS::ECS::Service"])
def test_what_has_to_be_there_first_is_named(kind: str) -> None:
    """CloudFormation sees no reference from a service to the listener that makes its group one."""
    (resource,) = (each for each in DRAWN.body["Resources"].values() if each["Type"] == kind)
    assert resource["DependsOn"]
