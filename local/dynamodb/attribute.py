"""Typed attributes from a request in, canonical ones out, checked; their sizes; their JSON.

Canonical means that two attributes are equal in DynamoDB's eyes iff they are equal in Python's:
numbers have one spelling and sets are sorted.
"""

import base64
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import msgspec

from core.item import Attribute, Item
from local.aws_error import validation_error
from local.dynamodb import number
from local.dynamodb.limits import NESTING_MAX
from local.dynamodb.refusal import invalid_value, malformed

TYPE_NAMES: Final = frozenset({"S", "N", "B", "BOOL", "NULL", "L", "M", "SS", "NS", "BS"})
SET_TYPES: Final = frozenset({"SS", "NS", "BS"})
_SET_WORDS: Final = {"SS": "string", "NS": "number", "BS": "binary"}
_CONTAINER_BYTES: Final = 3  # AWS: an overhead of 3 bytes a list or map, and 1 a member

_encode = msgspec.json.Encoder().encode
_decode: Callable[[bytes], Item] = msgspec.json.Decoder(dict[str, dict[str, Any]]).decode


def canonical(attribute: object, depth: int = 0) -> Attribute:
    """Return a typed attribute in its canonical form; `depth` counts the containers around it.

    Shares what needs no change with its argument. Raises AwsError: ValidationException for a
    value the service refuses, SerializationException for one that does not fit the API's model.
    """
    if not isinstance(attribute, dict):
        raise malformed("Start of structure or map found where not expected")
    if len(attribute) != 1:
        how = "has more than one datatypes set" if attribute else "is empty"
        raise validation_error(
            f"Supplied AttributeValue {how}, must contain exactly one of the supported datatypes"
        )
    ((kind, value),) = attribute.items()
    if kind == "S" and isinstance(value, str):
        return attribute
    if kind == "N":
        text = number.canonical(value)
        return attribute if text == value else {"N": text}
    canonise = _CANONISE.get(kind)
    if canonise is None:
        if kind == "S":
            raise malformed("NUMBER_VALUE cannot be converted to String")
        raise validation_error(
            "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
        )
    return {kind: canonise(value, depth)}


def canonical_item(item: object) -> Item:
    """Return the attributes of an item, or of ExpressionAttributeValues, canonical."""
    if not isinstance(item, dict) or any(type(name) is not str for name in item):
        raise malformed("Start of structure or map found where not expected")
    return {name: canonical(attribute) for name, attribute in item.items()}


def _binary(value: object, _depth: int) -> bytes:
    if not isinstance(value, bytes | bytearray | memoryview):
        raise malformed("NUMBER_VALUE cannot be converted to Blob")
    return bytes(value)


def _boolean(value: object, _depth: int) -> bool:
    if not isinstance(value, bool):
        raise malformed("Unexpected value type in payload")
    return value


def _null(value: object, _depth: int) -> bool:
    if value is not True:
        raise invalid_value("Null attribute value types must have the value of true")
    return True


def _check_depth(depth: int) -> None:
    if depth >= NESTING_MAX:
        raise validation_error("Nesting Levels have exceeded supported limits")


def _list(value: object, depth: int) -> list[Attribute]:
    _check_depth(depth)
    if not isinstance(value, list | tuple):
        raise malformed("Start of structure or map found where not expected")
    return [canonical(member, depth + 1) for member in value]


def _map(value: object, depth: int) -> dict[str, Attribute]:
    _check_depth(depth)
    if not isinstance(value, dict) or any(type(name) is not str for name in value):
        raise malformed("Start of structure or map found where not expected")
    return {name: canonical(member, depth + 1) for name, member in value.items()}


def _set_of(kind: str) -> Callable[[object, int], list[Any]]:
    def canonise(value: object, depth: int) -> list[Any]:
        if not isinstance(value, list | tuple):
            raise malformed("Start of structure or map found where not expected")
        if not value:
            raise invalid_value(f"An {_SET_WORDS[kind]} set  may not be empty")
        members = [canonical({kind[0]: member}, depth)[kind[0]] for member in value]
        if len(set(members)) < len(members):
            raise invalid_value(
                f"Input collection [{', '.join(map(str, members))}] contains duplicates."
            )
        return sorted(members)

    return canonise


_CANONISE: Final[Mapping[str, Callable[[object, int], Any]]] = {
    "B": _binary,
    "BOOL": _boolean,
    "NULL": _null,
    "L": _list,
    "M": _map,
    "SS": _set_of("SS"),
    "NS": _set_of("NS"),
    "BS": _set_of("BS"),
}


def type_of(attribute: Attribute) -> str:
    """Return the attribute's type name, such as "S"."""
    return next(iter(attribute))


def depth_of(attribute: Attribute) -> int:
    """Return how many lists and maps lie inside each other here; 0 for a scalar."""
    ((kind, value),) = attribute.items()
    if kind not in ("L", "M"):
        return 0
    members: Iterable[Attribute] = value if kind == "L" else value.values()
    return 1 + max(map(depth_of, members), default=0)


def size_bytes(attribute: Attribute) -> int:
    """Return what an attribute's value counts toward its item's size."""
    ((kind, value),) = attribute.items()
    match kind:
        case "S":
            return len(value.encode())
        case "N":
            return number.size_bytes(value)
        case "B":
            return len(value)
        case "L":
            return _CONTAINER_BYTES + sum(1 + size_bytes(member) for member in value)
        case "M":
            return _CONTAINER_BYTES + len(value) + item_size_bytes(value)
        case "SS" | "NS" | "BS":
            return sum(size_bytes({kind[0]: member}) for member in value)
        case _:
            return 1


def item_size_bytes(item: Item) -> int:
    """Return an item's size as AWS counts it: names and values, in UTF-8."""
    return sum(len(name.encode()) + size_bytes(value) for name, value in item.items())


def encode(item: Item) -> bytes:
    """Return an item as JSON, never shorter than `item_size_bytes`: a cheap upper bound."""
    return _encode(item)


def decode(blob: bytes) -> Item:
    """Return the item that `encode` wrote."""
    item = _decode(blob)
    if b'"B":' in blob or b'"BS":' in blob:  # JSON has no bytes: they travel as base64
        return {name: _with_bytes(value) for name, value in item.items()}
    return item


def _with_bytes(attribute: Attribute) -> Attribute:
    ((kind, value),) = attribute.items()
    match kind:
        case "B":
            return {"B": base64.b64decode(value)}
        case "BS":
            return {"BS": [base64.b64decode(member) for member in value]}
        case "L":
            return {"L": [_with_bytes(member) for member in value]}
        case "M":
            return {"M": {name: _with_bytes(member) for name, member in value.items()}}
        case _:
            return attribute
