"""A stream in, the same stream for a reader that rests so long that its iterators expire, out."""

import random
from collections.abc import Mapping
from typing import Any, Final

from core.clock import ManualClock
from local.kinesis import KinesisService
from local.simulation.options import STREAM
from local.stream_witness import StreamCount

_REST_MS: Final = 301_000  # an iterator lives for five minutes (A24)
_REST_CHANCE: Final = 0.3
_EVERYTHING: Final = 2**31


class SlowReader:
    """What `local.stream_witness` reads; pages are small, so that there are many rests."""

    def __init__(self, service: KinesisService, clock: ManualClock, rng: random.Random) -> None:
        self._service = service
        self._clock = clock
        self._rng = rng
        self._rested = False

    def list_shards(self, **request: Any) -> Mapping[str, Any]:
        return self._service.list_shards(**request)

    def get_shard_iterator(self, **request: Any) -> Mapping[str, Any]:
        return self._service.get_shard_iterator(**request)

    def get_records(self, *, ShardIterator: str, Limit: int) -> Mapping[str, Any]:
        self._rested = not self._rested and self._rng.random() < _REST_CHANCE
        if self._rested:
            self._clock.advance(_REST_MS)
        return self._service.get_records(ShardIterator=ShardIterator, Limit=20)


def count_now(service: KinesisService) -> StreamCount:
    """Count what the stream holds now, each shard read at once."""
    count = StreamCount()
    for shard in service.shards(STREAM):
        result = service.read(
            STREAM, shard.shard_id, after=0, records_max=_EVERYTHING, bytes_max=_EVERYTHING
        )
        for record in result.records:
            count.add(record.data, record.arrival_ms)
    return count
