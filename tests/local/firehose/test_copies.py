"""The Redshift destination: objects, manifests, one COPY at a time, and what is given up."""

import re
from dataclasses import replace

import msgspec
import pytest

from local.drawing import BufferHints
from local.firehose.action import Copy, StoreObject
from local.firehose.copy_queue import copy_statement
from tests.local.firehose.desk import (
    COPY,
    MIB,
    NOW_MS,
    SHARD,
    TARGET,
    Desk,
    error,
)

REDSHIFT = replace(
    TARGET,
    prefix="votes/",
    error_prefix=None,
    compression="GZIP",
    buffer=BufferHints(size_bytes=64 * MIB, interval_ms=5_000),
)
MINUTE_MS = 60_000


def desk_of(retry_ms: int = 3_600_000) -> Desk:
    return Desk(target=REDSHIFT, copy=replace(COPY, retry_ms=retry_ms))


def manifest(desk: Desk, key: str) -> list[str]:
    """Return the keys that a manifest names."""
    entries = msgspec.json.decode(desk.bucket.objects[key])["entries"]
    assert all(entry["mandatory"] is True for entry in entries)
    return [entry["url"].removeprefix("s3://lake/") for entry in entries]


def test_objects_a_manifest_and_one_copy() -> None:
    """C48, C49, C53: the manifest names the object, COPY names the manifest."""
    desk = desk_of()
    (record,) = desk.put("a")
    desk.run()
    rows, listed = desk.keys
    assert rows.startswith("votes/2026/09/21/14/votes-to-lake-1-")
    assert desk.bucket.lines("votes/") == ["a"]
    assert re.match(r"manifests/2026/09/21/14/votes-to-lake-1-2026-09-21-14-13-28-", listed)
    assert manifest(desk, listed) == [rows]
    assert desk.copies == [
        f"COPY landing FROM 's3://lake/{listed}' CREDENTIALS "
        "'aws_iam_role=arn:aws:iam::000000000000:role/copy' MANIFEST JSON 'auto' GZIP;"
    ]
    assert desk.pipeline.positions == {SHARD: record.sequence_number}
    assert desk.pipeline.delivered.records == 1


def test_columns_and_options_come_from_the_template() -> None:
    """C49."""
    spec = replace(COPY, columns="a, b", options="")
    assert copy_statement(spec, "s3://lake/m") == (
        "COPY landing (a, b) FROM 's3://lake/m' CREDENTIALS "
        "'aws_iam_role=arn:aws:iam::000000000000:role/copy' MANIFEST;"
    )


def test_the_next_copy_waits_for_the_one_before_and_takes_all_that_came() -> None:
    """C48: how often COPY runs is the warehouse's choice, not the hint's; C50: all objects stay."""
    desk = desk_of()
    desk.put("a")
    slow = desk.next(Copy)
    for name in "bcd":
        desk.put(name)
        desk.run(10_000)
    assert desk.copies == []
    assert desk.pipeline.positions == {SHARD: 0}, "stored, and not copied"
    desk.act(slow)
    (last,) = desk.put("e")
    desk.run(20_000)
    assert len(desk.copies) == 3
    manifests = [key for key in desk.keys if key.startswith("manifests/")]
    assert [len(manifest(desk, key)) for key in manifests] == [1, 3, 1]
    assert desk.bucket.lines("votes/") == [*"abcde"]
    assert desk.pipeline.positions == {SHARD: last.sequence_number}


def test_a_copy_that_fails_is_run_again_every_five_minutes() -> None:
    """C51, C54: the same statement; data of later objects waits behind it."""
    desk = desk_of()
    desk.copy_refusals = 2
    desk.put("a")
    desk.run(5 * MINUTE_MS)
    desk.put("b")
    desk.run(7 * MINUTE_MS)
    first_ms = desk.copied_ms[0]
    assert desk.copied_ms[:3] == [first_ms, first_ms + 300_000, first_ms + 600_000]
    assert len(set(desk.copies[:3])) == 1
    assert len(desk.copies) == 4, "then what came meanwhile"


@pytest.mark.parametrize(
    ("retry_s", "tries"), [(0, 1), (299, 1), (300, 2), (3_600, 13), (7_200, 25)]
)
def test_after_the_retry_duration_its_manifest_is_put_aside(retry_s: int, tries: int) -> None:
    """C51, C52: counted from the first try; ready to be copied by hand; the stream goes on."""
    desk = desk_of(retry_ms=retry_s * 1_000)
    desk.copy_refusals = 10**9
    (record,) = desk.put("a")
    desk.run(9_000_000)
    assert len(desk.copies) == tries
    rows, listed, aside = desk.keys
    assert aside == f"errors/{listed}"
    assert manifest(desk, aside) == [rows]
    assert desk.pipeline.positions == {SHARD: record.sequence_number}
    assert desk.pipeline.delivered.copies_skipped == 1
    desk.copy_refusals = 0
    desk.put("b")
    desk.run()
    assert len(desk.copies) == tries + 1


def test_a_first_try_longer_than_the_duration_is_the_last() -> None:
    """C51."""
    desk = desk_of(retry_ms=600_000)
    desk.put("a")
    slow = desk.next(Copy)
    desk.now_ms += 700_000
    desk.pipeline.copied(slow.attempt_id, desk.now_ms, ok=False)
    desk.run()
    assert desk.keys[-1].startswith("errors/manifests/")
    assert desk.copies == []


def test_a_manifest_is_tried_again_like_any_object() -> None:
    """C47."""
    desk = desk_of()
    desk.put("a")
    desk.act(desk.next(StoreObject))
    desk.bucket.refusals = 4
    desk.run()
    assert len(desk.copies) == 1
    assert desk.now_ms > NOW_MS


def test_what_failed_is_no_rows_and_is_not_copied() -> None:
    """C29, C42: below the prefix, for there is no other."""
    desk = desk_of()
    desk.handle = lambda event: error()
    (record,) = desk.put("a")
    desk.run()
    (key,) = desk.keys
    assert key.startswith("votes/processing-failed/2026/09/21/14/")
    assert desk.copies == []
    assert desk.pipeline.positions == {SHARD: record.sequence_number}


def test_a_pipeline_with_a_copy_under_way_is_not_settled() -> None:
    """C7: what was stored and not copied is delivered again after a crash."""
    desk = desk_of()
    desk.put("a")
    copy = desk.next(Copy)
    desk.pipeline.drain()
    assert not desk.pipeline.settled
    desk.act(copy)
    desk.run(0)
    assert desk.pipeline.settled
