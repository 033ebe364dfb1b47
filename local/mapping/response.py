"""A function's outcome in, what it means for the batch out (clauses B16, B19, B24-B28)."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from local.invoke.outcome import Outcome
from local.mapping.source import StreamRecord


@dataclass(frozen=True, slots=True)
class Done:
    """Every record of the batch is done."""


@dataclass(frozen=True, slots=True)
class DoneBefore:
    """Records before `index` (at least one) are done; from there on all is retried (B25)."""

    index: int


@dataclass(frozen=True, slots=True)
class Failed:
    """No record is done. `by_response` says that the function itself ran to its end (B33)."""

    by_response: bool


@dataclass(frozen=True, slots=True)
class NotRun:
    """A throttle or a service error: the function did not see the batch (B19)."""


Meaning = Done | DoneBefore | Failed | NotRun


def meaning_of(outcome: Outcome, records: Sequence[StreamRecord], *, report: bool) -> Meaning:
    """Return what an outcome says about a batch; `report` is ReportBatchItemFailures."""
    if outcome.kind in ("throttled", "service_error"):
        return NotRun()
    if outcome.kind == "function_error":
        return Failed(by_response=False)
    if not report:
        return Done()  # the return value is ignored (B16, B24)
    return _meaning_of_response(outcome.payload, records)


def _meaning_of_response(payload: bytes, records: Sequence[StreamRecord]) -> Meaning:
    try:
        response = msgspec.json.decode(payload) if payload else None
    except msgspec.DecodeError:
        return Failed(by_response=True)
    if response is None or response == "" or response == []:
        return Done()  # B26
    if not isinstance(response, dict):
        return Failed(by_response=True)
    failures = response.get("batchItemFailures")
    if failures is None or failures == []:
        return Done()  # B26
    if not isinstance(failures, list):
        return Failed(by_response=True)
    index_of = {str(record.sequence_number): index for index, record in enumerate(records)}
    indices: list[int] = []
    for failure in failures:
        identifier = failure.get("itemIdentifier") if isinstance(failure, dict) else None
        if not isinstance(identifier, str) or identifier not in index_of:
            return Failed(by_response=True)  # B27: nothing in the answer can be trusted
        indices.append(index_of[identifier])
    lowest = min(indices)
    return DoneBefore(lowest) if lowest else Failed(by_response=True)
