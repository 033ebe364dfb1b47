"""ListShards: pages, tokens, filters."""

from collections.abc import Callable
from typing import Any

import pytest

from core.clock import ManualClock
from local.aws_error import AwsError
from local.kinesis import KinesisService

Refused = Callable[..., AwsError]


@pytest.fixture
def history(service: KinesisService, clock: ManualClock) -> list[int]:
    """Two shards; 0 is split into 2 and 3 a second later; 2 into 4 and 5 after another one.

    Returns the times, in milliseconds, between these changes.
    """
    moments = [clock.now_ms()]
    for shard, middle in [(0, "1000000"), (2, "1000")]:
        clock.advance(1_000)
        service.split_shard(
            StreamName="votes", ShardToSplit=f"shardId-{shard:012d}", NewStartingHashKey=middle
        )
        moments.append(clock.now_ms() + 500)
        clock.advance(500)
    return moments


def listed(service: KinesisService, **request: Any) -> list[int]:
    shards = service.list_shards(**request)["Shards"]
    return [int(shard["ShardId"].removeprefix("shardId-")) for shard in shards]


def filtered(service: KinesisService, kind: str, **more: Any) -> list[int]:
    return listed(service, StreamName="votes", ShardFilter={"Type": kind, **more})


def test_every_filter_lets_through_what_aws_says(
    service: KinesisService, history: list[int], clock: ManualClock
) -> None:
    """A40"""
    assert listed(service, StreamName="votes") == [0, 1, 2, 3, 4, 5]
    assert filtered(service, "FROM_TRIM_HORIZON") == [0, 1, 2, 3, 4, 5]
    assert filtered(service, "AT_TRIM_HORIZON") == [0, 1]
    assert filtered(service, "AT_LATEST") == [1, 3, 4, 5]
    assert filtered(service, "AFTER_SHARD_ID", ShardId="shardId-000000000003") == [4, 5]
    split_s = (history[1] - 500) / 1000
    assert filtered(service, "AT_TIMESTAMP", Timestamp=split_s) == [1, 2, 3]
    at = [filtered(service, "AT_TIMESTAMP", Timestamp=ms / 1000) for ms in history]
    since = [filtered(service, "FROM_TIMESTAMP", Timestamp=ms / 1000) for ms in history]
    assert at == [[0, 1], [1, 2, 3], [1, 3, 4, 5]]
    assert since == [[0, 1, 2, 3, 4, 5], [1, 2, 3, 4, 5], [1, 3, 4, 5]]


def test_the_trim_horizon_moves_past_parents(
    service: KinesisService, history: list[int], clock: ManualClock
) -> None:
    """A38, A40"""
    clock.advance(24 * 3_600_000 - 1_500)
    assert filtered(service, "AT_TRIM_HORIZON") == [1, 2, 3]
    assert listed(service, StreamName="votes") == [1, 2, 3, 4, 5]


def test_a_parent_closed_in_the_moment_it_was_made_is_still_where_reading_begins(
    service: KinesisService,
) -> None:
    """A40: a consumer that starts at the trim horizon must not skip it."""
    service.split_shard(
        StreamName="votes", ShardToSplit="shardId-000000000000", NewStartingHashKey="1000"
    )
    assert filtered(service, "AT_TRIM_HORIZON") == [0, 1]


def test_the_exclusive_start_is_not_in_the_list(
    service: KinesisService, history: list[int]
) -> None:
    """A40"""
    after = "shardId-000000000004"
    assert listed(service, StreamName="votes", ExclusiveStartShardId=after) == [5]


def test_pages_end_without_a_token_and_keep_their_filter(
    service: KinesisService, history: list[int]
) -> None:
    """A40"""
    request: dict[str, Any] = {"StreamName": "votes", "ShardFilter": {"Type": "AT_LATEST"}}
    pages = []
    while True:
        reply = service.list_shards(**request, MaxResults=3)
        pages.append([int(shard["ShardId"][-2:]) for shard in reply["Shards"]])
        if "NextToken" not in reply:
            break
        request = {"NextToken": reply["NextToken"]}
    assert pages == [[1, 3, 4], [5]]


def test_more_than_a_page_may_be_asked_for(service: KinesisService, refused: Refused) -> None:
    """A40"""
    assert listed(service, StreamName="votes", MaxResults=10_000) == [0, 1]
    error = refused(service.list_shards, StreamName="votes", MaxResults=10_001)
    assert error.code == "ValidationException"


def test_a_token_lives_300_seconds(
    service: KinesisService, clock: ManualClock, refused: Refused
) -> None:
    """A40"""
    token = service.list_shards(StreamName="votes", MaxResults=1)["NextToken"]
    clock.advance(300_000)
    assert listed(service, NextToken=token) == [1]
    clock.advance(1)
    assert refused(service.list_shards, NextToken=token).code == "ExpiredNextTokenException"


@pytest.mark.parametrize(
    "request_of",
    [
        lambda token: {"NextToken": "garbage"},
        lambda token: {"NextToken": token, "StreamName": "votes"},
        lambda token: {},
        lambda token: {"StreamName": "votes", "ShardFilter": {"Type": "AFTER_SHARD_ID"}},
        lambda token: {"StreamName": "votes", "ShardFilter": {"Type": "AT_TIMESTAMP"}},
        lambda token: {"StreamName": "votes", "ShardFilter": {"Type": "AT_LATEST", "ShardId": "s"}},
    ],
)
def test_requests_that_make_no_sense_are_refused(
    service: KinesisService,
    refused: Refused,
    request_of: Callable[[str], dict[str, Any]],
) -> None:
    """A40, A50"""
    token = service.list_shards(StreamName="votes", MaxResults=1)["NextToken"]
    error = refused(service.list_shards, **request_of(token))
    assert error.code == "InvalidArgumentException"


def test_an_iterator_is_no_token(service: KinesisService, refused: Refused) -> None:
    place = service.get_shard_iterator(
        StreamName="votes", ShardId="shardId-000000000000", ShardIteratorType="LATEST"
    )["ShardIterator"]
    assert refused(service.list_shards, NextToken=place).code == "InvalidArgumentException"


def test_a_creation_time_tells_streams_of_one_name_apart(
    service: KinesisService, clock: ManualClock, refused: Refused
) -> None:
    now_s = clock.now_ms() / 1000
    assert listed(service, StreamName="votes", StreamCreationTimestamp=now_s) == [0, 1]
    error = refused(service.list_shards, StreamName="votes", StreamCreationTimestamp=now_s - 60)
    assert error.code == "ResourceNotFoundException"
