"""Plain Python values in, DynamoDB's typed attributes out, and back.

Only what our items use: strings, integers, lists, maps and booleans. No floats: DynamoDB numbers
are decimals, and nothing we store is one.
"""

from collections.abc import Mapping
from typing import Any

type_names = frozenset({"S", "N", "L", "M", "BOOL", "NULL"})

Attribute = dict[str, Any]
Item = dict[str, Attribute]


def to_attribute(value: object) -> Attribute:
    """Return `value` as a typed attribute; raise TypeError for a type we do not store."""
    match value:
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case int():
            return {"N": str(value)}
        case None:
            return {"NULL": True}
        case list() | tuple():
            return {"L": [to_attribute(member) for member in value]}
        case dict():
            return {"M": {str(key): to_attribute(member) for key, member in value.items()}}
        case _:
            raise TypeError(f"storing a value of type {type(value).__name__}")


def from_attribute(attribute: Mapping[str, Any]) -> Any:
    """Return the plain value of a typed attribute."""
    ((kind, value),) = attribute.items()
    match kind:
        case "N":
            return int(value)
        case "L":
            return [from_attribute(member) for member in value]
        case "M":
            return {key: from_attribute(member) for key, member in value.items()}
        case "NULL":
            return None
        case _:
            return value


def to_item(values: Mapping[str, object]) -> Item:
    return {name: to_attribute(value) for name, value in values.items()}


def from_item(item: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {name: from_attribute(attribute) for name, attribute in item.items()}
