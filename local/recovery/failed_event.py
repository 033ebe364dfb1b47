"""An object of an asynchronous event that Lambda gave up on in, its entries out (clause B52).

In fan-out mode that event is a chunk of the stream, so its records are entries like those of a
batch that a mapping gave up on, and go the same way back: to the function, place and arrival kept.
"""

from base64 import b64decode
from typing import Any, Final

import msgspec

from core.event_record import arrival_ms_of
from local.recovery.entry import Entry, FailedDelivery
from local.recovery.failed_delivery import read_failed_deliveries

PREFIX: Final = "aws/lambda/async/"


class _Context(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    function_arn: str
    condition: str
    approximate_invoke_count: int = 0


class _Chunk(msgspec.Struct, frozen=True):
    Records: list[dict[str, Any]]


class _GivenUp(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    request_context: _Context
    request_payload: _Chunk


def read_failed(key: str, body: bytes) -> list[Entry]:
    """Return the records of whatever lies at a key; raise ValueError for what holds none."""
    if key.startswith(PREFIX):
        return read_failed_events(key, body)
    return read_failed_deliveries(key, body)


def read_failed_events(key: str, body: bytes) -> list[Entry]:
    """Return the records of a chunk, in its order; raise ValueError for an object of another kind.

    A record that went by reference has its data elsewhere: the entry's is empty, and whoever
    applies it finds the rest.
    """
    try:
        given_up = msgspec.json.decode(body, type=_GivenUp)
        return [
            _entry(key, number, record, given_up.request_context)
            for number, record in enumerate(given_up.request_payload.Records, 1)
        ]
    except (msgspec.MsgspecError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"no chunk of a stream: {error}") from error


def _entry(key: str, number: int, record: dict[str, Any], context: _Context) -> Entry:
    kinesis = record["kinesis"]
    return FailedDelivery(
        key=key,
        number=number,
        kind="live",
        reason=context.condition,
        arrival_ms=arrival_ms_of(record),
        data=b64decode(kinesis.get("data", "")),
        detail=f"after {context.approximate_invoke_count} invocations",
        record=record,
        function=context.function_arn,
    )
