"""A record that could not be transformed in, its line for the error prefix out (C29, C30)."""

import binascii
from dataclasses import dataclass
from typing import Final

import msgspec

from local.firehose.response import Failure
from local.firehose.source_record import SourceRecord
from local.invoke.outcome import Outcome
from local.mapping.event import function_arn

FUNCTION_ERROR: Final = Failure(
    "Lambda.FunctionError",
    "The Lambda function was successfully invoked but it returned an error result.",
)
TIMED_OUT: Final = Failure(
    "Lambda.FunctionTimedOut",
    "The Lambda function invocation timed out. Increase the Timeout setting in the Lambda "
    "function.",
)
LIMIT_EXCEEDED: Final = Failure(
    "Lambda.InvokeLimitExceeded",
    "The Lambda function invocation limit is reached. Increase the concurrency limit of the "
    "function.",
)
_TIMED_OUT_TYPE: Final = "Sandbox.Timedout"


def failure_of(outcome: Outcome) -> Failure | None:
    """Return why an invocation brought no answer, None when it brought one (C25)."""
    if outcome.kind == "ok":
        return None
    if outcome.kind == "throttled":
        return LIMIT_EXCEEDED
    try:
        answer = msgspec.json.decode(outcome.payload)
    except msgspec.MsgspecError:
        return FUNCTION_ERROR
    timed_out = isinstance(answer, dict) and answer.get("errorType") == _TIMED_OUT_TYPE
    return TIMED_OUT if timed_out else FUNCTION_ERROR


@dataclass(frozen=True, slots=True)
class Attempts:
    """How often a batch was sent to its function, and when the last try ended."""

    made: int
    ended_ms: int
    function_name: str


def failed_line(record: SourceRecord, failure: Failure, attempts: Attempts) -> bytes:
    """Return one JSON object and a newline; members, order and types as captured in 2025."""
    return (
        msgspec.json.encode(
            {
                "rawData": binascii.b2a_base64(record.data, newline=False).decode(),
                "errorCode": failure.code,
                "errorMessage": failure.message,
                "attemptsMade": attempts.made,
                "arrivalTimestamp": record.arrival_ms,
                "attemptEndingTimestamp": attempts.ended_ms,
                "lambdaARN": function_arn(attempts.function_name),
            }
        )
        + b"\n"
    )
