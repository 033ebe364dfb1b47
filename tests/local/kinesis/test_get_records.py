"""GetRecords and the engine's own read: pages, limits, lag, retention."""

from collections.abc import Callable
from typing import Any

import pytest

from core.clock import ManualClock
from local.aws_error import AwsError
from local.kinesis import KinesisService

Refused = Callable[..., AwsError]
MakeService = Callable[..., KinesisService]
ReadAll = Callable[..., list[dict[str, Any]]]
SHARD = "shardId-000000000000"
MIB = 1024 * 1024
HOUR_MS = 3_600_000


def put(service: KinesisService, count: int, size: int = 1) -> None:
    for start in range(0, count, 10):
        records = [{"Data": b"x" * (size - 1), "PartitionKey": "k", "ExplicitHashKey": "0"}] * min(
            10, count - start
        )
        assert service.put_records(StreamName="votes", Records=records)["FailedRecordCount"] == 0


def oldest(service: KinesisService) -> str:
    reply = service.get_shard_iterator(
        StreamName="votes", ShardId=SHARD, ShardIteratorType="TRIM_HORIZON"
    )
    return str(reply["ShardIterator"])


def test_pages_follow_each_other_without_gap_or_overlap(service: KinesisService) -> None:
    """A27, A29"""
    put(service, 25)
    place, pages = oldest(service), []
    for _ in range(4):
        reply = service.get_records(ShardIterator=place, Limit=10)
        pages.append([record["SequenceNumber"] for record in reply["Records"]])
        place = reply["NextShardIterator"]
    assert [len(page) for page in pages] == [10, 10, 5, 0]
    numbers = [number for page in pages for number in page]
    assert len(set(numbers)) == 25
    assert numbers == sorted(numbers, key=int)


@pytest.mark.parametrize("limit", [0, 10_001, -1])
def test_a_limit_out_of_range_is_refused(
    service: KinesisService, refused: Refused, limit: int
) -> None:
    """A27"""
    error = refused(service.get_records, ShardIterator=oldest(service), Limit=limit)
    assert error.code == "ValidationException"


def test_an_answer_holds_10_mib_at_most(service: KinesisService) -> None:
    """A28"""
    put(service, 12, MIB)
    first = service.get_records(ShardIterator=oldest(service))
    assert len(first["Records"]) == 10
    rest = service.get_records(ShardIterator=first["NextShardIterator"])
    assert len(rest["Records"]) == 2


def test_after_a_full_answer_reads_wait_five_seconds(
    make_service: MakeService, service: KinesisService, clock: ManualClock, refused: Refused
) -> None:
    """A28: and a refused call returns no data."""
    put(service, 12, MIB)
    service.close()
    strict = make_service(limits_enforced=True)
    first = strict.get_records(ShardIterator=oldest(strict))
    for waited_ms in (0, 4_999):
        clock.advance(waited_ms)
        error = refused(strict.get_records, ShardIterator=first["NextShardIterator"])
        assert error.code == "ProvisionedThroughputExceededException"
    clock.advance(1)
    rest = strict.get_records(ShardIterator=first["NextShardIterator"])
    assert len(rest["Records"]) == 2


def test_a_shard_gives_five_answers_a_second(
    strict: KinesisService, clock: ManualClock, refused: Refused
) -> None:
    """A28: shared by all who poll it."""
    place = oldest(strict)
    for _ in range(5):
        strict.get_records(ShardIterator=place)
    error = refused(strict.get_records, ShardIterator=place)
    assert error.code == "ProvisionedThroughputExceededException"
    clock.advance(200)
    strict.get_records(ShardIterator=place)


def test_a_shard_gives_two_mebibytes_a_second(
    make_service: MakeService, service: KinesisService, clock: ManualClock, refused: Refused
) -> None:
    """A28"""
    put(service, 6, MIB)
    service.close()
    strict = make_service(limits_enforced=True)
    place = strict.get_records(ShardIterator=oldest(strict), Limit=4)["NextShardIterator"]
    clock.advance(999)
    error = refused(strict.get_records, ShardIterator=place, Limit=1)
    assert error.code == "ProvisionedThroughputExceededException"
    clock.advance(2)
    assert len(strict.get_records(ShardIterator=place, Limit=1)["Records"]) == 1


def test_lag_is_the_age_of_the_last_record_returned(
    service: KinesisService, clock: ManualClock
) -> None:
    """A31: 0 means caught up, and only that."""
    put(service, 1)
    clock.advance(3_000)
    put(service, 1)
    reply = service.get_records(ShardIterator=oldest(service), Limit=1)
    assert reply["MillisBehindLatest"] == 3_000
    reply = service.get_records(ShardIterator=reply["NextShardIterator"], Limit=1)
    assert reply["MillisBehindLatest"] == 0
    put(service, 2)
    reply = service.get_records(ShardIterator=reply["NextShardIterator"], Limit=1)
    assert reply["MillisBehindLatest"] == 1


def test_a_record_shows_its_arrival_to_the_millisecond(
    service: KinesisService, clock: ManualClock, read_all: ReadAll
) -> None:
    """A32"""
    clock.advance(123)
    put(service, 1)
    (record,) = read_all(service, SHARD)
    assert set(record) == {
        "SequenceNumber", "ApproximateArrivalTimestamp", "Data", "PartitionKey",
    }  # fmt: skip
    assert round(record["ApproximateArrivalTimestamp"].timestamp() * 1000) == clock.now_ms()


def test_expired_records_are_hidden_to_the_millisecond(
    service: KinesisService, clock: ManualClock, read_all: ReadAll
) -> None:
    """A23, A35: the trim horizon moves with time, before a whole segment can go."""
    put(service, 3)
    clock.advance(HOUR_MS)
    put(service, 2)
    clock.advance(23 * HOUR_MS)
    assert len(read_all(service, SHARD)) == 5
    place = oldest(service)
    clock.advance(1)
    assert len(read_all(service, SHARD)) == 2
    assert len(service.get_records(ShardIterator=place)["Records"]) == 2
    assert service.read("votes", SHARD, after=0, records_max=1, bytes_max=1).records
    at = service.sequence_at("votes", SHARD, 0)
    assert len(service.read("votes", SHARD, after=at, records_max=9, bytes_max=99).records) == 2
    clock.advance(HOUR_MS)
    reply = service.get_records(ShardIterator=oldest(service))
    assert (reply["Records"], reply["MillisBehindLatest"]) == ([], 0)


def test_the_longest_retention_is_8760_hours_and_the_shortest_24(
    service: KinesisService, refused: Refused
) -> None:
    """A35"""
    longer, shorter = (
        service.increase_stream_retention_period,
        service.decrease_stream_retention_period,
    )
    longer(StreamName="votes", RetentionPeriodHours=8_760)
    shorter(StreamName="votes", RetentionPeriodHours=24)
    longer(StreamName="votes", RetentionPeriodHours=168)
    texts = [
        refused(call, StreamName="votes", RetentionPeriodHours=hours).message
        for call, hours in [(longer, 8_761), (shorter, 23), (longer, 48), (shorter, 200)]
    ]
    assert texts == [
        "Maximum allowed retention period is 8760 hours. Requested retention period (8761 hours) "
        "is too long.",
        "Minimum allowed retention period is 24 hours. Requested retention period (23 hours) is "
        "too short.",
        "Requested retention period (48 hours) for stream votes can not be shorter than existing "
        "retention period (168 hours). Use DecreaseRetentionPeriod API.",
        "Requested retention period (200 hours) for stream votes can not be longer than existing "
        "retention period (168 hours). Use IncreaseRetentionPeriod API.",
    ]


def test_lowered_retention_hides_at_once_and_raising_it_brings_nothing_back(
    service: KinesisService, clock: ManualClock, read_all: ReadAll
) -> None:
    """A35"""
    service.increase_stream_retention_period(StreamName="votes", RetentionPeriodHours=48)
    put(service, 3)
    clock.advance(30 * HOUR_MS)
    put(service, 1)
    assert len(read_all(service, SHARD)) == 4
    service.decrease_stream_retention_period(StreamName="votes", RetentionPeriodHours=24)
    assert len(read_all(service, SHARD)) == 1
    service.increase_stream_retention_period(StreamName="votes", RetentionPeriodHours=48)
    assert len(read_all(service, SHARD)) == 1


def test_retention_frees_the_disk(
    service: KinesisService, clock: ManualClock, make_service: MakeService, read_all: ReadAll
) -> None:
    put(service, 20, MIB)
    assert service.disk_bytes() > 20 * MIB
    clock.advance(24 * HOUR_MS + 1)
    service.put_record(StreamName="votes", Data=b"n", PartitionKey="k", ExplicitHashKey=str(2**127))
    service.commit()
    assert service.disk_bytes() < MIB
    service.close()
    again = make_service()
    assert read_all(again, SHARD) == []
    put(again, 1)
    assert len(read_all(again, SHARD)) == 1


def test_one_record_comes_even_if_it_is_larger_than_wished(service: KinesisService) -> None:
    put(service, 2, 1_000)
    result = service.read("votes", SHARD, after=0, records_max=10, bytes_max=1)
    assert len(result.records) == 1
    assert result.millis_behind_latest == 1
    assert not result.shard_end


def test_a_clock_that_steps_back_hides_nothing(
    service: KinesisService, make_service: MakeService, folder: Any
) -> None:
    """A32: arrival times may be out of order; sequence numbers are not."""
    put(service, 1)
    service.close()
    early = KinesisService(folder, ManualClock(1_790_000_000_000 - HOUR_MS), limits_enforced=False)
    put(early, 1)
    records = early.read("votes", SHARD, after=0, records_max=9, bytes_max=99).records
    assert records[0].arrival_ms > records[1].arrival_ms
    assert records[0].sequence_number < records[1].sequence_number
    at = early.sequence_at("votes", SHARD, records[1].arrival_ms + 1)
    assert at == records[0].sequence_number - 1
    early.close()
