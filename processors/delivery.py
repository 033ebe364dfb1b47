"""Records of a Lambda event in, payloads with their place in the stream out."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from core.event_record import arrival_ms_of, shard_of
from core.keys import slot_of_hash, slot_of_lane
from core.record import Payload, read_payload, read_payloads
from core.verdict import Reason


@dataclass(frozen=True, slots=True)
class Delivery:
    """One payload as the stream delivered it; `record` is the index of its record in the event."""

    record: int
    shard: str
    sequence_number: str
    partition_key: str
    arrival_ms: int
    slot: int
    payload: Payload
    data: bytes

    def position(self, line: int) -> str:
        """Return the name of one line that no other delivery of other bytes shares."""
        return f"{self.shard}:{self.sequence_number}:{self.payload.subsequence}:{line}"


def read_event(records: Sequence[Mapping[str, Any]]) -> list[Delivery]:
    """Take the records of a Kinesis event apart (clauses B13, B14), in their order."""
    deliveries: list[Delivery] = []
    for index, record in enumerate(records):
        kinesis = record["kinesis"]
        data = msgspec.convert(kinesis["data"], bytes)  # base64, five times as fast as binascii
        shard, arrival_ms = shard_of(record), arrival_ms_of(record)
        key = str(kinesis["partitionKey"])
        for payload in _take_apart(data):
            deliveries.append(
                Delivery(
                    index,
                    shard,
                    str(kinesis["sequenceNumber"]),
                    key,
                    arrival_ms,
                    slot_of(payload, key),
                    payload,
                    data,
                )
            )
    return deliveries


def read_user_record(data: bytes, subsequence: int) -> Payload:
    """Read what somebody else took out of its record; a fault of ours parks it, and no other."""
    try:
        return read_payload(data, subsequence)
    except Exception:
        return Payload(subsequence, None, Reason.HANDLER_ERROR, data, 1)


def _take_apart(data: bytes) -> list[Payload]:
    """Read the payloads; a fault of ours in one record parks that record, and no other."""
    try:
        return read_payloads(data)
    except Exception:
        return [Payload(0, None, Reason.HANDLER_ERROR, data, 1)]


def slot_of(payload: Payload, partition_key: str) -> int:
    """Return the writer slot: by the lane, else by where the key falls in the hash space."""
    if payload.stamp is not None:
        return slot_of_lane(payload.stamp.lane, payload.stamp.lanes)
    digest = hashlib.md5(partition_key.encode(), usedforsecurity=False).digest()
    return slot_of_hash(int.from_bytes(digest, "big"))
