"""A property's value in, what it means here out, or a sentence that names the property."""

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


def failure_bucket(values: Mapping[str, Any]) -> str | None:
    """Return the bucket that failures go to, None for none; raise ValueError for anything else."""
    destinations = values.get("DestinationConfig", {})
    if unknown := sorted(destinations.keys() - {"OnFailure"}):
        raise ValueError(f"DestinationConfig: the local engine has no {unknown[0]}")
    destination = destinations.get("OnFailure", {}).get("Destination")
    if not destination:
        return None
    if not destination.startswith("arn:aws:s3:::"):
        raise ValueError(f"DestinationConfig: failures go to a bucket here, not to {destination}")
    return str(destination).rpartition(":")[2]
