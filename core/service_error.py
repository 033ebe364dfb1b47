"""An exception from an AWS client in, its error code out; boto3 and the local engine look alike."""

from collections.abc import Mapping
from typing import Any


def code_of(error: BaseException) -> str:
    """Return the service's error code, or "" when `error` did not come from a service.

    botocore's ClientError and the local engine's AwsError both carry `response`, so that stages
    need neither of them to be importable.
    """
    response = response_of(error)
    code = response.get("Error", {}).get("Code", "")
    return str(code)


def response_of(error: BaseException) -> Mapping[str, Any]:
    """Return the error's response envelope, empty for an error that has none."""
    response = getattr(error, "response", None)
    return response if isinstance(response, dict) else {}
