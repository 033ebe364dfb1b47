"""Parked lines in, one object a record in the lake out: nothing is lost, all is named."""

import base64
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from core.clients import ObjectClient
from processors.delivery import Delivery
from processors.fold import ParkedLine

PREFIX: Final = "parked"


def parked_key(delivery: Delivery) -> str:
    """Return the object's key: arrival date, shard, sequence and subsequence, so twice is once."""
    day = datetime.fromtimestamp(delivery.arrival_ms / 1000, UTC).strftime("%Y/%m/%d")
    name = f"{delivery.shard}-{delivery.sequence_number}-{delivery.payload.subsequence}"
    return f"{PREFIX}/{day}/{name}.json"


def parked_object(delivery: Delivery, lines: Sequence[ParkedLine]) -> bytes:
    """Return what is kept: the record's own bytes, and each parked line with its reason."""
    kept: dict[str, Any] = {
        "v": 1,
        "shard": delivery.shard,
        "sequence_number": delivery.sequence_number,
        "subsequence": delivery.payload.subsequence,
        "partition_key": delivery.partition_key,
        "arrived_at": delivery.arrival_ms,
        "lines": [
            {"line": line.number, "poll": line.poll, "reason": line.reason.value}
            for line in sorted(lines)
        ],
        "data": base64.b64encode(delivery.data).decode(),
    }
    return msgspec.json.encode(kept)


class ParkingLot:
    """Puts parked records into the lake; within a call an object only gains lines."""

    def __init__(self, client: ObjectClient, *, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def park(
        self, lines: Sequence[tuple[Delivery, ParkedLine]], kept: dict[str, set[ParkedLine]]
    ) -> None:
        """Put one object for each record among `lines`; `kept` remembers this call's objects."""
        changed: dict[str, Delivery] = {}
        for delivery, line in lines:
            key = parked_key(delivery)
            if line not in kept.setdefault(key, set()):
                kept[key].add(line)
                changed[key] = delivery
        for key, delivery in changed.items():
            body = parked_object(delivery, list(kept[key]))
            self._client.put_object(Bucket=self._bucket, Key=key, Body=body)
