"""A reader of the stream that sleeps for longer than an iterator lives goes on where it was."""

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from core.clock import ManualClock
from core.errors import ServiceRefused
from local.kinesis import KinesisService
from local.simulation import slow_reader
from local.simulation.options import STREAM
from local.simulation.slow_reader import SlowReader, count_now
from local.stream_witness import StreamCount, count_stream

LINE = b'{"poll":"cube","device_id":"d","seq":1,"colour":"red","voted_at":1}\n'


class NeverAwake(SlowReader):
    """Sleeps before every read."""

    def get_records(self, *, ShardIterator: str, Limit: int) -> Mapping[str, Any]:
        self._clock.advance(301_000)
        return self._service.get_records(ShardIterator=ShardIterator, Limit=Limit)


def stream_of_many(folder: Path, clock: ManualClock) -> KinesisService:
    service = KinesisService(folder, clock, limits_enforced=False)
    service.create_stream(StreamName=STREAM, ShardCount=3)
    for start in range(0, 300, 100):
        entries = [{"Data": LINE, "PartitionKey": str(start + n)} for n in range(100)]
        service.put_records(StreamName=STREAM, Records=entries)
    return service


def count(reader: SlowReader, clock: ManualClock) -> StreamCount:
    now_ms = clock.now_ms()
    return count_stream(reader, STREAM, from_ms=0, until_ms=now_ms, on_progress=lambda lines: None)


def test_an_iterator_that_expired_is_asked_for_again_behind_the_last_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A24: the simulator found that a check which slept for five minutes failed."""
    monkeypatch.setattr(slow_reader, "_REST_CHANCE", 1.0)  # every other read
    clock = ManualClock()
    service = stream_of_many(tmp_path, clock)
    seen = count(SlowReader(service, clock, random.Random(1)), clock)
    assert (seen.lines, seen.by_minute) == (300, count_now(service).by_minute)
    service.close()


def test_a_reader_that_is_never_awake_says_so(tmp_path: Path) -> None:
    clock = ManualClock()
    service = stream_of_many(tmp_path, clock)
    with pytest.raises(ServiceRefused, match="sooner than they are used"):
        count(NeverAwake(service, clock, random.Random(1)), clock)
    service.close()
