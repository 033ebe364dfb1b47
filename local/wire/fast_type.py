"""A shape of botocore's model in, a msgspec type that decodes and judges it in one pass out.

It is the fast road for requests that are right, which is nearly all of them: a PutRecords of
800 kB goes from JSON to bytes without a Python loop. Whatever it refuses takes the slow road
(`conversion`, `constraint`), which finds AWS's words for the fault.
"""

from typing import Annotated, Any, Final, Literal

import msgspec
from botocore.model import Shape

from local.wire.constraint import compiled_pattern


class NotExpressible(Exception):
    """The shape needs more than a type: a timestamp, or a recursion that is not ours."""


class AttributeValue(msgspec.Struct):
    """DynamoDB's only recursive shape, so it is written out."""

    S: str | msgspec.UnsetType = msgspec.UNSET
    N: str | msgspec.UnsetType = msgspec.UNSET
    B: bytes | msgspec.UnsetType = msgspec.UNSET
    SS: list[str] | msgspec.UnsetType = msgspec.UNSET
    NS: list[str] | msgspec.UnsetType = msgspec.UNSET
    BS: list[bytes] | msgspec.UnsetType = msgspec.UNSET
    M: "dict[str, AttributeValue] | msgspec.UnsetType" = msgspec.UNSET
    L: "list[AttributeValue] | msgspec.UnsetType" = msgspec.UNSET
    NULL: bool | msgspec.UnsetType = msgspec.UNSET
    BOOL: bool | msgspec.UnsetType = msgspec.UNSET


_PLAIN: Final = {"string": str, "blob": bytes, "boolean": bool, "integer": int, "long": int}


def fast_type(shape: Shape | None) -> Any:
    """Return the type for an operation's input, or None when only the slow road will do."""
    if shape is None:
        return None
    try:
        return _type(shape, ())
    except NotExpressible:
        return None


def _type(shape: Shape, above: tuple[str, ...]) -> Any:
    if shape.name == "AttributeValue":
        return AttributeValue
    if shape.name in above:
        raise NotExpressible(shape.name)
    inside = (*above, shape.name)
    if shape.type_name == "structure":
        return _struct(shape, inside)
    if shape.type_name == "list":
        return _limited(list[_type(shape.member, inside)], shape)  # type: ignore[misc]  # made at run time
    if shape.type_name == "map":
        return _limited(dict[str, _type(shape.value, inside)], shape)  # type: ignore[misc]  # made at run time
    if shape.type_name not in _PLAIN:
        raise NotExpressible(shape.type_name)
    if shape.type_name == "string" and shape.enum:
        return Literal[tuple(shape.enum)]
    return _limited(_PLAIN[shape.type_name], shape)


def _struct(shape: Shape, inside: tuple[str, ...]) -> Any:
    required = shape.metadata.get("required", ())
    fields: list[Any] = []
    for name, member in shape.members.items():
        kind = _type(member, inside)
        if name in required:
            fields.append((name, kind))
        else:
            fields.append((name, kind | msgspec.UnsetType, msgspec.UNSET))
    return msgspec.defstruct(shape.name, fields, kw_only=True)


def _limited(kind: Any, shape: Shape) -> Any:
    limits = shape.metadata
    low, high = limits.get("min"), limits.get("max")
    if shape.type_name in ("integer", "long"):
        meta = msgspec.Meta(ge=low, le=high)
    elif shape.type_name == "boolean":
        return kind
    else:
        pattern = limits.get("pattern") if shape.type_name == "string" else None
        if pattern is not None and compiled_pattern(pattern) is not None:
            pattern = rf"\A(?:{pattern})\Z"
        else:
            pattern = None
        meta = msgspec.Meta(min_length=low, max_length=high, pattern=pattern)
    return Annotated[kind, meta]
