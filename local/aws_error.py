"""A service's refusal, in the shape botocore gives it, so that callers cannot tell us from AWS."""

from collections.abc import Mapping
from typing import Any


class AwsError(Exception):
    """An error that a local service answers with; `response` is shaped like ClientError's.

    `code` is the service's error name, such as ResourceNotFoundException. `extra` members stand
    beside `Error` as in botocore, such as CancellationReasons or Item.
    """

    def __init__(
        self, code: str, message: str, *, status: int = 400, extra: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.response: dict[str, Any] = {
            "Error": {"Code": code, "Message": message},
            "ResponseMetadata": {"HTTPStatusCode": status},
            **(extra or {}),
        }


def validation_error(message: str) -> AwsError:
    """Return AWS's answer to a request that breaks a constraint of the API's model."""
    return AwsError("ValidationException", message)


def internal_failure() -> AwsError:
    """Return the answer to a fault of the service itself: safe to retry."""
    return AwsError("InternalFailure", "Internal service failure.", status=500)
