"""UpdateShardCount, and any series of splits and merges: the hash space stays covered once."""

import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock import ManualClock
from local.aws_error import AwsError
from local.kinesis import KinesisService
from local.kinesis.hash_range import HashRange, even_ranges
from local.kinesis.reshard import Resharding
from local.kinesis.stream_meta import ShardMeta, StreamMeta, new_shard

Refused = Callable[..., AwsError]
MakeService = Callable[..., KinesisService]
END = 2**128


@pytest.mark.parametrize(("before", "after"), [(2, 4), (3, 4), (4, 2), (5, 3), (2, 3), (4, 4)])
def test_scaling_ends_in_even_ranges(
    service: KinesisService, clock: ManualClock, before: int, after: int
) -> None:
    """A39"""
    service.create_stream(StreamName="scaled", ShardCount=before)
    reply = service.update_shard_count(
        StreamName="scaled", TargetShardCount=after, ScalingType="UNIFORM_SCALING"
    )
    assert reply == {
        "StreamName": "scaled",
        "CurrentShardCount": before,
        "TargetShardCount": after,
        "StreamARN": "arn:aws:kinesis:us-east-1:000000000000:stream/scaled",
    }
    shards = service.list_shards(StreamName="scaled", ShardFilter={"Type": "AT_LATEST"})["Shards"]
    ranges = sorted(
        HashRange(
            int(shard["HashKeyRange"]["StartingHashKey"]),
            int(shard["HashKeyRange"]["EndingHashKey"]),
        )
        for shard in shards
    )
    assert ranges == even_ranges(after)


@pytest.mark.parametrize(
    ("target", "words"),
    [(9, "cannot scale up over double"), (1, "cannot scale down below half")],
)
def test_scaling_goes_no_further_than_double_or_half(
    service: KinesisService, refused: Refused, target: int, words: str
) -> None:
    """A39"""
    service.create_stream(StreamName="four", ShardCount=4)
    error = refused(
        service.update_shard_count,
        StreamName="four",
        TargetShardCount=target,
        ScalingType="UNIFORM_SCALING",
    )
    assert error.code == "LimitExceededException"
    assert words in error.message


def test_scaling_ten_times_a_day(
    strict: KinesisService, clock: ManualClock, make_service: MakeService, refused: Refused
) -> None:
    """A39: a restart does not forget."""

    def scale(service: KinesisService, target: int) -> None:
        clock.advance(1_000)
        service.update_shard_count(
            StreamName="votes", TargetShardCount=target, ScalingType="UNIFORM_SCALING"
        )

    for number in range(10):
        scale(strict, 2 - number % 2)
    strict.close()
    again = make_service(limits_enforced=True)
    assert refused(scale, service=again, target=2).code == "LimitExceededException"
    clock.advance(86_400_000)
    scale(again, 2)


def open_at(shards: tuple[ShardMeta, ...], at_ms: int) -> list[HashRange]:
    return sorted(
        shard.hash_range
        for shard in shards
        if shard.created_ms <= at_ms and (shard.closed_ms is None or at_ms < shard.closed_ms)
    )


def covers_once(ranges: list[HashRange]) -> bool:
    ends = [place.end + 1 for place in ranges]
    return [place.start for place in ranges] == [0, *ends[:-1]] and ends[-1] == END


@given(st.integers(1, 6), st.integers(0, 2**32), st.integers(1, 30))
def test_open_shards_cover_the_hash_space_once_at_any_time(
    count: int, seed: int, steps: int
) -> None:
    """A12, A37, A39, A40: after any splits, merges and scalings, however fast they follow."""
    rng = random.Random(seed)
    counter = iter(range(10**9))
    shards = tuple(
        new_shard(index, place, created_ms=1_000, counter=next(counter))
        for index, place in enumerate(even_ranges(count))
    )
    meta = StreamMeta(name="s", created_ms=1_000, second=1, next_shard_index=count, shards=shards)
    now_ms = 1_000
    for _ in range(steps):
        now_ms += rng.choice((0, 0, 1, 1_000))
        work = Resharding(meta, now_ms, lambda: next(counter))
        ordered = sorted(
            (shard for shard in meta.shards if shard.open), key=lambda shard: shard.hash_range.start
        )
        at = rng.randrange(len(ordered))
        start, end = ordered[at].hash_range
        wish = rng.choice(("split", "merge", "scale"))
        if wish == "split" and end > start + 2:
            work.split(ordered[at], rng.randrange(start + 2, end))
        elif wish == "merge" and at + 1 < len(ordered):
            work.merge(ordered[at], ordered[at + 1])
        elif wish == "scale":
            work.scale(rng.randint(1, 8))
        meta = work.result
        now_open = [shard.hash_range for shard in meta.shards if shard.open]
        assert covers_once(sorted(now_open))
    moments = {shard.created_ms for shard in meta.shards} | {now_ms + 10**6}
    for moment in moments:
        assert covers_once(open_at(meta.shards, moment))
    assert [shard.index for shard in meta.shards] == list(range(meta.next_shard_index))
