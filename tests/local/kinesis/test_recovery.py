"""Whatever a crash leaves of the files, each committed record comes back and none is invented."""

import contextlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.clock import ManualClock
from local.aws_error import AwsError
from local.kinesis import KinesisService, StoredRecord

MakeService = Callable[..., KinesisService]
SHARD = "shardId-000000000000"
function_scoped_is_fine = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def opened(folder: Path) -> KinesisService:
    return KinesisService(folder, ManualClock(), limits_enforced=False)


def stored(service: KinesisService, shard_id: str = SHARD) -> list[StoredRecord]:
    """Read the shard in small steps, so that several blocks and segments are crossed."""
    found: list[StoredRecord] = []
    while True:
        after = found[-1].sequence_number if found else 0
        result = service.read("votes", shard_id, after=after, records_max=7, bytes_max=50_000)
        if not result.records:
            return found
        found += result.records


def segments(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*/{SHARD}/*.segment"))


def append(service: KinesisService, payloads: list[bytes]) -> None:
    records = [{"Data": payload, "PartitionKey": "k"} for payload in payloads]
    service.append_records(StreamName="votes", Records=records)


payloads = st.lists(st.binary(max_size=200), min_size=1, max_size=8)


@function_scoped_is_fine
@given(committed=st.lists(payloads, max_size=4), torn=payloads, data=st.data())
def test_any_torn_tail_is_cut_off(
    tmp_path_factory: pytest.TempPathFactory,
    committed: list[list[bytes]],
    torn: list[bytes],
    data: st.DataObject,
) -> None:
    """A cut anywhere behind the last commit, with or without garbage in its place."""
    folder = tmp_path_factory.mktemp("log") / "kinesis"
    service = opened(folder)
    service.create_stream(StreamName="votes", ShardCount=1)
    for batch in committed:
        append(service, batch)
        service.commit()
    before = stored(service)
    durable_bytes = service.disk_bytes()
    append(service, torn)
    after_crash = folder.with_name("after")
    shutil.copytree(folder, after_crash)
    service.close()
    everything = stored(service)
    (segment,) = segments(after_crash)
    cut = data.draw(st.integers(durable_bytes, segment.stat().st_size), label="cut")
    garbage = data.draw(st.sampled_from([b"", b"\0" * 500, os.urandom(100)]), label="garbage")
    segment.write_bytes(segment.read_bytes()[:cut] + garbage)

    again = opened(after_crash)
    recovered = stored(again)
    assert recovered[: len(before)] == before, "a committed record is lost"
    assert recovered == everything[: len(recovered)], "a record was invented"
    assert again.disk_bytes() == sum(path.stat().st_size for path in segments(after_crash))
    append(again, [b"later"])
    again.commit()
    assert [record.data for record in stored(again)[len(recovered) :]] == [b"later"]
    again.close()


@function_scoped_is_fine
@given(flips=st.lists(st.integers(0, 10**6), min_size=1, max_size=3))
def test_a_flipped_bit_is_never_returned_as_data(
    tmp_path_factory: pytest.TempPathFactory, flips: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("log") / "kinesis"
    service = opened(folder)
    service.create_stream(StreamName="votes", ShardCount=1)
    append(service, [bytes([number]) * 30 for number in range(20)])
    service.close()
    before = stored(service)
    (segment,) = segments(folder)
    content = bytearray(segment.read_bytes())
    for flip in flips:
        content[flip // 8 % len(content)] ^= 1 << flip % 8
    segment.write_bytes(bytes(content))
    again = opened(folder)
    with contextlib.suppress(AwsError):  # the read says so
        assert all(record in before for record in stored(again))
    again.close()


@pytest.mark.parametrize("clean", [True, False])
def test_many_segments_come_back_in_order(
    make_service: MakeService, folder: Path, monkeypatch: pytest.MonkeyPatch, clean: bool
) -> None:
    monkeypatch.setattr("local.kinesis.segment.SEGMENT_BYTES", 100_000)
    service = make_service()
    service.create_stream(StreamName="votes", ShardCount=1)
    for number in range(100):
        append(service, [number.to_bytes(2, "big") * 2_500 for _ in range(2)])
        service.commit()
    before = stored(service)
    assert len(before) == 200
    assert len(segments(folder)) > 9
    if clean:
        service.close()
    again = make_service()
    assert stored(again) == before
    assert again.latest("votes", SHARD) == before[-1].sequence_number
    for record in before[::17]:
        at = again.read(
            "votes", SHARD, after=record.sequence_number - 1, records_max=1, bytes_max=1
        )
        assert at.records == [record]


def test_a_log_that_outgrows_memory_is_read_from_disk(
    make_service: MakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local.kinesis.limits.TAIL_BYTES_MIN", 5_000)
    monkeypatch.setattr("local.kinesis.limits.TAIL_BYTES_MAX", 5_000)
    service = make_service()
    service.create_stream(StreamName="votes", ShardCount=1)
    for number in range(50):
        append(service, [bytes([number]) * 1_000])
        service.commit()
    assert [record.data[0] for record in stored(service)] == list(range(50))


def test_records_behind_a_sealed_segment_without_index_are_found(
    make_service: MakeService, folder: Path
) -> None:
    service = make_service()
    service.create_stream(StreamName="votes", ShardCount=1)
    append(service, [b"a", b"b"])
    service.close()
    before = stored(service)
    (segment,) = segments(folder)
    segment.write_bytes(segment.read_bytes()[:-1])
    again = make_service()
    assert stored(again) == before
    assert again.disk_bytes() == segment.stat().st_size, "the index is written anew"


def test_a_damaged_index_is_made_anew(make_service: MakeService, folder: Path) -> None:
    service = make_service()
    service.create_stream(StreamName="votes", ShardCount=1)
    for number in range(9):
        append(service, [bytes([number]) * 60_000])
    records_bytes = service.disk_bytes()
    service.close()
    before = stored(service)
    (segment,) = segments(folder)
    whole = segment.read_bytes()
    for at in range(records_bytes, len(whole)):
        segment.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert stored(opened(folder)) == before
        assert segment.stat().st_size == len(whole)


@function_scoped_is_fine
@given(steps_ms=st.lists(st.sampled_from([0, 0, 1, 5, -3]), min_size=1, max_size=12))
def test_a_time_leads_to_the_first_record_that_arrived_then_or_later(
    tmp_path_factory: pytest.TempPathFactory, steps_ms: list[int]
) -> None:
    """A23, A32: across blocks of the index and segments, also when the clock stepped back."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("local.kinesis.segment.SEGMENT_BYTES", 200_000)
        clock = ManualClock()
        start_ms = clock.now_ms()
        folder = tmp_path_factory.mktemp("log") / "kinesis"
        service = KinesisService(folder, clock, limits_enforced=False)
        service.create_stream(StreamName="votes", ShardCount=1)
        for step_ms in steps_ms:
            clock._now_ms += step_ms
            append(service, [bytes(40_000)] * 3)
            service.commit()
        records = stored(service)
        for at_ms in range(start_ms - 12, start_ms + 61):
            after = service.sequence_at("votes", SHARD, at_ms)
            later = [one.sequence_number for one in records if one.arrival_ms >= at_ms]
            assert after == (later[0] - 1 if later else records[-1].sequence_number)
        service.close()


def test_bytes_left_of_an_undone_call_are_not_resurrected(
    make_service: MakeService, folder: Path
) -> None:
    """Old frames that stand, whole, behind newer ones have older numbers."""
    service = make_service()
    service.create_stream(StreamName="votes", ShardCount=1)
    append(service, [b"old 1", b"old 2"])
    (segment,) = segments(folder)
    left_over = segment.read_bytes()
    segment.write_bytes(b"")
    newer = make_service()
    append(newer, [b"new 1"])
    newer.commit()
    newest = segments(folder)[-1]
    content = newest.read_bytes()
    newest.write_bytes(content + left_over[len(content) :])
    assert [record.data for record in stored(make_service())] == [b"new 1"]


@function_scoped_is_fine
@given(
    steps=st.lists(
        st.one_of(
            st.tuples(st.just("append"), st.integers(0, 3), st.integers(0, 40_000)),
            st.tuples(st.just("commit"), st.just(0), st.just(0)),
            st.tuples(st.just("reopen"), st.just(0), st.just(0)),
            st.tuples(st.just("crash"), st.just(0), st.just(0)),
        ),
        max_size=25,
    )
)
def test_a_log_behaves_like_a_list(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, int]]
) -> None:
    """Appends, commits, clean restarts and kills, over segments of 64 kB."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("local.kinesis.segment.SEGMENT_BYTES", 64_000)
        folder = tmp_path_factory.mktemp("log") / "kinesis"
        service = opened(folder)
        service.create_stream(StreamName="votes", ShardCount=1)
        visible: list[bytes] = []
        pending: list[bytes] = []
        for step, count, size in steps:
            if step == "append" and count:
                batch = [os.urandom(4) + bytes(size) for _ in range(count)]
                append(service, batch)
                pending += batch
            elif step == "commit":
                service.commit()
                visible, pending = visible + pending, []
            elif step in ("reopen", "crash"):
                if step == "reopen":
                    service.close()
                service = opened(folder)
                visible, pending = visible + pending, []  # a kill loses no written byte
            assert [record.data for record in stored(service)] == visible
        service.close()


def test_memory_and_start_do_not_grow_with_what_is_kept(
    make_service: MakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sealed segment keeps its index on disk."""
    monkeypatch.setattr("local.kinesis.segment.SEGMENT_BYTES", 200_000)
    service = make_service()
    service.create_stream(StreamName="votes", ShardCount=1)
    for _ in range(30):
        append(service, [bytes(100_000)])
        service.commit()
    log: Any = service._reader.shard("votes", SHARD)[1].log
    assert len(log._sealed) >= 14
    assert all(segment._index is None for segment in log._sealed)
    assert all(segment._descriptor is None for segment in log._sealed)
