"""Iterators: where each type starts, how long one lives, what is refused."""

import datetime
from collections.abc import Callable
from typing import Any

import pytest

from core.clock import ManualClock
from local.aws_error import AwsError
from local.kinesis import KinesisService

Refused = Callable[..., AwsError]
MakeService = Callable[..., KinesisService]
SHARD = "shardId-000000000000"


@pytest.fixture
def numbers(service: KinesisService, clock: ManualClock) -> list[str]:
    """The sequence numbers of five records, a second apart, in the first shard."""
    given = []
    for number in range(5):
        reply = service.put_record(
            StreamName="votes", Data=bytes([number]), PartitionKey="k", ExplicitHashKey="0"
        )
        given.append(reply["SequenceNumber"])
        clock.advance(1_000)
    return given


def iterator(service: KinesisService, kind: str, **more: Any) -> str:
    reply = service.get_shard_iterator(
        StreamName="votes", ShardId=SHARD, ShardIteratorType=kind, **more
    )
    return str(reply["ShardIterator"])


def read(service: KinesisService, place: str) -> list[int]:
    return [record["Data"][0] for record in service.get_records(ShardIterator=place)["Records"]]


def test_each_type_starts_where_aws_says(
    service: KinesisService, numbers: list[str], clock: ManualClock
) -> None:
    """A23"""
    start_s = (clock.now_ms() - 5_000) / 1000
    assert read(service, iterator(service, "TRIM_HORIZON")) == [0, 1, 2, 3, 4]
    at, after = "AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"
    assert read(service, iterator(service, at, StartingSequenceNumber=numbers[2])) == [2, 3, 4]
    assert read(service, iterator(service, after, StartingSequenceNumber=numbers[2])) == [3, 4]
    for time_s, expected in [
        (start_s - 999_999, [0, 1, 2, 3, 4]),
        (start_s + 2, [2, 3, 4]),
        (start_s + 2.001, [3, 4]),
        (start_s + 4.5, []),
    ]:
        assert read(service, iterator(service, "AT_TIMESTAMP", Timestamp=time_s)) == expected
        when = datetime.datetime.fromtimestamp(time_s, datetime.UTC)
        assert read(service, iterator(service, "AT_TIMESTAMP", Timestamp=when)) == expected


def test_latest_is_the_tip_at_the_time_the_iterator_is_made(
    service: KinesisService, numbers: list[str]
) -> None:
    """A23"""
    place = iterator(service, "LATEST")
    assert read(service, place) == []
    service.put_record(StreamName="votes", Data=b"\x09", PartitionKey="k", ExplicitHashKey="0")
    assert read(service, place) == [9]
    assert read(service, place) == [9], "an iterator may be used again"


@pytest.mark.parametrize("kind", ["LATEST", "TRIM_HORIZON"])
def test_an_empty_shard_gives_what_comes_later(service: KinesisService, kind: str) -> None:
    """A23, A29: no records, yet an iterator to go on with."""
    reply = service.get_records(ShardIterator=iterator(service, kind))
    assert (reply["Records"], reply["MillisBehindLatest"]) == ([], 0)
    service.put_record(StreamName="votes", Data=b"\x01", PartitionKey="k", ExplicitHashKey="0")
    assert read(service, reply["NextShardIterator"]) == [1]


def test_the_starting_number_of_a_shard_may_be_used(
    service: KinesisService, numbers: list[str]
) -> None:
    """A18, A23"""
    shards = service.list_shards(StreamName="votes")["Shards"]
    start = shards[0]["SequenceNumberRange"]["StartingSequenceNumber"]
    place = iterator(service, "AT_SEQUENCE_NUMBER", StartingSequenceNumber=start)
    assert read(service, place) == [0, 1, 2, 3, 4]


def test_an_iterator_lives_five_minutes(
    service: KinesisService, clock: ManualClock, refused: Refused
) -> None:
    """A24: also one that came from GetRecords."""
    place = iterator(service, "TRIM_HORIZON")
    clock.advance(300_000)
    following = service.get_records(ShardIterator=place)["NextShardIterator"]
    clock.advance(1)
    error = refused(service.get_records, ShardIterator=place)
    assert error.code == "ExpiredIteratorException"
    assert error.message == (
        "Iterator expired. The iterator was created at time Mon Sep 21 14:13:20 UTC 2026 while "
        "right now it is Mon Sep 21 14:18:20 UTC 2026 which is further in the future than the "
        "tolerated delay of 300000 milliseconds."
    )
    clock.advance(299_999)
    service.get_records(ShardIterator=following)
    clock.advance(1)
    assert refused(service.get_records, ShardIterator=following).code == error.code


def test_an_iterator_survives_a_restart(
    service: KinesisService, make_service: MakeService, numbers: list[str]
) -> None:
    place = iterator(service, "AT_SEQUENCE_NUMBER", StartingSequenceNumber=numbers[3])
    service.close()
    assert read(make_service(), place) == [3, 4]


@pytest.mark.parametrize("garbage", ["x", "AAAA", "=", "\N{SNOWMAN}", "QUJD" * 20])
def test_garbage_is_no_iterator(service: KinesisService, refused: Refused, garbage: str) -> None:
    """A25"""
    error = refused(service.get_records, ShardIterator=garbage)
    assert (error.code, error.message) == ("InvalidArgumentException", "Invalid ShardIterator.")


def test_an_altered_iterator_is_garbage(service: KinesisService, refused: Refused) -> None:
    """A25"""
    place = iterator(service, "TRIM_HORIZON")
    for at in range(len(place)):
        altered = place[:at] + ("A" if place[at] != "A" else "B") + place[at + 1 :]
        refused(service.get_records, ShardIterator=altered)


def test_an_iterator_has_512_characters_at_most(service: KinesisService, refused: Refused) -> None:
    """A25, A48: ours stay below with the longest name."""
    name = "n" * 128
    service.create_stream(StreamName=name, ShardCount=1)
    place = service.get_shard_iterator(
        StreamName=name, ShardId=SHARD, ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    assert len(place) <= 512
    for bad in ("", "x" * 513):
        assert refused(service.get_records, ShardIterator=bad).code == "ValidationException"


def test_a_stream_made_anew_does_not_take_its_forerunners_iterator(
    service: KinesisService, refused: Refused
) -> None:
    place = iterator(service, "TRIM_HORIZON")
    service.delete_stream(StreamName="votes")
    gone = refused(service.get_records, ShardIterator=place)
    service.create_stream(StreamName="later", ShardCount=1)
    service.create_stream(StreamName="votes", ShardCount=2)
    again = refused(service.get_records, ShardIterator=place)
    assert gone.code == again.code == "ResourceNotFoundException"


def test_a_timestamp_in_the_future_is_refused(
    service: KinesisService, clock: ManualClock, refused: Refused
) -> None:
    """A26"""
    now_ms = clock.now_ms()
    error = refused(iterator, service=service, kind="AT_TIMESTAMP", Timestamp=now_ms / 1000 + 0.001)
    assert error.code == "InvalidArgumentException"
    assert error.message == (
        "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. "
        f"timestampInMillis: {now_ms + 1}, currentTimestampInMillis: {now_ms}"
    )


def test_at_timestamp_needs_a_timestamp(service: KinesisService, refused: Refused) -> None:
    """A26"""
    error = refused(iterator, service=service, kind="AT_TIMESTAMP")
    assert error.message == (
        "Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. "
        "Current request has no timestamp parameter."
    )


@pytest.mark.parametrize(
    ("kind", "given", "words"),
    [
        ("LATEST", True, "LATEST and also a StartingSequenceNumber."),
        ("TRIM_HORIZON", True, "TRIM_HORIZON and also a StartingSequenceNumber."),
        ("AT_SEQUENCE_NUMBER", False, "AT_SEQUENCE_NUMBER and no StartingSequenceNumber."),
        ("AFTER_SEQUENCE_NUMBER", False, "AFTER_SEQUENCE_NUMBER and no StartingSequenceNumber."),
    ],
)
def test_type_and_starting_number_must_fit(
    service: KinesisService,
    refused: Refused,
    numbers: list[str],
    kind: str,
    given: bool,
    words: str,
) -> None:
    """A26"""
    more = {"StartingSequenceNumber": numbers[0]} if given else {}
    error = refused(iterator, service=service, kind=kind, **more)
    assert error.code == "InvalidArgumentException"
    assert error.message == (
        "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and "
        "StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. "
        f"Request specified {words}"
    )


def test_an_unknown_type_is_refused(service: KinesisService, refused: Refused) -> None:
    """A48"""
    error = refused(iterator, service=service, kind="EARLIEST")
    assert error.message == (
        "1 validation error detected: Value 'EARLIEST' at 'shardIteratorType' failed to satisfy "
        "constraint: Member must satisfy enum value set: [AT_SEQUENCE_NUMBER, "
        "AFTER_SEQUENCE_NUMBER, TRIM_HORIZON, LATEST, AT_TIMESTAMP]"
    )


def test_five_iterators_a_second_and_shard(
    strict: KinesisService, clock: ManualClock, refused: Refused
) -> None:
    """A33"""
    for _ in range(5):
        iterator(strict, "TRIM_HORIZON")
    error = refused(iterator, service=strict, kind="TRIM_HORIZON")
    assert error.code == "ProvisionedThroughputExceededException"
    clock.advance(200)
    iterator(strict, "TRIM_HORIZON")


@pytest.mark.parametrize("shard_id", ["shardId-000000000007", "votes", "shardId-x"])
def test_a_shard_that_is_not_there(
    service: KinesisService, refused: Refused, shard_id: str
) -> None:
    """A49"""
    error = refused(
        service.get_shard_iterator,
        StreamName="votes",
        ShardId=shard_id,
        ShardIteratorType="LATEST",
    )
    assert error.code == "ResourceNotFoundException"
    assert error.message == (
        f"Shard {shard_id} in stream votes under account 000000000000 does not exist"
    )
