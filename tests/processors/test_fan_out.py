"""Dispatcher and workers: what is handed over, what is not, and counts that stay exact."""

import io
import json
import random
from collections.abc import Mapping
from typing import Any

import pytest

from core.errors import ChunkUnfinished
from processors import chunk
from processors.dispatch import Dispatcher
from processors.reply import partial_reply
from processors.work import Worker, check_finished
from tests.processors.room import Record, Room, stamped


class Functions:
    """Lambda: keeps events; a call may be refused, or its answer lost."""

    def __init__(self) -> None:
        self.events: list[bytes] = []
        self.refused: set[int] = set()
        self.lost: set[int] = set()
        self.calls = 0

    def invoke(self, *, FunctionName: str, InvocationType: str, Payload: bytes) -> Any:
        assert (FunctionName, InvocationType) == ("worker", "Event")
        self.calls += 1
        if self.calls in self.refused:
            raise ConnectionRefusedError("connection refused")
        self.events.append(Payload)
        if self.calls in self.lost:
            raise TimeoutError("read timed out")
        return {"StatusCode": 202}


class Lake:
    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.away = False

    def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> Mapping[str, Any]:
        if self.away:
            raise ConnectionRefusedError("connection refused")
        self.objects[Key] = Body
        return {}

    def get_object(self, *, Bucket: str, Key: str) -> Mapping[str, Any]:
        if self.away:
            raise ConnectionRefusedError("connection refused")
        return {"Body": io.BytesIO(self.objects[Key])}


class FanOut:
    """A room with a dispatcher before it."""

    def __init__(self, bytes_max: int = 1_500) -> None:
        self.room = Room()
        self.functions = Functions()
        self.lake = Lake()
        self.dispatcher = Dispatcher(self.functions, "worker", self.lake, "cube-lake", bytes_max)

    def worker(self) -> Worker:
        return Worker(self.room.processor(), self.lake, "cube-lake")

    def work(self, event: bytes) -> None:
        check_finished(self.worker().run(json.loads(event)))


def batches(room: Room, count: int, *, lanes: int = 2) -> list[Record]:
    """Return batches of two votes each, in turn on each lane."""
    records = []
    for n in range(count):
        lane, number = n % lanes, n // lanes + 1
        votes = [room.vote(10 * n + i, device_id=f"d{lane}") for i in range(2)]
        data = stamped(votes, number, lane=lane)
        records.append(room.record(data, partition_key=f"p-{lane:04d}"))
    return records


def test_every_record_is_handed_over_and_counted_once() -> None:
    fan_out = FanOut()
    records = batches(fan_out.room, 8)
    outcome = fan_out.dispatcher.run(records)
    assert partial_reply(outcome.failed_record, records) == {"batchItemFailures": []}
    assert outcome.chunks == len(fan_out.functions.events) > 1
    assert outcome.bytes_sent == sum(map(len, fan_out.functions.events))
    for event in fan_out.functions.events:
        fan_out.work(event)
    assert fan_out.room.table.totals() == {"red": 16}


def test_chunks_may_come_late_twice_and_in_any_order() -> None:
    """B51: at least once, and order is not kept."""
    for seed in range(10):
        fan_out = FanOut(bytes_max=900)
        fan_out.dispatcher.run(batches(fan_out.room, 12, lanes=3))
        events = fan_out.functions.events * 2
        random.Random(seed).shuffle(events)
        for event in events:
            fan_out.work(event)
        assert fan_out.room.table.totals() == {"red": 24}
        assert [fan_out.room.table.lane(lane=n).missing() for n in range(3)] == [0, 0, 0]


def test_the_mapping_hears_of_the_first_record_that_no_worker_has() -> None:
    """B25: what was handed over behind it comes again, and is counted once."""
    fan_out = FanOut()
    fan_out.functions.refused = {2}
    records = batches(fan_out.room, 8)
    first, *left = chunk.split(records, bytes_max=1_500)
    outcome = fan_out.dispatcher.run(records)
    assert outcome.failed_record == min(index for each in left for index in each.records)
    assert "connection refused" in outcome.error
    assert max(first.records) > outcome.failed_record, (
        "lanes alternate: some went before their turn"
    )
    assert fan_out.functions.calls == 2, "nothing is tried in vain"
    fan_out.dispatcher.run(records[outcome.failed_record :])
    for event in fan_out.functions.events:
        fan_out.work(event)
    assert fan_out.room.table.totals() == {"red": 16}


def test_a_lost_answer_hands_over_twice_and_counts_once() -> None:
    fan_out = FanOut()
    fan_out.functions.lost = {1}
    records = batches(fan_out.room, 4)
    assert fan_out.dispatcher.run(records).failed_record == 0
    assert fan_out.dispatcher.run(records).failed_record is None
    for event in fan_out.functions.events:
        fan_out.work(event)
    assert fan_out.room.table.totals() == {"red": 8}


def test_a_large_record_is_in_the_lake_before_its_worker_is_asked() -> None:
    fan_out = FanOut(bytes_max=700)
    votes = [fan_out.room.vote(n) for n in range(20)]
    records = [fan_out.room.record(stamped(votes, 1))]
    fan_out.lake.away = True
    assert fan_out.dispatcher.run(records).failed_record == 0
    assert not fan_out.functions.events
    fan_out.lake.away = False
    assert fan_out.dispatcher.run(records).objects == 1
    (event,) = fan_out.functions.events
    fan_out.lake.away = True
    with pytest.raises(ConnectionRefusedError):
        fan_out.work(event)
    fan_out.lake.away = False
    fan_out.work(event)
    assert fan_out.room.table.totals() == {"red": 20}


def test_a_worker_that_cannot_finish_raises_and_goes_on_where_it_stopped() -> None:
    """B50: Lambda tries again when a function raises, whatever it would have answered."""
    fan_out = FanOut(bytes_max=100_000)
    room = fan_out.room
    fan_out.dispatcher.run(batches(room, 3, lanes=1) + batches(room, 1, lanes=1))
    (event,) = fan_out.functions.events

    def away(call: int) -> None:
        raise ConnectionRefusedError("connection refused")

    room.table.before = away
    with pytest.raises(ChunkUnfinished, match=r"record 1 of 4.*connection refused"):
        fan_out.work(event)
    room.table.before = lambda call: None
    fan_out.work(event)
    assert room.table.totals() == {"red": 6}


def test_cutting_a_lane_loses_its_order_and_counts_exactly_all_the_same() -> None:
    """A planted fault: a dispatcher that cuts lanes. Lane states keep counts exact, not order."""
    fan_out = FanOut(bytes_max=600)  # a batch a chunk: a lane has four workers
    records = batches(fan_out.room, 4, lanes=1)
    fan_out.dispatcher.run(records)
    assert len(fan_out.functions.events) == 4
    highs, gaps, late = [], [], []
    for event in reversed(fan_out.functions.events):
        late.append(fan_out.worker().run(json.loads(event)).late)
        highs.append(fan_out.room.table.lane().high)
        gaps.append(fan_out.room.table.lane().missing())
    assert highs == [4, 4, 4, 4], "in order it would be 1, 2, 3, 4"
    assert gaps == [3, 2, 1, 0]
    assert late == [0, 1, 1, 1], "each but the first comes after a later one"
    assert fan_out.room.table.totals() == {"red": 8}


def test_ordered_and_fanned_out_deliveries_of_the_same_records_count_once() -> None:
    """A switch in mid-flight: the same records reach the processor both ways."""
    fan_out = FanOut()
    records = batches(fan_out.room, 8)
    fan_out.dispatcher.run(records)
    first, *others = fan_out.functions.events
    fan_out.work(first)
    assert fan_out.room.run(*records).failed_record is None
    for event in others:
        fan_out.work(event)
    assert fan_out.room.table.totals() == {"red": 16}


def test_a_worker_that_loses_again_and_again_steps_back() -> None:
    """Workers meet at lanes: without a pause the slower one would lose until it gives up."""
    fan_out = FanOut(bytes_max=100_000)
    room = fan_out.room
    first, second, third = batches(room, 3, lanes=1)
    fan_out.dispatcher.run([third])
    rivals = [first, second]
    losses = 5

    def overtake(call: int) -> None:
        """Move the lane on under the worker's feet, by whatever means."""
        nonlocal losses
        if losses:
            losses -= 1
            item = room.table.items("lane#p")[0] if room.table.items("lane#p") else None
            if item is None:
                room.table.before = lambda call: None
                room.run(rivals.pop(0))
                room.table.before = overtake
                return
            room.table.service.update_item(
                TableName="tallies",
                Key={"pk": {"S": "lane#p"}, "sk": {"S": str(item["sk"])}},
                UpdateExpression="SET rev = rev + :one",
                ExpressionAttributeValues={":one": {"N": "1"}},
            )

    room.table.before = overtake
    (event,) = fan_out.functions.events
    outcome = fan_out.worker().run(json.loads(event))
    assert outcome.failed_record is None
    assert outcome.retries == 5
    assert len(room.waits_ms) == 3, "the first two losses are planned again at once"
    assert room.table.totals() == {"red": 4}
