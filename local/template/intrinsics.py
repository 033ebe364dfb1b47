"""A CloudFormation template and parameters in, values with every intrinsic resolved out."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from core.errors import Misconfigured

ACCOUNT: Final = "000000000000"
REGION: Final = "us-east-1"
_PSEUDO: Final = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Region": REGION,
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": "cube",
}
_NO_VALUE: Final = {"Ref": "AWS::NoValue"}  # takes the property away
_ARNS: Final = {
    "AWS::Kinesis::Stream": "arn:aws:kinesis:{region}:{account}:stream/{name}",
    "AWS::DynamoDB::Table": "arn:aws:dynamodb:{region}:{account}:table/{name}",
    "AWS::S3::Bucket": "arn:aws:s3:::{name}",
    "AWS::SQS::Queue": "arn:aws:sqs:{region}:{account}:{name}",
    "AWS::Lambda::Function": "arn:aws:lambda:{region}:{account}:function:{name}",
    "AWS::KinesisFirehose::DeliveryStream": (
        "arn:aws:firehose:{region}:{account}:deliverystream/{name}"
    ),
    "AWS::IAM::Role": "arn:aws:iam::{account}:role/{name}",
}
# Other attributes than the Arn, of what runs beside the engine.
_ATTRIBUTES: Final = {
    ("AWS::RedshiftServerless::Workgroup", "Workgroup.Endpoint.Address"): "127.0.0.1",
    # Its local name is the stream's: a mapping of a consumer reads that stream.
    ("AWS::Kinesis::StreamConsumer", "ConsumerARN"): (
        "arn:aws:kinesis:{region}:{account}:stream/{name}/consumer/{name}:1"
    ),
}


class Resolver:
    """Resolves Ref, Fn::GetAtt, Fn::Sub, Fn::Join and Fn::If against local names.

    A resource's local name stands in its Metadata (`Local: {Name: votes}`), else it is its logical
    id in lower case. Any other intrinsic is refused by name.
    """

    def __init__(self, template: Mapping[str, Any], parameters: Mapping[str, str]) -> None:
        self.resources: Final[Mapping[str, Any]] = template["Resources"]
        self._parameters = _parameter_values(template.get("Parameters", {}), parameters)
        self._conditions: Mapping[str, Any] = template.get("Conditions", {})
        self._functions: Mapping[str, Callable[[Any], Any]] = {
            "Ref": self._ref,
            "Fn::GetAtt": self._get_att,
            "Fn::Sub": self._sub,
            "Fn::Join": self._join,
            "Fn::If": self._if,
        }

    def name(self, logical_id: str) -> str:
        """Return the resource's local name."""
        metadata = self.resources[logical_id].get("Metadata", {})
        return str(metadata.get("Local", {}).get("Name", logical_id.lower()))

    def exists(self, resource: Mapping[str, Any]) -> bool:
        """Return whether the condition of a resource is met, if it has one."""
        return "Condition" not in resource or self._is_met(resource["Condition"])

    def resolve(self, value: Any) -> Any:
        """Return `value` with every intrinsic in it resolved."""
        if isinstance(value, list):
            return [
                self.resolve(member) for member in map(self._choose, value) if member != _NO_VALUE
            ]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((key, argument),) = value.items()
            if key in self._functions:
                return self._functions[key](argument)
            if key.startswith("Fn::") or key == "Condition":
                raise Misconfigured(f"resolving template: the local engine has no {key}")
        chosen = {key: self._choose(member) for key, member in value.items()}
        return {key: self.resolve(member) for key, member in chosen.items() if member != _NO_VALUE}

    def _ref(self, target: str) -> Any:
        if target in _PSEUDO:
            return _PSEUDO[target]
        if target in self._parameters:
            return self._parameters[target]
        if target in self.resources:
            return self.name(target)
        raise Misconfigured(f"resolving template: nothing is called {target!r}")

    def _get_att(self, target: list[str] | str) -> Any:
        logical_id, attribute = target.split(".", 1) if isinstance(target, str) else target
        if logical_id not in self.resources:
            raise Misconfigured(f"resolving template: nothing is called {logical_id!r}")
        kind = self.resources[logical_id]["Type"]
        if (kind, attribute) in _ATTRIBUTES:
            name = self.name(logical_id)
            return _ATTRIBUTES[kind, attribute].format(region=REGION, account=ACCOUNT, name=name)
        if attribute != "Arn":
            raise Misconfigured(f"resolving template: {logical_id} has no local {attribute}")
        if kind in _ARNS:
            name = self.name(logical_id)
            return _ARNS[kind].format(region=REGION, account=ACCOUNT, name=name)
        return f"arn:aws:local:{REGION}:{ACCOUNT}:{logical_id}"

    def _sub(self, argument: Any) -> str:
        text, extra = (argument, {}) if isinstance(argument, str) else argument

        def value(match: re.Match[str]) -> str:
            name = match.group(1)
            if name in extra:
                return str(self.resolve(extra[name]))
            return str(self._get_att(name) if "." in name else self._ref(name))

        return re.sub(r"\$\{([A-Za-z0-9:.]+)\}", value, text)

    def _join(self, argument: list[Any]) -> str:
        separator, members = argument
        return str(separator).join(str(member) for member in self.resolve(members))

    def _if(self, argument: list[Any]) -> Any:
        return self.resolve(self._choose({"Fn::If": argument}))

    def _choose(self, value: Any) -> Any:
        """Return the branch that is taken, unresolved: it may take the property away."""
        while isinstance(value, dict) and value.keys() == {"Fn::If"}:
            condition, met, otherwise = value["Fn::If"]
            value = met if self._is_met(condition) else otherwise
        return value

    def _is_met(self, condition: str) -> bool:
        if condition not in self._conditions:
            raise Misconfigured(f"resolving template: no condition is called {condition!r}")
        return self._holds(self._conditions[condition])

    def _holds(self, rule: Any) -> bool:
        ((key, argument),) = rule.items()
        match key:
            case "Condition":
                return self._is_met(argument)
            case "Fn::Equals":
                left, right = argument
                return str(self.resolve(left)) == str(self.resolve(right))
            case "Fn::Not":
                return not self._holds(argument[0])
            case "Fn::And":
                return all(map(self._holds, argument))
            case "Fn::Or":
                return any(map(self._holds, argument))
        raise Misconfigured(f"resolving template: the local engine has no {key} in conditions")


def _parameter_values(
    declared: Mapping[str, Any], given: Mapping[str, str]
) -> dict[str, str | float]:
    """Return every parameter's value; refuse unknown ones and those outside their limits."""
    if unknown := sorted(given.keys() - declared.keys()):
        raise Misconfigured(f"reading parameters: the template has no {', '.join(unknown)}")
    values: dict[str, str | float] = {}
    for name, rules in declared.items():
        value = given.get(name, rules.get("Default"))
        if value is None:
            raise Misconfigured(f"reading parameters: {name} is not given")
        values[name] = _number(name, value, rules) if rules["Type"] == "Number" else str(value)
        if rules.get("AllowedValues") and values[name] not in rules["AllowedValues"]:
            allowed = ", ".join(map(str, rules["AllowedValues"]))
            raise Misconfigured(f"reading parameters: {name} is one of {allowed}, not {value}")
    return values


def _number(name: str, value: Any, rules: Mapping[str, Any]) -> int | float:
    try:
        number = float(value)
    except ValueError as error:
        raise Misconfigured(f"reading parameters: {name} is no number: {value!r}") from error
    low, high = rules.get("MinValue", number), rules.get("MaxValue", number)
    if not low <= number <= high:
        raise Misconfigured(f"reading parameters: {name} is {low} to {high}, not {value}")
    return int(number) if number.is_integer() else number
