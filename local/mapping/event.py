"""Kinesis records in, the JSON bytes of the event that a function gets out (B13, B14)."""

from collections.abc import Iterable
from typing import Final

import msgspec

from local.mapping.source import StreamRecord

ACCOUNT: Final = "000000000000"
REGION: Final = "us-east-1"
_EVENT_START: Final = b'{"Records":['
_EVENT_END: Final = b"]}"
_RECORD_START: Final = b'{"kinesis":{"kinesisSchemaVersion":"1.0","partitionKey":'


def stream_arn(stream_name: str) -> str:
    return f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/{stream_name}"


def function_arn(function_name: str) -> str:
    """Return the unqualified ARN: failure records of a mapping carry no version (B34)."""
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function_name}"


class EventFormat:
    """How the records of one shard are written; everything but the record itself is made once.

    The bytes are put together by hand: encoding base64 (msgspec's way to write bytes) is then all
    that a record costs.
    """

    def __init__(self, *, stream_name: str, shard_id: str, function_name: str) -> None:
        def quoted(text: str) -> bytes:
            return msgspec.json.encode(text)

        role = f"arn:aws:iam::{ACCOUNT}:role/{function_name}-role"
        self._event_id_start = (
            b'},"eventSource":"aws:kinesis","eventVersion":"1.0","eventID":'
            + (quoted(f"{shard_id}:")[:-1])
        )
        self._record_end = (
            b'","eventName":"aws:kinesis:record","invokeIdentityArn":'
            + quoted(role)
            + b',"awsRegion":'
            + quoted(REGION)
            + b',"eventSourceARN":'
            + quoted(stream_arn(stream_name))
            + b"}"
        )

    def event(self, records: Iterable[StreamRecord]) -> bytes:
        """Return `{"Records": [...]}` as UTF-8 JSON."""
        parts = [_EVENT_START]
        for record in records:
            before, after = self._around_data(record)
            parts += (before, msgspec.json.encode(record.data), after, b",")
        if len(parts) > 1:
            parts.pop()  # the last comma
        parts.append(_EVENT_END)
        return b"".join(parts)

    def size(self, record: StreamRecord) -> int:
        """Return how many bytes the record takes in an event, its comma included."""
        before, after = self._around_data(record)
        return len(before) + _base64_size(record.data) + len(after) + 1

    def _around_data(self, record: StreamRecord) -> tuple[bytes, bytes]:
        """Return what stands before and after the record's data."""
        sequence = b"%d" % record.sequence_number
        seconds, milliseconds = divmod(record.arrival_ms, 1_000)
        key = msgspec.json.encode(record.partition_key)
        before = b'%b%b,"sequenceNumber":"%b","data":' % (_RECORD_START, key, sequence)
        after = b',"approximateArrivalTimestamp":%d.%03d%b%b%b' % (
            seconds,
            milliseconds,
            self._event_id_start,
            sequence,
            self._record_end,
        )
        return before, after


def _base64_size(data: bytes) -> int:
    """Return how long the data is in base64, its quotes included."""
    return (len(data) + 2) // 3 * 4 + 2


EVENT_FRAME_BYTES: Final = len(_EVENT_START) + len(_EVENT_END)
