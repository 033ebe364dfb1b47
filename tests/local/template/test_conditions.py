"""Conditions of a template, and what hangs on them: resources, and branches of values."""

from typing import Any

import pytest

from core.errors import Misconfigured
from local.template.intrinsics import Resolver


def resolver(**conditions: Any) -> Resolver:
    template = {
        "Resources": {"R": {"Type": "AWS::S3::Bucket"}},
        "Parameters": {"Mode": {"Type": "String", "Default": "on"}},
        "Conditions": {
            "On": {"Fn::Equals": [{"Ref": "Mode"}, "on"]},
            "Off": {"Fn::Not": [{"Condition": "On"}]},
            **conditions,
        },
    }
    return Resolver(template, {})


@pytest.mark.parametrize(
    ("rule", "met"),
    [
        ({"Fn::Equals": [1, "1"]}, True),
        ({"Fn::And": [{"Condition": "On"}, {"Condition": "Off"}]}, False),
        ({"Fn::Or": [{"Condition": "On"}, {"Condition": "Off"}]}, True),
        ({"Fn::Not": [{"Fn::Equals": ["a", "b"]}]}, True),
    ],
)
def test_conditions_are_met_or_not(rule: dict[str, Any], met: bool) -> None:
    found = resolver(Rule=rule)
    assert found.resolve({"Fn::If": ["Rule", "yes", "no"]}) == ("yes" if met else "no")
    assert found.exists({"Condition": "Rule"}) == met
    assert found.exists({})


def test_a_branch_may_take_a_property_away() -> None:
    nothing = {"Ref": "AWS::NoValue"}
    value = {
        "kept": {"Fn::If": ["On", {"Ref": "Mode"}, nothing]},
        "gone": {"Fn::If": ["Off", 1, nothing]},
        "list": [{"Fn::If": ["Off", 1, nothing]}, {"Fn::If": ["Off", nothing, 2]}],
        "deep": {"Fn::If": ["On", {"Fn::If": ["Off", 1, {"a": nothing, "b": 3}]}, 2]},
    }
    assert resolver().resolve(value) == {"kept": "on", "list": [2], "deep": {"b": 3}}


def test_a_condition_that_is_not_there_or_not_run_is_named() -> None:
    with pytest.raises(Misconfigured, match="no condition is called 'Else'"):
        resolver().resolve({"Fn::If": ["Else", 1, 2]})
    with pytest.raises(Misconfigured, match="has no Fn::Contains in conditions"):
        resolver(Rule={"Fn::Contains": []}).resolve({"Fn::If": ["Rule", 1, 2]})
