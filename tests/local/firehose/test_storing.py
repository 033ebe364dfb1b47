"""What lies in S3 at the end: bytes, headers, the backup, and an S3 that is away."""

import gzip
import zlib
from dataclasses import replace
from itertools import chain

from hypothesis import given
from hypothesis import strategies as st

from core.kpl import aggregate
from local.drawing import BufferHints
from local.firehose.action import Fetch, StoreObject, Wait
from local.firehose.body import Body
from tests.local.firehose.desk import (
    MIB,
    NOW_MS,
    SHARD,
    TARGET,
    Desk,
    answer,
    error,
    ok,
)


def test_records_are_joined_without_anything_between() -> None:
    """C14: three `abc` give `abcabcabc`; a newline is the transform's business."""
    desk = Desk()
    desk.handle = lambda event: ok({"records": [answer(r, data=b"abc") for r in event["records"]]})
    desk.put("1", "2", "3")
    desk.run()
    assert desk.bucket.content("votes/") == b"abcabcabc"


def test_a_plain_object_and_its_headers() -> None:
    """C35, C36."""
    desk = Desk()
    desk.put("a")
    desk.run()
    (key,) = desk.keys
    assert "." not in key
    assert desk.bucket.objects[key] == b"a\n"
    assert desk.bucket.headers[key] == {"ContentType": "application/octet-stream"}


def test_a_zipped_object_and_its_headers() -> None:
    """C35, C36."""
    desk = Desk(compression="GZIP")
    desk.put("a")
    desk.run()
    (key,) = desk.keys
    assert key.endswith(".gz")
    assert gzip.decompress(desk.bucket.objects[key]) == b"a\n"
    headers = {"ContentType": "application/octet-stream", "ContentEncoding": "gzip"}
    assert desk.bucket.headers[key] == headers


def squeezed(batches: list[list[bytes]]) -> bytes:
    body = Body("GZIP")
    for pieces in batches:
        body.add(pieces)
    assert body.bytes == sum(map(len, chain(*batches)))
    return b"".join(body.close())


@given(st.lists(st.lists(st.binary(max_size=9_000), max_size=5), max_size=5))
def test_zipped_pieces_are_one_member_of_gzip_and_the_same_every_time(
    batches: list[list[bytes]],
) -> None:
    """C14, C35: however the pieces come."""
    body = squeezed(batches)
    member = zlib.decompressobj(31)
    content = b"".join(chain(*batches))
    assert (member.decompress(body), member.eof, member.unused_data) == (content, True, b"")
    assert body == squeezed(batches)
    assert body[4:8] == bytes(4), "no time of making"


def test_rows_that_wait_are_held_compressed() -> None:
    body = Body("GZIP")
    for number in range(1_000):
        body.add([b'{"poll":"cube","colour":"red","seq":%d}\n' % number * 1_000])
    assert body.bytes > 10 * body.held_bytes > 0


def test_answers_without_data_leave_no_empty_object() -> None:
    """C13."""
    desk = Desk()
    desk.handle = lambda event: ok({"records": [answer(r, data=b"") for r in event["records"]]})
    (record,) = desk.put("a")
    desk.run()
    assert (desk.keys, desk.pipeline.positions) == ([], {SHARD: record.sequence_number})


# --- the backup ---


def test_every_source_record_is_backed_up_as_it_came() -> None:
    """C14, C32: untransformed, one behind the other; aggregates as their user records (C6)."""
    desk = Desk.of_backup()
    desk.put("one\n", "two", aggregate([("k", b"three\n"), ("k", b"four\n")]), b"\xff\x00")
    desk.run(61_000)
    (key,) = desk.keys
    assert key.startswith("backup/2026/09/21/14/votes-to-lake-1-2026-09-21-14-13-20-")
    assert desk.bucket.content("backup/") == b"one\ntwothree\nfour\n\xff\x00"


def test_the_backup_has_hints_of_its_own() -> None:
    """C33: by size or by age, whatever the transform does."""
    desk = Desk.of_backup(buffer=BufferHints(size_bytes=2 * MIB, interval_ms=60_000))
    desk.put(b"x" * MIB)
    desk.run(59_999)
    assert desk.keys == []
    desk.run(1)
    assert len(desk.keys) == 1
    desk.put(b"x" * MIB, b"x" * MIB)
    desk.run(1_000)
    assert len(desk.keys) == 2


def test_the_backup_goes_on_while_the_transform_fails() -> None:
    """C32: in parallel with delivery, with positions of its own."""
    delivery, backup = Desk(), Desk.of_backup()
    backup.stream = delivery.stream
    delivery.handle = lambda event: error()
    (record,) = delivery.put("a")
    delivery.run(3_000)
    backup.run(61_000)
    assert delivery.pipeline.positions == {SHARD: 0}
    assert backup.pipeline.positions == {SHARD: record.sequence_number}
    assert backup.bucket.content("backup/") == b"a"


# --- S3 is away ---


def test_an_object_is_tried_again_without_end() -> None:
    """C4, C47: with longer and longer waits; nothing is lost, and the position waits."""
    desk = Desk()
    (record,) = desk.put("a")
    desk.bucket.refusals = 10**9
    desk.run(7_200_000)
    tries = 10**9 - desk.bucket.refusals
    assert 720 < tries < 7_200
    assert desk.pipeline.positions == {SHARD: 0}
    desk.bucket.refusals = 0
    desk.run(10_000)
    assert desk.bucket.lines("votes/") == ["a"]
    assert desk.pipeline.positions == {SHARD: record.sequence_number}


def test_failures_are_stored_while_rows_are_not() -> None:
    """C47: one prefix that is refused does not hold the other up."""
    desk = Desk()
    desk.put("row")
    blocked = desk.next(StoreObject)
    assert blocked.key.startswith("votes/")
    desk.handle = lambda event: error()
    desk.put("broken")
    desk.run(60_000)
    assert [line["rawData"] for line in desk.bucket.failed()] == ["YnJva2Vu"]
    assert desk.pipeline.positions == {SHARD: 0}, "the row comes before it"
    desk.store(blocked)
    assert desk.pipeline.positions != {SHARD: 0}


def test_a_stream_that_cannot_be_read_is_asked_once_a_second() -> None:
    """C3."""
    desk = Desk()
    for round_ in range(5):
        fetch = desk.next(Fetch)
        assert desk.now_ms == NOW_MS + round_ * 1_000
        desk.pipeline.fetch_failed(fetch.shard_id, desk.now_ms)


# --- the end ---


def test_a_drained_pipeline_reads_to_the_end_and_stores_everything_at_once() -> None:
    desk = Desk(target=replace(TARGET, buffer=BufferHints(size_bytes=MIB, interval_ms=900_000)))
    desk.put("a")
    desk.run(1_500)
    desk.put("not read yet")
    desk.pipeline.drain()
    before = desk.pipeline.settled
    desk.run(0)
    assert not before
    assert desk.bucket.lines("votes/") == ["a", "not read yet"]
    assert desk.pipeline.settled
    assert desk.saves[-1].position == desk.pipeline.positions[SHARD]
    desk.put("too late")
    assert desk.pipeline.step(desk.now_ms + 10**9) == Wait(None)


def test_a_drained_pipeline_does_not_wait_for_a_stream_that_cannot_be_read() -> None:
    desk = Desk()
    desk.run(0)
    desk.pipeline.drain()
    fetch = desk.next(Fetch)
    desk.pipeline.fetch_failed(fetch.shard_id, desk.now_ms)
    assert desk.pipeline.step(desk.now_ms) == Wait(None)
    assert desk.pipeline.settled


def test_a_shard_that_ended_does_not_wait_for_the_buffers() -> None:
    """C7: its children begin when it is stored; it has nobody to wait for."""
    desk = Desk.of_backup()
    desk.put("last")
    desk.stream.split(0)
    desk.run(1_000)
    assert desk.bucket.content("backup/") == b"last"
    assert desk.finished == [SHARD]
    assert desk.saves[-1].finished
    assert desk.pipeline.positions == {}
