"""A transform function's answer in, a verdict for each record that was sent out (C21-C24).

The answer is final, however wrong it is (C24), and judged record by record (C23). Where sources
are silent (H6), base64 that is none and a result that nobody knows are InvalidReturnFormat.
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec


class Failure(NamedTuple):
    """Why a record goes to the error prefix, in AWS's words."""

    code: str
    message: str


Verdict = bytes | Failure | None  # the data to deliver; why not; or dropped, without a trace (C22)

FAILED_STATUS: Final = Failure(
    "Lambda.ProcessingFailedStatus", "ProcessingFailed status set for record"
)
MISSING: Final = Failure(
    "Lambda.MissingRecordId",
    "One or more record Ids were not returned. Ensure that the Lambda function returns all "
    "received record Ids.",
)
DUPLICATED: Final = Failure(
    "Lambda.DuplicatedRecordId",
    "Multiple records were returned with the same record Id. Ensure that the Lambda function "
    "returns a unique record Id for each record.",
)
NO_DATA: Final = Failure(
    "Lambda.InvalidReturnFormat",
    "The data field cannot be null when the SourceType is DirectPut or KinesisStreamAsSource and "
    "processing result is Ok.",
)
NOT_BASE64: Final = Failure(
    "Lambda.InvalidReturnFormat", "The data field is not a string of valid base64."
)
NO_RESULT: Final = Failure(
    "Lambda.InvalidReturnFormat",
    "The result field is not one of Ok, Dropped and ProcessingFailed.",
)


class _Answer(msgspec.Struct, gc=False):
    recordId: str  # noqa: N815 - AWS's name
    result: str
    data: bytes | None = None


class _Response(msgspec.Struct, gc=False):
    records: list[_Answer]


_DECODER: Final = msgspec.json.Decoder(_Response)


def verdicts(payload: bytes, record_ids: Sequence[str]) -> list[Verdict]:
    """Return what becomes of each record, in the order of `record_ids`; never raises."""
    try:
        answers = _DECODER.decode(payload).records
    except msgspec.MsgspecError:
        found = _found_one_by_one(payload)
    else:
        found = _collected((answer.recordId, _verdict(answer)) for answer in answers)
    return [found.get(record_id, MISSING) for record_id in record_ids]


def _collected(answers: Any) -> Mapping[str, Verdict]:
    found: dict[str, Verdict] = {}
    for record_id, verdict in answers:
        found[record_id] = DUPLICATED if record_id in found else verdict
    return found


def _verdict(answer: _Answer) -> Verdict:
    match answer.result:
        case "Ok":
            return NO_DATA if answer.data is None else answer.data
        case "Dropped":
            return None
        case "ProcessingFailed":
            return FAILED_STATUS
        case _:
            return NO_RESULT


def _found_one_by_one(payload: bytes) -> Mapping[str, Verdict]:
    """Judge an answer that is malformed somewhere: the records around that are good."""
    try:
        response = msgspec.json.decode(payload)
    except (msgspec.MsgspecError, RecursionError):
        return {}
    entries = response.get("records") if isinstance(response, dict) else None
    if not isinstance(entries, list):
        return {}
    return _collected(
        (entry["recordId"], _loose_verdict(entry))
        for entry in entries
        if isinstance(entry, dict) and isinstance(entry.get("recordId"), str)
    )


def _loose_verdict(entry: Mapping[str, Any]) -> Verdict:
    result, data = entry.get("result"), entry.get("data")
    if not isinstance(result, str):
        return NO_RESULT
    if result != "Ok" or data is None:
        return _verdict(_Answer("", result))
    if not isinstance(data, str):
        return NOT_BASE64
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        return NOT_BASE64
