"""Past the stream's limits: who waits, who goes on, what is said, and that memory stays bounded."""

import random
import tracemalloc
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core import limits
from core.clients import Reply
from core.errors import UsageError
from core.record import read_payloads
from local.kinesis import KinesisService
from local.kinesis.refusal import rate_exceeded_message
from local.load import run_load, throttle_note
from local.load_plan import LoadPlan, LoadReport, Progress
from local.overload import open_shards, overload_rate
from tests.local.desk import STREAM, Desk, Haste

HOT = "shardId-000000000002"
HOT_LANE = 5
THROTTLED = "ProvisionedThroughputExceededException"


class HotLane:
    """A stream one of whose lanes has a shard that takes nothing more, until it is let."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.hot = True

    def put_records(self, *, StreamName: str, Records: Sequence[Mapping[str, Any]]) -> Reply:
        refused = {
            "ErrorCode": THROTTLED,
            "ErrorMessage": rate_exceeded_message(StreamName, HOT),
        }
        wanted = [entry for entry in Records if not self._is_hot(entry)]
        taken: Iterator[Mapping[str, Any]] = iter(())
        if wanted:
            reply = self._desk.put_records(StreamName=STREAM, Records=wanted)
            taken = iter(reply["Records"])
        return {"Records": [refused if self._is_hot(entry) else next(taken) for entry in Records]}

    def _is_hot(self, entry: Mapping[str, Any]) -> bool:
        return self.hot and str(entry["PartitionKey"]).endswith(f"-{HOT_LANE:04d}")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path / "desk")
    yield desk
    desk.close()


@pytest.fixture
def plan(tmp_path: Path) -> LoadPlan:
    return LoadPlan(
        rate=20_000, outbox=tmp_path / "outbox", stream=STREAM, votes=40_000, devices=500, seed=3
    )


def run(
    plan: LoadPlan, desk: Desk, client: Any, on_progress: Callable[[Progress], None]
) -> LoadReport:
    return run_load(
        plan,
        client=client,
        clock=desk.clock,
        rng=random.Random(1),
        on_progress=on_progress,
        stop=desk.stop,
        abort=Haste(desk.clock),
    )


def lines_by_lane(desk: Desk) -> dict[int, int]:
    lanes: dict[int, int] = {}
    for _, record in desk.records():
        for payload in read_payloads(record.data):
            assert payload.stamp is not None
            lanes[payload.stamp.lane] = lanes.get(payload.stamp.lane, 0) + payload.stamp.votes
    desk.rewind()
    return lanes


def test_a_hot_lane_waits_and_no_other_does(plan: LoadPlan, desk: Desk) -> None:
    """The hot lane fills its share of the outbox; 31 lanes go on at their pace."""
    stream = HotLane(desk)
    small = replace(plan, votes=100_000, outbox_bytes_max=32 * 200_000)
    seen: list[Progress] = []

    def look(progress: Progress) -> None:
        seen.append(progress)
        if progress.draining:
            stream.hot = False

    report = run(small, desk, stream, look)
    hot = [progress for progress in seen if progress.full_lanes and not progress.draining]
    assert hot, "the hot lane filled its share"
    assert all(progress.full_lanes == 1 for progress in hot)
    assert report.not_cast > 0
    assert report.blocked_ms == 0, "nobody waited for the hot lane"
    assert report.offered == report.accepted == 100_000
    assert report.throttled.keys() == {HOT}
    lanes = lines_by_lane(desk)
    others = [lines for lane, lines in lanes.items() if lane != HOT_LANE]
    assert len(others) == limits.LANES - 1
    assert lanes[HOT_LANE] < min(others), "the others cast instead"
    desk.count()
    assert desk.totals().total() == 100_000


def test_what_slows_is_named_with_its_shards_and_lanes(plan: LoadPlan, desk: Desk) -> None:
    stream = HotLane(desk)
    seen: list[Progress] = []

    def look(progress: Progress) -> None:
        seen.append(progress)
        if progress.draining:
            stream.hot = False

    run(replace(plan, votes=10_000), desk, stream, look)
    slow = [progress for progress in seen if progress.throttled_shards]
    assert {progress.throttled_shards for progress in slow} == {(HOT,)}
    assert any(progress.note == "past the limit of shard 2: 1 lane waits" for progress in slow)
    assert {progress.waiting_lanes for progress in slow} <= {0, 1}
    assert (seen[-1].throttled_shards, seen[-1].waiting_lanes) in (((), 0), ((HOT,), 0))


@pytest.mark.parametrize(
    ("shards", "lanes", "full", "note"),
    [
        (1, 1, 0, "past the limit of shard 0: 1 lane waits"),
        (2, 9, 1, "past the limit of shards 0, 1: 9 lanes wait, 1 full"),
        (6, 32, 32, "past the limit of shards 0, 1, 2, 3 and 2 more: 32 lanes wait, 32 full"),
    ],
)
def test_a_note_is_short_however_many_shards_there_are(
    shards: int, lanes: int, full: int, note: str
) -> None:
    assert throttle_note([f"shardId-{n:012d}" for n in range(shards)], lanes, full) == note


def test_a_producer_of_a_stream_that_takes_nothing_keeps_its_memory(
    plan: LoadPlan, desk: Desk
) -> None:
    """The plan is twice what the outbox holds; Python's own allocations are traced."""
    bound = 2_000_000
    peaks: list[int] = []

    def look(progress: Progress) -> None:
        peaks.append(tracemalloc.get_traced_memory()[0])
        if len(peaks) == 200:
            desk.away.clear()

    endless = replace(plan, votes=40_000, outbox_bytes_max=bound)
    desk.away.set()
    tracemalloc.start()
    try:
        report = run(endless, desk, desk, look)
    finally:
        tracemalloc.stop()
    assert report.blocked_ms > 10_000, "for most of 200 looks nothing was cast"
    assert max(peaks[100:200]) < max(peaks[:100]) + bound / 10, "it does not grow while it waits"
    assert max(peaks) < 4 * bound, "an outbox, and what puts it on its way"
    assert report.accepted == report.offered == 40_000


def test_an_overload_is_so_many_times_what_open_shards_take(
    plan: LoadPlan, tmp_path: Path, desk: Desk
) -> None:
    rate = overload_rate(plan, shards=2, times=3)
    per_vote = 3 * 2 * limits.SHARD_BYTES_PER_S_MAX / rate
    assert 80 < per_vote < 140, "a line of JSON"
    assert overload_rate(plan, shards=4, times=3) == pytest.approx(2 * rate)
    with pytest.raises(UsageError, match="start with fewer --shards"):
        overload_rate(plan, shards=200, times=3)


def test_shards_that_were_split_take_nothing_any_more(desk: Desk) -> None:
    assert isinstance(desk.kinesis, KinesisService)
    assert open_shards(desk.kinesis, STREAM) == 4
    desk.kinesis.split_shard(
        StreamName=STREAM, ShardToSplit="shardId-000000000000", NewStartingHashKey="1000"
    )
    assert open_shards(desk.kinesis, STREAM) == 5
