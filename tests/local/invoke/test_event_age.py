"""What waits for a worker is not done: the oldest record in the queue says how far all is done."""

import json
from pathlib import Path

from local.consumers import Consumers, ShardProgress
from local.invoke.async_queue import AsyncQueue
from local.invoke.event_age import EventAges


def chunk(*arrivals_s: float) -> bytes:
    records = [{"kinesis": {"data": "", "approximateArrivalTimestamp": s}} for s in arrivals_s]
    return json.dumps({"Records": records}).encode()


def test_the_oldest_record_of_all_events_counts_until_its_event_is_done(tmp_path: Path) -> None:
    """B56: the stream's positions are beyond it."""
    queue = AsyncQueue(tmp_path / "async.sqlite")
    ages = EventAges(queue)
    assert ages.oldest_arrival_ms() is None
    payloads = [chunk(12.5, 11.25), chunk(10.001), b'{"other":1}', b"[]", chunk()]
    queue.put([(f"r{n}", "worker", payload, 99_000) for n, payload in enumerate(payloads)])
    assert ages.oldest_arrival_ms() == 10_001
    first, second, *others = queue.due(99_000, count_max=9, but=())
    queue.remove(second)
    assert ages.oldest_arrival_ms() == 11_250
    assert EventAges(queue).oldest_arrival_ms() == 11_250, "after a restart, too"
    queue.remove(first)
    assert ages.oldest_arrival_ms() is None
    assert len(queue) == len(others) == 3
    queue.close()


def test_consumers_have_not_done_what_waits_for_a_worker() -> None:
    shards = (ShardProgress("M", "s", 5, 5),)
    earlier = Consumers(0, 1_000, shards, as_of_ms=1_000)
    held = Consumers(0, 900, shards, as_of_ms=2_000, events_oldest_ms=1_000)
    assert not held.have_done(earlier)
    assert not held.caught_up
    newer = Consumers(0, 1_001, shards, as_of_ms=2_000, events_oldest_ms=1_001)
    assert newer.have_done(earlier)
    assert not newer.caught_up
    assert earlier.caught_up
