"""Parameters and their shape in, AWS's sentence about each broken constraint out (A48)."""

import functools
import re
from collections.abc import Iterator
from typing import Any

from botocore.model import Shape

from local.aws_error import AwsError, validation_error
from local.wire.limits import VALUE_TEXT_MAX, VIOLATIONS_SHOWN_MAX


def constraint_error(params: Any, shape: Shape) -> AwsError | None:
    """Return AWS's ValidationException for `params`, None when every constraint holds."""
    found: list[str] = []
    for sentence in _violations(params, shape, ""):
        found.append(sentence)
        if len(found) == VIOLATIONS_SHOWN_MAX:
            break
    if not found:
        return None
    plural = "" if len(found) == 1 else "s"
    return validation_error(f"{len(found)} validation error{plural} detected: {'; '.join(found)}")


def _violations(value: Any, shape: Shape, path: str) -> Iterator[str]:
    yield from (
        f"Value '{_text(value, shape)}' at '{path}' failed to satisfy constraint: {demand}"
        for demand in _demands(value, shape)
    )
    if shape.type_name == "structure":
        for name in shape.metadata.get("required", ()):
            if name not in value:
                at = _join(path, name)
                yield f"Value null at '{at}' failed to satisfy constraint: Member must not be null"
        for name, member in value.items():
            yield from _violations(member, shape.members[name], _join(path, name))
    elif shape.type_name == "list":
        for index, item in enumerate(value, 1):
            yield from _violations(item, shape.member, f"{path}.{index}.member")
    elif shape.type_name == "map":
        for key, item in value.items():
            yield from _violations(key, shape.key, path)
            yield from _violations(item, shape.value, f"{path}.{key}.member")


def _demands(value: Any, shape: Shape) -> Iterator[str]:
    limits = shape.metadata
    low, high = limits.get("min"), limits.get("max")
    sized = hasattr(value, "__len__")
    measure = len(value) if sized else value
    noun = "length" if sized else "value"
    if shape.type_name in ("integer", "long", "float", "double", "string", "list", "map", "blob"):
        if low is not None and measure < low:
            yield f"Member must have {noun} greater than or equal to {low}"
        if high is not None and measure > high:
            yield f"Member must have {noun} less than or equal to {high}"
    if shape.type_name == "string":
        pattern = limits.get("pattern")
        if pattern and not fullmatch(pattern, value):
            yield f"Member must satisfy regular expression pattern: {pattern}"
        if shape.enum and value not in shape.enum:
            yield f"Member must satisfy enum value set: [{', '.join(shape.enum)}]"


def fullmatch(pattern: str, value: str) -> bool:
    """Tell whether a model's pattern matches all of `value`; a pattern only Java knows always."""
    compiled = compiled_pattern(pattern)
    return compiled is None or compiled.fullmatch(value) is not None


@functools.cache
def compiled_pattern(pattern: str) -> re.Pattern[str] | None:
    try:
        return re.compile(pattern)
    except re.error:
        return None


def _join(path: str, name: str) -> str:
    camel = name[:1].lower() + name[1:]
    return f"{path}.{camel}" if path else camel


def _text(value: Any, shape: Shape) -> str:
    text = _java_text(value, shape)
    return text if len(text) <= VALUE_TEXT_MAX else text[:VALUE_TEXT_MAX] + "..."


def _java_text(value: Any, shape: Shape) -> str:
    """Return a value as AWS's Java service prints it; long lists only as far as is shown."""
    if isinstance(value, bytes):
        return f"java.nio.HeapByteBuffer[pos=0 lim={len(value)} cap={len(value)}]"
    if isinstance(value, bool):
        return str(value).lower()
    if shape.type_name == "list":
        shown = value[: VALUE_TEXT_MAX // 2]
        return f"[{', '.join(_java_text(item, shape.member) for item in shown)}]"
    if shape.type_name == "structure":
        members = ", ".join(
            f"{_join('', name)}={_java_text(value[name], member) if name in value else 'null'}"
            for name, member in shape.members.items()
        )
        return f"{shape.name}({members})"
    if shape.type_name == "map":
        pairs = (f"{key}={_java_text(item, shape.value)}" for key, item in value.items())
        return f"{{{', '.join(pairs)}}}"
    return str(value)
