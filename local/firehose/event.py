"""Source records in, the JSON bytes of the event that a transform function gets out (C18-C20)."""

import random
from collections.abc import Iterable
from typing import Final

import msgspec

from local.firehose.source_record import SourceRecord
from local.mapping.event import ACCOUNT, REGION, stream_arn
from local.mapping.failure import random_uuid

_SEQUENCE_DIGITS: Final = 60  # a sequence number has up to 56
_RECORD_BYTES: Final = 420  # what stands around a record's key and data, with room for digits
EVENT_FRAME_BYTES: Final = 1_000  # what stands around the records: three names of 128 at most


def delivery_stream_arn(name: str) -> str:
    return f"arn:aws:firehose:{REGION}:{ACCOUNT}:deliverystream/{name}"


def record_id(shard_id: str, record: SourceRecord) -> str:
    """Return the id that an answer echoes; it looks like AWS's of 2025, and is opaque (C19)."""
    sequence = f"{record.sequence_number:0{_SEQUENCE_DIGITS}d}"
    return f"{shard_id}{sequence}{record.subsequence:012d}"


def record_bytes(record: SourceRecord) -> int:
    """Return how many bytes the record takes in an event at most."""
    key_bytes = len(msgspec.json.encode(record.partition_key))
    return _RECORD_BYTES + key_bytes + (len(record.data) + 2) // 3 * 4


class EventFormat:
    """How events of one delivery stream are written, put together by hand: base64 is what costs."""

    def __init__(self, *, delivery_name: str, stream_name: str) -> None:
        def quoted(text: str) -> bytes:
            return msgspec.json.encode(text)

        self._after_id = (
            b'","deliveryStreamArn":'
            + quoted(delivery_stream_arn(delivery_name))
            + b',"region":'
            + quoted(REGION)
            + b',"sourceKinesisStreamArn":'
            + quoted(stream_arn(stream_name))
            + b',"records":['
        )

    def event(self, shard_id: str, records: Iterable[SourceRecord], rng: random.Random) -> bytes:
        """Return the event of one invocation as UTF-8 JSON, in AWS's own order of members."""
        parts = [b'{"invocationId":"', random_uuid(rng).encode(), self._after_id]
        for record in records:
            arrival = b'"approximateArrivalTimestamp":%d' % record.arrival_ms
            parts.append(
                b'{"recordId":"%b",%b,"data":' % (record_id(shard_id, record).encode(), arrival)
            )
            parts.append(msgspec.json.encode(record.data))
            parts.append(
                b',"kinesisRecordMetadata":{"sequenceNumber":"%d","subsequenceNumber":%d,'
                b'"partitionKey":%b,"shardId":"%b",%b}}'
                % (
                    record.sequence_number,
                    record.subsequence,
                    msgspec.json.encode(record.partition_key),
                    shard_id.encode(),
                    arrival,
                )
            )
            parts.append(b",")
        assert len(parts) > 3, "an event has records"
        parts[-1] = b"]}"
        return b"".join(parts)
