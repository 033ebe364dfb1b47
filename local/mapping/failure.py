"""A discarded batch in, the key and JSON body that its destination gets out (clauses B31-B36)."""

import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import msgspec

from local.drawing import MappingSpec
from local.mapping.action import SendToDestination, SendToQueue
from local.mapping.event import function_arn, stream_arn
from local.mapping.lane import Farewell
from local.mapping.source import StreamRecord

Condition = Literal["RetryAttemptsExhausted", "RecordAgeExceeded"]  # clause B32


@dataclass(frozen=True, slots=True, kw_only=True)
class Discard:
    """Records that the mapping gives up on, and what it knows about their last invocation."""

    spec: MappingSpec
    shard_id: str
    records: Sequence[StreamRecord]
    event: bytes
    condition: Condition
    request_id: str  # empty where the function never ran
    invokes: int
    by_response: bool  # the last failure was a batchItemFailures response, not an error


def failure_key(discard: Discard, now_ms: int, rng: random.Random) -> str:
    """Return `aws/lambda/<mapping>/<shard>/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-<uuid>` (B36)."""
    now = datetime.fromtimestamp(now_ms // 1_000, UTC)
    folder = f"aws/lambda/{discard.spec.uuid}/{discard.shard_id}/{now:%Y/%m/%d}"
    return f"{folder}/{now:%Y-%m-%dT%H.%M.%S}-{random_uuid(rng)}"


def send_action(
    spec: MappingSpec, farewell: Farewell, lane: int, attempt_id: int
) -> SendToDestination | SendToQueue:
    """Return what brings a farewell to the mapping's destination."""
    if spec.failure_queue is not None:
        return SendToQueue(lane, attempt_id, spec.failure_queue, farewell.body)
    assert spec.failure_bucket is not None, "a farewell has somewhere to go"
    return SendToDestination(lane, attempt_id, spec.failure_bucket, farewell.key, farewell.body)


def failure_body(discard: Discard, now_ms: int, rng: random.Random) -> bytes:
    """Return what the destination gets.

    In a bucket `payload` is the whole event as an escaped JSON string (B36); a queue's message does
    not hold it (B35).
    """
    first, last = discard.records[0], discard.records[-1]
    body: dict[str, object] = {
        "requestContext": {
            "requestId": discard.request_id or random_uuid(rng),
            "functionArn": function_arn(discard.spec.function_name),
            "condition": discard.condition,
            # B33: 1 even where the function never ran.
            "approximateInvokeCount": max(1, discard.invokes),
        }
    }
    if discard.condition == "RetryAttemptsExhausted":  # B33: no response for an age
        body["responseContext"] = {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": None if discard.by_response else "Unhandled",
        }
    body |= {
        "version": "1.0",
        "timestamp": iso_ms(now_ms),
        "KinesisBatchInfo": {
            "shardId": discard.shard_id,
            "startSequenceNumber": str(first.sequence_number),
            "endSequenceNumber": str(last.sequence_number),
            "approximateArrivalOfFirstRecord": iso_ms(first.arrival_ms),
            "approximateArrivalOfLastRecord": iso_ms(last.arrival_ms),
            "batchSize": len(discard.records),
            "streamArn": stream_arn(discard.spec.stream_name),
        },
    }
    if discard.spec.failure_queue is None:
        body["payload"] = discard.event.decode()
    return msgspec.json.encode(body)


def iso_ms(epoch_ms: int) -> str:
    """Return a moment as `2019-11-14T00:38:06.021Z`."""
    moment = datetime.fromtimestamp(epoch_ms // 1_000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{epoch_ms % 1_000:03d}Z"


def random_uuid(rng: random.Random) -> str:
    """Return a version 4 UUID drawn from `rng`."""
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))
