"""The publisher: only what failed is sent again, in each lane's order, and it never gives up."""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from core import limits
from core.clock import ManualClock
from core.record import read_payloads
from local.aws_error import AwsError
from producers.outbox import Outbox
from producers.publish import Publisher

LINE = b'{"poll":"cube","device_id":"d","seq":1,"colour":"red","voted_at":1}\n'
Fault = Callable[[int, Sequence[Mapping[str, Any]]], Mapping[str, Any] | None]


class Stream:
    """Takes entries, unless `fault` answers first; it sees the call's number and its entries."""

    def __init__(self) -> None:
        self.calls: list[int] = []
        self.taken: list[bytes] = []
        self.fault: Fault = lambda call, entries: None

    def put_records(
        self, *, StreamName: str, Records: Sequence[Mapping[str, Any]]
    ) -> Mapping[str, Any]:
        self.calls.append(len(Records))
        reply = self.fault(len(self.calls), Records)
        if reply is not None:
            return reply
        return {"Records": [self.take(entry) for entry in Records]}

    def take(self, entry: Mapping[str, Any]) -> dict[str, str]:
        self.taken.append(entry["Data"])
        return {"SequenceNumber": str(len(self.taken)), "ShardId": "shardId-000000000000"}


class Rig:
    def __init__(self, folder: Path, lanes: int = 4) -> None:
        self.clock = ManualClock()
        self.rng = random.Random(7)
        self.outbox = Outbox.open(folder, clock=self.clock, rng=self.rng, lanes=lanes)
        self.stream = Stream()
        self.publisher = Publisher(
            self.outbox, self.stream, stream="votes", clock=self.clock, rng=self.rng
        )

    def offer(self, lane: int, batches: int = 1) -> None:
        for _ in range(batches):
            self.outbox.offer(lane, LINE, 1, 0)
            self.outbox.seal(0, everything=True)

    def drain(self, steps: int = 500) -> None:
        for _ in range(steps):
            step = self.publisher.step()
            if step.wait_ms is None:
                return
            self.clock.advance(step.wait_ms)
        pytest.fail("the outbox did not drain")

    def numbers(self, lane: int) -> list[int]:
        stamps = [read_payloads(data)[0].stamp for data in self.stream.taken]
        return [stamp.number for stamp in stamps if stamp and stamp.lane == lane]


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path)
    yield rig
    rig.outbox.close()


def test_one_batch_of_each_lane_goes_into_one_call(rig: Rig) -> None:
    for lane in range(4):
        rig.offer(lane, batches=2)
    assert rig.publisher.step().sent_batches == 4
    rig.drain()
    assert rig.stream.calls == [4, 4]
    assert all(rig.numbers(lane) == [1, 2] for lane in range(4))
    assert rig.outbox.drained


def test_publishers_that_share_an_outbox_send_their_own_lanes(rig: Rig) -> None:
    for lane in range(4):
        rig.offer(lane, batches=2)
    halves = [
        Publisher(
            rig.outbox,
            rig.stream,
            stream="votes",
            clock=rig.clock,
            rng=rig.rng,
            lanes=range(first, 4, 2),
        )
        for first in range(2)
    ]
    for _ in range(3):
        for publisher in halves:
            publisher.step()
    assert all(rig.numbers(lane) == [1, 2] for lane in range(4))
    assert rig.stream.calls == [2, 2, 2, 2]
    assert rig.outbox.drained


def test_nothing_to_send_says_so(rig: Rig) -> None:
    assert rig.publisher.step().wait_ms is None
    assert rig.stream.calls == []


def test_a_partial_failure_repeats_only_what_failed_after_a_back_off(rig: Rig) -> None:
    def throttle_lane_one(call: int, entries: Sequence[Mapping[str, Any]]) -> Any:
        if call > 1:
            return None
        failed = {
            "ErrorCode": "ProvisionedThroughputExceededException",
            "ErrorMessage": "Rate exceeded for shard shardId-000000000000.",
        }
        return {
            "FailedRecordCount": 1,
            "Records": [
                failed if entry["PartitionKey"].endswith("-0001") else rig.stream.take(entry)
                for entry in entries
            ],
        }

    rig.stream.fault = throttle_lane_one
    for lane in range(3):
        rig.offer(lane, batches=2)
    step = rig.publisher.step()
    assert (step.acknowledged_votes, step.failed_batches) == (2, 1)
    assert step.reason == "ProvisionedThroughputExceededException"
    rig.drain()
    assert [rig.numbers(lane) for lane in range(3)] == [[1, 2]] * 3


def test_a_refused_batch_is_not_sent_again_before_its_wait_is_over(rig: Rig) -> None:
    refused = {"ErrorCode": "InternalFailure", "ErrorMessage": "Internal service failure."}
    rig.stream.fault = lambda call, entries: {"Records": [refused for _ in entries]}
    rig.offer(0)
    waits = 0
    for _ in range(40):
        step = rig.publisher.step()
        if step.wait_ms:
            waits += 1
            calls = len(rig.stream.calls)
            rig.clock.advance(step.wait_ms - 1)
            assert rig.publisher.step().sent_batches == 0
            assert len(rig.stream.calls) == calls
            rig.clock.advance(1)
    assert waits > 10


def test_a_hot_lane_does_not_stop_the_others(rig: Rig) -> None:
    def refuse_lane_zero(call: int, entries: Sequence[Mapping[str, Any]]) -> Any:
        return {
            "Records": [
                {"ErrorCode": "InternalFailure", "ErrorMessage": "Internal service failure."}
                if entry["PartitionKey"].endswith("-0000")
                else rig.stream.take(entry)
                for entry in entries
            ]
        }

    rig.stream.fault = refuse_lane_zero
    for lane in range(4):
        rig.offer(lane, batches=5)
    for _ in range(20):
        rig.clock.advance(rig.publisher.step().wait_ms or 0)
    assert rig.numbers(0) == []
    assert all(rig.numbers(lane) == [1, 2, 3, 4, 5] for lane in (1, 2, 3))


@pytest.mark.parametrize(
    "error",
    [
        AwsError("ProvisionedThroughputExceededException", "Rate exceeded"),
        AwsError("InternalFailure", "Internal service failure.", status=500),
        ConnectionRefusedError("connection refused"),
        TimeoutError("read timed out"),
    ],
)
def test_a_stream_that_is_away_is_waited_for(rig: Rig, error: Exception) -> None:
    def away(call: int, entries: object) -> None:
        if call < 20:
            raise error

    rig.stream.fault = away
    rig.offer(0, batches=3)
    step = rig.publisher.step()
    assert step.reason in {getattr(error, "code", ""), type(error).__name__}
    rig.drain()
    assert rig.numbers(0) == [1, 2, 3]


def test_the_wait_grows_to_its_cap_and_no_further(rig: Rig) -> None:
    def away(call: int, entries: object) -> None:
        raise TimeoutError

    rig.stream.fault = away
    rig.offer(0)
    waits = []
    for _ in range(200):
        waits.append(rig.publisher.step().wait_ms or 0)
        rig.clock.advance(limits.PUT_BACKOFF_MS_CAP)
    assert limits.PUT_BACKOFF_MS_CAP / 2 < max(waits) <= limits.PUT_BACKOFF_MS_CAP


def test_an_answer_lost_after_the_write_repeats_the_same_bytes(rig: Rig) -> None:
    def lose_first_answer(call: int, entries: Sequence[Mapping[str, Any]]) -> None:
        if call == 1:
            for entry in entries:
                rig.stream.take(entry)
            raise TimeoutError("read timed out")

    rig.stream.fault = lose_first_answer
    rig.offer(0, batches=2)
    rig.drain()
    assert rig.numbers(0) == [1, 1, 2]
    assert rig.stream.taken[0] == rig.stream.taken[1]
    assert rig.outbox.acknowledged_votes == 2


def test_a_call_stays_within_the_limits_and_every_lane_gets_its_turn(tmp_path: Path) -> None:
    rig = Rig(tmp_path, lanes=200)
    big = LINE * (limits.RECORD_BYTES_MAX // len(LINE) - 10)
    for lane in range(200):
        rig.outbox.offer(lane, big, big.count(b"\n"), 0)
    rig.outbox.seal(0, everything=True)
    rig.drain()
    assert all(
        call * limits.RECORD_BYTES_MAX <= 2 * limits.PUT_RECORDS_BYTES_MAX
        for call in rig.stream.calls
    )
    assert len(rig.stream.calls) >= 2
    assert len(rig.stream.taken) == 200
    rig.outbox.close()


def test_a_step_names_the_shards_that_took_no_more_and_who_waits(rig: Rig) -> None:
    """A8: the message of a refused entry names its shard."""
    refused = {
        "ErrorCode": "ProvisionedThroughputExceededException",
        "ErrorMessage": "Rate exceeded for shard shardId-000000000003 in stream votes under "
        "account 000000000000.",
    }
    rig.stream.fault = lambda call, entries: {
        "Records": [refused, *map(rig.stream.take, entries[1:])] if call == 1 else []
    }
    for lane in range(3):
        rig.offer(lane)
    step = rig.publisher.step()
    assert step.throttled == ("shardId-000000000003",)
    assert step.waiting_lanes == 1
    assert rig.publisher.step().waiting_lanes == 1, "it still waits"
    rig.stream.fault = lambda call, entries: None
    rig.drain()
    assert rig.publisher.step().waiting_lanes == 0
