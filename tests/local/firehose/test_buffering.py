"""Two buffers in series, hints, and what stops what: a delivery stream on a simulated clock."""

import hashlib
from dataclasses import replace

from core.kpl import MAGIC, aggregate
from local.drawing import BufferHints
from local.firehose.action import Fetch, StoreObject, Transform
from local.firehose.limits import HELD_BYTES_EXTRA, OUTSTANDING_MAX
from tests.local.firehose.desk import MIB, NOW_MS, SHARD, TRANSFORM, Desk
from tests.local.mapping.fake_stream import FakeStream

SOON = BufferHints(size_bytes=64 * MIB, interval_ms=0)


def test_a_record_waits_in_both_buffers_one_after_the_other() -> None:
    """C12, C16: the destination's interval counts from the moment transformed data came back."""
    desk = Desk()
    desk.put("a")
    desk.run()
    assert desk.called_ms == [NOW_MS + 3_000]
    assert desk.stored_ms == [NOW_MS + 8_000]
    assert desk.bucket.lines("votes/") == ["a"]


def test_a_shard_is_read_once_a_second() -> None:
    """C1: at rest; while records come it is read on."""
    desk = Desk()
    desk.run(10_000)
    assert desk.stream.reads == 11


def test_the_transform_buffer_is_sent_when_it_is_full() -> None:
    """C15, C16: whichever comes first, size or interval; records are not cut."""
    desk = Desk()
    desk.put(*(b"x" * (MIB // 4) for _ in range(9)))
    desk.run(2_999)
    assert [len(records) for records in desk.sent()] == [4, 4]
    desk.run(1)
    assert [len(records) for records in desk.sent()] == [4, 4, 1]


def test_a_record_larger_than_the_buffer_is_sent_alone() -> None:
    """C11: hints are hints; no record is too large for its buffer."""
    desk = Desk()
    desk.put(b"a", b"x" * (2 * MIB), b"b")
    desk.run()
    assert [len(records) for records in desk.sent()] == [1, 1, 1]
    assert len(desk.bucket.content("votes/")) == 2 * MIB + 5


def test_an_event_stays_within_six_megabytes_however_small_its_records_are() -> None:
    """C17: a megabyte of tiny records would make an event a hundred times as large."""
    desk = Desk()
    desk.put(*(b"x" for _ in range(20_000)), key="\x01" * 50)
    action = desk.next(Transform)
    assert 5_000_000 < len(desk.pipeline.payload(action)) <= 6_291_556
    desk.act(action)
    desk.run()
    assert sum(map(len, desk.sent())) == 20_000


def test_an_object_is_stored_when_the_buffer_is_full() -> None:
    """C9: measured before compression; C11: record borders make it a little larger."""
    desk = Desk(buffer=BufferHints(size_bytes=MIB, interval_ms=900_000), compression="GZIP")
    desk.put(*(b"x" * (MIB // 4) for _ in range(4)))
    desk.run(1_000)
    assert desk.stored_ms == [NOW_MS]
    assert len(desk.bucket.content("votes/")) == MIB + 4
    desk.put("late")
    desk.run(902_000)
    assert len(desk.keys) == 1
    desk.run(2_000)
    assert len(desk.keys) == 2


def test_zero_buffering_stores_at_once() -> None:
    """C10."""
    desk = Desk(buffer=SOON, transform=replace(TRANSFORM, buffer=replace(SOON, size_bytes=MIB)))
    desk.put("a")
    desk.run(0)
    assert desk.bucket.lines("votes/") == ["a"]


def test_without_data_there_are_no_objects() -> None:
    """C13."""
    desk = Desk()
    desk.run(1_000_000)
    assert desk.keys == []


def test_while_an_object_is_on_its_way_the_next_one_outgrows_its_hint() -> None:
    """C11: when delivery falls behind, the size is raised."""
    desk = Desk(buffer=BufferHints(size_bytes=MIB, interval_ms=5_000))
    desk.put(b"x" * MIB)
    first = desk.next(StoreObject)
    desk.put(*(b"y" * MIB for _ in range(3)))
    desk.run(30_000)
    assert desk.keys == []
    desk.store(first)
    desk.run(0)
    assert [len(body) for body in desk.bucket.objects.values()] == [MIB + 1, 3 * MIB + 3]


def test_at_most_five_invocations_of_a_shard_are_under_way() -> None:
    """C17; they leave in the shard's order, whoever answers first."""
    desk = Desk(buffer=SOON)
    desk.put(*(bytes([65 + number]) * MIB for number in range(7)))
    under_way = [desk.next(Transform) for _ in range(OUTSTANDING_MAX)]
    desk.put("end")
    for action in reversed(under_way[1:]):
        desk.act(action)
    for _ in range(20):
        step = desk.pipeline.step(desk.now_ms)
        assert not isinstance(step, Transform), "five are not done: four wait for the first"
        if isinstance(step, Fetch):
            desk.act(step)
    desk.act(under_way[0])
    desk.run()
    rows = desk.bucket.lines("votes/")
    assert [row[0] for row in rows] == [*"ABCDEFG", "e"]


def test_reading_stops_when_too_much_is_held_and_goes_on_when_it_is_stored() -> None:
    """C4, C47: what S3 does not take waits in the stream, not in memory."""
    desk = Desk(buffer=BufferHints(size_bytes=MIB, interval_ms=5_000))
    records = 120
    desk.put(*(b"x" * MIB for _ in range(records)))
    blocked = desk.next(StoreObject)
    desk.run(60_000)
    held = desk.pipeline.held_bytes
    assert MIB + HELD_BYTES_EXTRA <= held < MIB + HELD_BYTES_EXTRA + 20 * MIB
    desk.store(blocked)
    desk.run(60_000)
    assert len(desk.bucket.lines("votes/")) == records
    assert desk.pipeline.held_bytes == 0


def test_one_shard_with_a_backlog_does_not_keep_others_from_being_read() -> None:
    """Also when no more is taken in than what S3 takes."""
    desk = Desk.of_backup(stream=FakeStream(2), positions={SHARD: 0, "shardId-000000000001": 0})
    desk.put(*(bytes([number]) * MIB for number in range(80)))
    desk.put("other", shard=1)
    order = []
    for _ in range(3):
        fetch = desk.next(Fetch)
        order.append(fetch.shard_id)
        desk.act(fetch)
    assert order == [SHARD, "shardId-000000000001", SHARD]


def test_aggregates_are_taken_apart_before_the_transform() -> None:
    """C6: user records with numbers of their own; an ordinary record has number 0."""
    desk = Desk()
    desk.put("plain")
    (whole,) = desk.put(aggregate([("k1", b"one"), ("k2", b"two"), ("k1", b"three")]))
    desk.run()
    assert desk.sent() == [["plain", "one", "two", "three"]]
    metas = [record["kinesisRecordMetadata"] for record in desk.events[0]["records"]]
    assert [meta["subsequenceNumber"] for meta in metas] == [0, 0, 1, 2]
    assert {meta["sequenceNumber"] for meta in metas[1:]} == {str(whole.sequence_number)}
    ids = [record["recordId"] for record in desk.events[0]["records"]]
    assert len(set(ids)) == 4


def test_an_aggregate_cut_by_a_buffer_is_done_only_as_a_whole() -> None:
    """C6, C7: after a crash all of its user records come again, none is lost."""
    desk = Desk(buffer=SOON)
    (before,) = desk.put("before")
    (whole,) = desk.put(aggregate([("k", b"a" * MIB), ("k", b"b" * MIB)]))
    first, second = desk.next(Transform), desk.next(Transform)
    desk.act(first)
    third = desk.next(Transform)
    desk.act(second)
    desk.run(10)
    assert desk.pipeline.positions == {SHARD: before.sequence_number}
    desk.act(third)
    desk.run(10)
    assert desk.pipeline.positions == {SHARD: whole.sequence_number}


def test_an_aggregate_without_records_is_passed() -> None:
    body = b"\x0a\x01k"  # a table of one partition key, and nothing that uses it
    digest = hashlib.md5(body, usedforsecurity=False).digest()
    desk = Desk()
    (empty,) = desk.put(MAGIC + body + digest)
    desk.run(1_000)
    assert (desk.events, desk.pipeline.positions) == ([], {SHARD: empty.sequence_number})
