"""A property's value in, what it means here out, or a sentence that names the property."""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

_ARN: Final = re.compile(r"arn:aws:(s3|sqs):[a-z0-9-]*:[0-9]*:([A-Za-z0-9._-]+)$(?<!\.fifo)")


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


_SERVICES: Final = {"s3": "bucket", "sqs": "queue"}


class FailureEnd(NamedTuple):
    """Where failures go: a bucket or a queue, or (neither) nowhere."""

    bucket: str | None = None
    queue: str | None = None


def failure_end(values: Mapping[str, Any]) -> FailureEnd:
    """Return where failures go; raise ValueError for what is neither a bucket nor a queue."""
    destinations = values.get("DestinationConfig", {})
    if unknown := sorted(destinations.keys() - {"OnFailure"}):
        raise ValueError(f"DestinationConfig: the local engine has no {unknown[0]}")
    destination = destinations.get("OnFailure", {}).get("Destination")
    if not destination:
        return FailureEnd()
    service = _ARN.match(str(destination))
    if service is None:
        raise ValueError(
            f"DestinationConfig: failures go to a bucket or a standard queue here, "
            f"not to {destination}"
        )
    return FailureEnd(**{_SERVICES[service[1]]: service[2]})
