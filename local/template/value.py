"""A property's value in, a number or a truth value out, or a sentence that names the property."""

from collections.abc import Mapping
from typing import Any


def whole(values: Mapping[str, Any], name: str, default: int | None = None) -> int:
    """Return a whole number; raise ValueError naming the property."""
    value = values[name] if default is None else values.get(name, default)
    try:
        return int(value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} is a whole number, not {value!r}") from error


def flag(values: Mapping[str, Any], name: str, *, default: bool = False) -> bool:
    """Return a truth value, which CloudFormation also takes as a word."""
    value = str(values.get(name, default)).lower()
    if value not in {"true", "false"}:
        raise ValueError(f"{name} is true or false, not {values[name]!r}")
    return value == "true"
