"""Attributes of a queue in, its settings out, or AWS's refusal of what they say."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from local.sqs import refusal
from local.sqs.limits import (
    MESSAGE_BYTES_MAX,
    MESSAGE_BYTES_MIN,
    RETENTION_S,
    RETENTION_S_MAX,
    RETENTION_S_MIN,
    VISIBILITY_S,
    VISIBILITY_S_MAX,
)

_ALLOWED: Final = {
    "VisibilityTimeout": range(VISIBILITY_S_MAX + 1),
    "MessageRetentionPeriod": range(RETENTION_S_MIN, RETENTION_S_MAX + 1),
    "MaximumMessageSize": range(MESSAGE_BYTES_MIN, MESSAGE_BYTES_MAX + 1),
}
# Said as AWS's defaults they mean nothing, otherwise something that is not built.
_DEFAULTS: Final = {"DelaySeconds": "0", "ReceiveMessageWaitTimeSeconds": "0"}


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSettings:
    """What a standard queue is set to; times in seconds."""

    visibility_s: int = VISIBILITY_S
    retention_s: int = RETENTION_S
    message_bytes_max: int = MESSAGE_BYTES_MAX

    def attributes(self) -> dict[str, str]:
        """Return them by AWS's names, as GetQueueAttributes does."""
        return {
            "VisibilityTimeout": str(self.visibility_s),
            "MessageRetentionPeriod": str(self.retention_s),
            "MaximumMessageSize": str(self.message_bytes_max),
            **_DEFAULTS,
        }


def read_attributes(attributes: Mapping[str, str]) -> QueueSettings:
    """Return the settings; raise AwsError for what AWS refuses, or the engine has not."""
    said = {name: value for name, value in attributes.items() if _DEFAULTS.get(name) != value}
    if foreign := said.keys() - _ALLOWED.keys():
        raise refusal.not_implemented(foreign)
    values = {name: _whole(name, value) for name, value in said.items()}
    return QueueSettings(
        visibility_s=values.get("VisibilityTimeout", VISIBILITY_S),
        retention_s=values.get("MessageRetentionPeriod", RETENTION_S),
        message_bytes_max=values.get("MaximumMessageSize", MESSAGE_BYTES_MAX),
    )


def _whole(name: str, text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        raise refusal.invalid_attribute_value(name) from None
    if value not in _ALLOWED[name]:
        raise refusal.invalid_attribute_value(name)
    return value
