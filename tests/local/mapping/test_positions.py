"""Positions on disk, and where shards may start."""

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from core.errors import Misconfigured
from local.drawing import StartingPosition
from local.mapping import PositionStore, ShardPosition
from local.mapping.shard_order import first_positions, startable
from local.mapping.spec_check import check_spec
from tests.local.mapping.desk import SPEC
from tests.local.mapping.fake_stream import FIRST_SEQUENCE, FakeStream

SHARDS = [f"shardId-{n:012d}" for n in range(4)]


def test_positions_are_found_again_by_another_process(tmp_path: Path) -> None:
    """B1, B8: 56 digits, per mapping and shard."""
    path = tmp_path / "new" / "positions.sqlite"
    store = PositionStore(path)
    saved = {"s0": ShardPosition(FIRST_SEQUENCE), "s1": ShardPosition(7, finished=True)}
    store.save("mapping", saved)
    store.save("another", {"s0": ShardPosition(1)})
    other = PositionStore(path)  # while the first is open: as after kill -9, nothing was closed
    assert other.load("mapping") == saved
    other.save("mapping", {"s0": ShardPosition(FIRST_SEQUENCE + 1)})
    other.forget("mapping", ["s1"])
    assert store.load("mapping") == {"s0": ShardPosition(FIRST_SEQUENCE + 1)}
    assert store.load("nobody") == {}
    store.close()
    other.close()


def test_a_save_that_fails_changes_nothing() -> None:
    """B1: all or none."""
    store = PositionStore(None)
    store.save("mapping", {"s0": ShardPosition(1)})
    bad: Any = ShardPosition(3, finished=cast(bool, None))  # what a bug might hand in
    with pytest.raises(TypeError, match="int"):
        store.save("mapping", {"s0": ShardPosition(2), "s1": bad})
    assert store.load("mapping") == {"s0": ShardPosition(1)}
    store.save("mapping", {"s0": ShardPosition(4)})
    assert store.load("mapping") == {"s0": ShardPosition(4)}
    store.close()


@pytest.mark.parametrize(
    ("start", "expected"), [("TRIM_HORIZON", 0), ("LATEST", 3), ("AT_TIMESTAMP", 1)]
)
def test_a_new_mapping_starts_where_it_says(start: StartingPosition, expected: int) -> None:
    """B7: before everything, after everything, or at the first record of a moment."""
    stream = FakeStream(shards=2)
    records = [stream.put("k", b"", now_ms=now_ms) for now_ms in (1_000, 2_000, 3_000)]
    timestamp_ms = 2_000 if start == "AT_TIMESTAMP" else None
    spec = replace(SPEC, starting_position=start, starting_timestamp_ms=timestamp_ms)
    numbers = [0, *(record.sequence_number for record in records)]
    assert first_positions(spec, stream) == {
        SHARDS[0]: ShardPosition(numbers[expected]),
        SHARDS[1]: ShardPosition(0),
    }


def test_children_wait_for_their_parent_and_start_at_their_beginning() -> None:
    """B10, A38: parent before child; LATEST does not apply to a child."""
    stream = FakeStream(shards=1)
    known = {SHARDS[0]: ShardPosition(5)}
    assert startable(stream.shards("votes"), known) == [(SHARDS[0], 5)]
    stream.split(0)
    assert startable(stream.shards("votes"), known) == [(SHARDS[0], 5)]
    known[SHARDS[0]] = ShardPosition(9, finished=True)
    assert startable(stream.shards("votes"), known) == [(SHARDS[1], 0), (SHARDS[2], 0)]


def test_a_merged_shard_waits_for_both_parents() -> None:
    """B10: one parent done is not enough."""
    stream = FakeStream(shards=3)
    stream.by_id[SHARDS[2]].parents = (SHARDS[0], SHARDS[1])
    for parent in SHARDS[:2]:
        stream.by_id[parent].closed = True
    known = {SHARDS[0]: ShardPosition(5, finished=True)}
    assert startable(stream.shards("votes"), known) == [(SHARDS[1], 0)]


def test_a_parent_that_expired_is_done() -> None:
    """A38, B10: it is no longer listed."""
    stream = FakeStream(shards=2)
    stream.by_id[SHARDS[1]].parents = ("shardId-expired",)
    assert [shard for shard, _ in startable(stream.shards("votes"), {})] == SHARDS[:2]


def test_an_open_shard_is_never_done() -> None:
    """B8: a row of a stream that was deleted and made anew stops nothing."""
    stream = FakeStream(shards=1)
    known = {SHARDS[0]: ShardPosition(5, finished=True)}
    assert startable(stream.shards("votes"), known) == [(SHARDS[0], 5)]


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"batch_size": 0}, "BatchSize"),
        ({"batch_size": 10_001}, "BatchSize"),
        ({"batching_window_ms": 300_001}, "MaximumBatchingWindowInSeconds"),
        ({"parallelization_factor": 11}, "ParallelizationFactor"),
        ({"retries_max": 10_001}, "MaximumRetryAttempts"),
        ({"record_age_s_max": 59}, "MaximumRecordAgeInSeconds"),
        ({"record_age_s_max": 604_801}, "MaximumRecordAgeInSeconds"),
        ({"starting_position": "AT_TIMESTAMP"}, "StartingPositionTimestamp"),
        ({"starting_timestamp_ms": 1}, "StartingPositionTimestamp"),
    ],
)
def test_values_outside_awss_range_are_refused(changes: dict[str, Any], name: str) -> None:
    """B3, B7, B9, B18, B20: by the property's name."""
    with pytest.raises(Misconfigured, match=name):
        check_spec(replace(SPEC, **changes))


@pytest.mark.parametrize("service", ["sqs", "sns"])
def test_other_destinations_are_refused_by_name(service: str) -> None:
    """B37: queues and topics are not built."""
    spec = replace(SPEC, failure_bucket=f"arn:aws:{service}:us-east-1:000000000000:dlq")
    with pytest.raises(Misconfigured, match=f"type {service} is not implemented"):
        check_spec(spec)
