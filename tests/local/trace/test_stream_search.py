"""Where a stream is read for one vote: the device's shard first, the others near it, all if not."""

from collections.abc import Mapping
from typing import Any

import pytest

from core.errors import ServiceRefused
from core.lane import explicit_hash_key, lane_of
from core.limits import LANES
from core.vote import Identity, encode_votes
from local.stream_witness import list_shards
from local.trace.limits import COPIES_MS
from local.trace.sighting import Sighting
from local.trace.stream_search import find_on_stream, likeliest_first
from tests.local.desk import STREAM
from tests.local.trace.desk import TraceDesk

WANTED = Identity("cube", "d", 1)


class Kinesis:
    """The desk's stream; it notes from when each shard is read, and may be busy."""

    def __init__(self, desk: TraceDesk, busy: int = 0) -> None:
        self._desk = desk
        self._busy = busy
        self.started: list[tuple[str, int]] = []

    def list_shards(self, **request: Any) -> Any:
        return self._desk.kinesis.list_shards(**request)

    def get_shard_iterator(self, **request: Any) -> Any:
        at = request.get("Timestamp")
        self.started.append((request["ShardId"], round(at.timestamp() * 1000) if at else 0))
        return self._desk.kinesis.get_shard_iterator(**request)

    def get_records(self, **request: Any) -> Mapping[str, Any]:
        if self._busy:
            self._busy -= 1
            raise Throttled
        return self._desk.kinesis.get_records(**request)


class Throttled(Exception):
    def __init__(self) -> None:
        self.response = {"Error": {"Code": "ProvisionedThroughputExceededException"}}


def put(desk: TraceDesk, seq: int, lane: int | None) -> None:
    """Put a vote into its lane's shard; None: into the first shard."""
    key = "0" if lane is None else explicit_hash_key(lane, LANES)
    desk.kinesis.put_record(
        StreamName=STREAM,
        Data=encode_votes([desk.vote(seq)]),
        PartitionKey="k",
        ExplicitHashKey=key,
    )


def find(desk: TraceDesk, kinesis: Kinesis, from_ms: int) -> list[Sighting]:
    return find_on_stream(kinesis, STREAM, WANTED, from_ms=from_ms, wait=desk.clock.advance)


def test_the_devices_shard_is_read_first_and_the_others_near_the_vote(desk: TraceDesk) -> None:
    from_ms = desk.clock.now_ms()
    desk.clock.advance(10 * COPIES_MS)
    put(desk, 1, lane_of("d", LANES))
    at_ms = desk.clock.now_ms()
    kinesis = Kinesis(desk)
    (found,) = find(desk, kinesis, from_ms)
    assert kinesis.started[0] == (found.place.shard, from_ms)
    assert [begin for _, begin in kinesis.started[1:]] == [at_ms - COPIES_MS] * 3


def test_a_vote_in_any_other_shard_is_found(desk: TraceDesk) -> None:
    shards = list_shards(desk.kinesis, STREAM)
    likely = likeliest_first(shards, WANTED)[0]
    first = shards[0]["ShardId"]
    assert likely != first, "the device's lane is in another shard"
    put(desk, 1, None)
    (found,) = find(desk, Kinesis(desk), 0)
    assert found.place.shard == first


def test_a_closed_shard_that_had_the_lane_is_read_first_as_well(desk: TraceDesk) -> None:
    put(desk, 1, lane_of("d", LANES))
    (before,) = find(desk, Kinesis(desk), 0)
    desk.kinesis.update_shard_count(
        StreamName=STREAM, TargetShardCount=8, ScalingType="UNIFORM_SCALING"
    )
    put(desk, 2, lane_of("d", LANES))
    order = likeliest_first(list_shards(desk.kinesis, STREAM), WANTED)
    assert order[0] == before.place.shard
    assert len(order) == len(set(order)) >= 12
    (found,) = find(desk, Kinesis(desk), 0)
    assert found.place == before.place


def test_a_busy_shard_is_waited_for_and_at_last_given_up(desk: TraceDesk) -> None:
    put(desk, 1, None)
    assert find(desk, Kinesis(desk, busy=5), 0)
    with pytest.raises(ServiceRefused, match="throttled"):
        find(desk, Kinesis(desk, busy=10**6), 0)
