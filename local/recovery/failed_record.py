"""An object of records that could not be refined in, its entries out (clauses C29, C30)."""

from base64 import b64decode
from typing import Any, Final

import msgspec

from local.recovery.entry import Entry, FailedRecord
from local.recovery.place import PlaceNames
from processors.lake import FAILURES_AMONG_ROWS

# The second is where they are with HistoryLoad=firehose: a Redshift destination has no prefix of
# its own for errors (C42).
PREFIXES: Final = ("errors/processing-failed/", FAILURES_AMONG_ROWS)


class _Failure(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A line of the object; older captures have numbers as text (C30)."""

    raw_data: str
    arrival_timestamp: int | str
    error_code: str | int = ""
    error_message: str = ""
    attempts_made: int | str = 0


_decoder = msgspec.json.Decoder(_Failure)


def read_failed_records(key: str, body: bytes) -> list[Entry]:
    """Return the records of an object, in its order; raise ValueError for one that is no such."""
    names = PlaceNames()
    entries: list[Entry] = []
    lines = [line for line in body.split(b"\n") if line.strip()]
    for number, line in enumerate(lines, 1):
        try:
            failure = _decoder.decode(line)
            data = b64decode(failure.raw_data, validate=True)
            arrival_ms = int(failure.arrival_timestamp)
        except (msgspec.MsgspecError, ValueError) as error:
            raise ValueError(f"line {number}: {error}") from error
        attempts = f"after {failure.attempts_made} attempts" if failure.attempts_made else ""
        said: tuple[Any, ...] = (failure.error_message, attempts)
        entries.append(
            FailedRecord(
                key=key,
                number=number,
                kind="history",
                reason=str(failure.error_code) or "processing-failed",
                arrival_ms=arrival_ms,
                data=data,
                detail=" ".join(filter(None, said)),
                sequence_number=names.next_name(data, arrival_ms),
            )
        )
    return entries
