"""An object of a batch that the mapping gave up on in, its entries out (clauses B31 to B36)."""

from base64 import b64decode
from datetime import datetime
from typing import Any, Final

import msgspec

from core.event_record import arrival_ms_of
from local.recovery.entry import GONE, WHOLE, Entry, FailedDelivery

PREFIX: Final = "aws/lambda/"


class _Context(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    function_arn: str
    condition: str
    approximate_invoke_count: int = 0


class _Discarded(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What of the object is used; the payload is the event, as text or as it is (B36)."""

    request_context: _Context
    payload: str | dict[str, Any]
    batch: dict[str, Any] = msgspec.field(name="KinesisBatchInfo")


class _Event(msgspec.Struct, frozen=True):
    Records: list[dict[str, Any]]


def read_failed_deliveries(key: str, body: bytes) -> list[Entry]:
    """Return the records of a batch, in its order; raise ValueError for an object of another kind.

    What an asynchronous invocation leaves has no batch (B52): it is refused.
    """
    try:
        discarded = msgspec.json.decode(body, type=_Discarded)
        payload = discarded.payload
        if isinstance(payload, str):
            event = msgspec.json.decode(payload, type=_Event)
        else:
            event = msgspec.convert(payload, _Event)
        return [
            *_gone(key, discarded, event),
            *(
                _entry(key, number, record, discarded.request_context)
                for number, record in enumerate(event.Records, 1)
            ),
        ]
    except (msgspec.MsgspecError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"no batch of a stream: {error}") from error


def _gone(key: str, discarded: _Discarded, event: _Event) -> list[Entry]:
    """Return an entry for records that the payload lacks: they were read back too late (B35)."""
    first = discarded.batch.get("startSequenceNumber")
    if first is None or any(each["kinesis"]["sequenceNumber"] == first for each in event.Records):
        return []
    arrived = datetime.fromisoformat(discarded.batch["approximateArrivalOfFirstRecord"])
    return [
        Entry(
            key=key,
            number=WHOLE,
            kind="live",
            reason=GONE,
            arrival_ms=round(arrived.timestamp() * 1000),
            data=b"",
            detail=f"records from {first} on had left the stream before they were read back: "
            "history has them, the tallies do not",
        )
    ]


def _entry(key: str, number: int, record: dict[str, Any], context: _Context) -> Entry:
    kinesis = record["kinesis"]
    return FailedDelivery(
        key=key,
        number=number,
        kind="live",
        reason=context.condition,
        arrival_ms=arrival_ms_of(record),
        data=b64decode(kinesis["data"]),
        detail=f"after {context.approximate_invoke_count} invocations",
        record=record,
        function=context.function_arn,
    )
