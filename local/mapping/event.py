"""Kinesis records in, the JSON bytes of the event that a function gets out (B13, B14)."""

import binascii
from collections.abc import Iterable
from typing import Final

import msgspec

from local.mapping.source import StreamRecord

ACCOUNT: Final = "000000000000"
REGION: Final = "us-east-1"
_EVENT_START: Final = b'{"Records":['
_EVENT_END: Final = b"]}"


def stream_arn(stream_name: str) -> str:
    return f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/{stream_name}"


def function_arn(function_name: str) -> str:
    """Return the unqualified ARN: failure records of a mapping carry no version (B34)."""
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function_name}"


class EventFormat:
    """How the records of one shard are written; everything but the record itself is made once.

    The bytes are put together by hand: encoding base64 is then all that a record costs.
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
        return _EVENT_START + b",".join(map(self._record, records)) + _EVENT_END

    def size(self, record: StreamRecord) -> int:
        """Return how many bytes the record takes in an event, its comma included."""
        fixed = len(self._record(record, b"")) + 1
        return fixed + (len(record.data) + 2) // 3 * 4

    def _record(self, record: StreamRecord, data: bytes | None = None) -> bytes:
        sequence = b"%d" % record.sequence_number
        seconds, milliseconds = divmod(record.arrival_ms, 1_000)
        return b"".join(
            (
                b'{"kinesis":{"kinesisSchemaVersion":"1.0","partitionKey":',
                msgspec.json.encode(record.partition_key),
                b',"sequenceNumber":"',
                sequence,
                b'","data":"',
                binascii.b2a_base64(record.data if data is None else data, newline=False),
                b'","approximateArrivalTimestamp":%d.%03d' % (seconds, milliseconds),
                self._event_id_start,
                sequence,
                self._record_end,
            )
        )


EVENT_FRAME_BYTES: Final = len(_EVENT_START) + len(_EVENT_END)
