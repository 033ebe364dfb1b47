"""Sequence numbers: rising, unique, and knowing where they came from."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock import ManualClock
from local.aws_error import AwsError
from local.kinesis import KinesisService
from local.kinesis.sequence import COUNTERS_PER_OPEN, SequenceFormat, parse

Refused = Callable[..., AwsError]
MakeService = Callable[..., KinesisService]
counters = st.integers(0, 2**64 - 1)
arrivals = st.integers(0, 2**41)


@given(counters, counters, arrivals, arrivals, st.integers(0, 2**32 - 1))
def test_numbers_of_a_shard_rise_with_the_counter_whatever_the_clock_says(
    one: int, other: int, one_ms: int, other_ms: int, index: int
) -> None:
    """A18, A22"""
    numbers = SequenceFormat(1_790_000_000, index)
    first, second = numbers.number(one, one_ms), numbers.number(other, other_ms)
    if one != other:
        assert (first < second) == (one < other)
    assert numbers.first_counter_beyond(first) == one + 1
    assert numbers.first_counter_beyond(first - 1) == one


@given(st.integers(1, 2**36 - 1), counters, arrivals, st.integers(0, 2**32 - 1))
def test_a_number_tells_its_stream_and_shard(
    second: int, counter: int, arrival_ms: int, index: int
) -> None:
    """A20, A21"""
    assert parse(str(SequenceFormat(second, index).number(counter, arrival_ms))) == (
        second,
        counter,
        index,
    )


def test_numbers_look_like_aws(service: KinesisService) -> None:
    """A18: 56 digits that start with 49."""
    reply = service.put_record(StreamName="votes", Data=b"", PartitionKey="k")
    assert len(reply["SequenceNumber"]) == 56
    assert reply["SequenceNumber"].startswith("49")


def test_each_put_gets_a_higher_number(service: KinesisService) -> None:
    """A10, A18, A19: also when the previous number is handed in for ordering."""
    number = "0"
    for _ in range(20):
        more = {} if number == "0" else {"SequenceNumberForOrdering": number}
        reply = service.put_record(StreamName="votes", Data=b"", PartitionKey="k", **more)
        assert int(reply["SequenceNumber"]) > int(number)
        number = reply["SequenceNumber"]


def test_a_number_for_ordering_that_nobody_was_given_is_refused(
    service: KinesisService, refused: Refused
) -> None:
    """A19"""
    given = service.put_record(StreamName="votes", Data=b"", PartitionKey="k")["SequenceNumber"]
    for bad in ("1", str(int(given) + (1 << 120))):
        error = refused(
            service.put_record,
            StreamName="votes",
            Data=b"",
            PartitionKey="k",
            SequenceNumberForOrdering=bad,
        )
        assert error.code == "InvalidArgumentException"
        assert error.message.startswith(f"ExclusiveMinimumSequenceNumber {bad} used in PutRecord")


@pytest.mark.parametrize("back_ms", [0, 3_600_000])
def test_a_crash_never_gives_a_number_twice(
    make_service: MakeService, folder: Path, tmp_path: Path, back_ms: int
) -> None:
    """A18: not even that of a record which was never committed, with a clock that went back."""
    before = make_service()
    before.create_stream(StreamName="votes", ShardCount=1)
    lost = before.append_records(
        StreamName="votes", Records=[{"Data": b"", "PartitionKey": "k"}] * 3
    )
    for segment in folder.glob("*/*/*.segment"):
        segment.write_bytes(b"")
    clock = ManualClock(1_790_000_000_000 - back_ms)
    after = KinesisService(folder, clock)
    reply = after.put_record(StreamName="votes", Data=b"", PartitionKey="k")
    after.close()
    assert int(reply["SequenceNumber"]) > max(
        int(result["SequenceNumber"]) for result in lost["Records"]
    )


def test_the_counter_is_far_from_its_end_after_many_starts() -> None:
    assert 2**64 // COUNTERS_PER_OPEN > 10_000_000


def iterator_request(shard: int, number: str, stream: str = "votes") -> dict[str, Any]:
    return {
        "StreamName": stream,
        "ShardId": f"shardId-{shard:012d}",
        "ShardIteratorType": "AT_SEQUENCE_NUMBER",
        "StartingSequenceNumber": number,
    }


def test_a_number_of_another_shard_is_refused(service: KinesisService, refused: Refused) -> None:
    """A20"""
    number = service.put_record(
        StreamName="votes", Data=b"", PartitionKey="k", ExplicitHashKey="0"
    )["SequenceNumber"]
    error = refused(service.get_shard_iterator, **iterator_request(1, number))
    assert error.code == "InvalidArgumentException"
    assert error.message == (
        "Invalid StartingSequenceNumber. It encodes shardId-000000000000, while it was used in a "
        "call to a shard with shardId-000000000001"
    )


def test_a_number_of_another_stream_is_refused(service: KinesisService, refused: Refused) -> None:
    """A20: also when both streams were made at the same time, or one in the other's place."""
    service.create_stream(StreamName="other", ShardCount=1)
    number = service.put_record(
        StreamName="votes", Data=b"", PartitionKey="k", ExplicitHashKey="0"
    )["SequenceNumber"]
    elsewhere = refused(service.get_shard_iterator, **iterator_request(0, number, "other"))
    assert elsewhere.message == (
        f"StartingSequenceNumber {number} used in GetShardIterator on shard shardId-000000000000 "
        "in stream other under account 000000000000 is invalid because it did not come from this "
        "stream."
    )
    newer = service.put_record(StreamName="other", Data=b"", PartitionKey="k")["SequenceNumber"]
    earlier = refused(service.get_shard_iterator, **iterator_request(0, newer))
    assert "did not come from this stream" in earlier.message
    service.delete_stream(StreamName="votes")
    service.create_stream(StreamName="votes", ShardCount=1)
    later = refused(service.get_shard_iterator, **iterator_request(0, number))
    assert "did not come from this stream" in later.message


@pytest.mark.parametrize("bad", ["0", "1", "9" * 56])
def test_a_number_that_is_none_of_ours_is_refused(
    service: KinesisService, refused: Refused, bad: str
) -> None:
    """A18"""
    error = refused(service.get_shard_iterator, **iterator_request(0, bad))
    assert error.code == "InvalidArgumentException"
    assert error.message.endswith("under account 000000000000 is invalid.")
