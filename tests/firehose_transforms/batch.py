"""Bytes in, a Firehose event around them out, and the rows of its answers: for tests."""

import base64
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from core.row import Row
from firehose_transforms.transform import transform_records

ARRIVAL_MS: Final = 1_790_000_000_000
SEQUENCE_NUMBER: Final = "49590338271490256608559692538361571095921575989136588898"
Record = dict[str, Any]


def source_record(
    data: bytes, *, index: int = 0, arrival_ms: int = ARRIVAL_MS, subsequence: int = 0
) -> Record:
    """Return a record as Firehose hands it to the function (C18 to C20)."""
    sequence_number = str(int(SEQUENCE_NUMBER) + index)
    return {
        "recordId": f"shardId-000000000002{sequence_number}{subsequence:012d}",
        "approximateArrivalTimestamp": arrival_ms,
        "data": base64.b64encode(data).decode(),
        "kinesisRecordMetadata": {
            "sequenceNumber": sequence_number,
            "subsequenceNumber": subsequence,
            "partitionKey": "k",
            "shardId": "shardId-000000000002",
            "approximateArrivalTimestamp": arrival_ms,
        },
    }


def source_event(records: Sequence[Record]) -> dict[str, Any]:
    return {
        "invocationId": "11111111-2222-3333-4444-555555555555",
        "deliveryStreamArn": "arn:aws:firehose:us-east-1:000000000000:deliverystream/votes-to-lake",
        "region": "us-east-1",
        "sourceKinesisStreamArn": "arn:aws:kinesis:us-east-1:000000000000:stream/votes",
        "records": list(records),
    }


def rows_of(data: bytes, *, arrival_ms: int = ARRIVAL_MS, subsequence: int = 0) -> list[Row]:
    """Return the rows that one record becomes."""
    record = source_record(data, arrival_ms=arrival_ms, subsequence=subsequence)
    (answer,), summary = transform_records([record])
    assert answer["result"] == "Ok", summary
    rows = read_rows(answer)
    assert (summary.records, summary.rows, summary.failed) == (1, len(rows), 0)
    assert summary.parked == sum(row.parked_reason is not None for row in rows)
    return rows


def read_rows(answer: dict[str, str]) -> list[Row]:
    """Decode an answer's rows strictly: each a line with its newline, no unknown member."""
    text = base64.b64decode(answer["data"], validate=True)
    assert text.endswith(b"\n")
    return [msgspec.json.decode(line, type=Row, strict=True) for line in text[:-1].split(b"\n")]
