"""The outbox: durable before the first put, the same bytes after a crash, bounded, locked."""

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import limits
from core.clock import ManualClock
from core.errors import AlreadyRunning, DataFolderUnusable, OutboxDamaged, OutboxFull, UsageError
from core.record import read_payloads, read_votes
from core.vote import Vote
from producers import journal
from producers.outbox import Outbox, OutboxSummary
from producers.pack import Batch, split_lines

LINE = b'{"poll":"cube","device_id":"d","seq":1,"colour":"red","voted_at":1}\n'


def open_outbox(folder: Path, bytes_max: int = limits.OUTBOX_BYTES_MAX) -> Outbox:
    rng = random.Random(1)
    return Outbox.open(folder, clock=ManualClock(), rng=rng, lanes=4, bytes_max=bytes_max)


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    outbox = open_outbox(tmp_path / "outbox")
    yield outbox
    outbox.close()


def batches(outbox: Outbox) -> list[Batch]:
    return [batch for lane in range(outbox.lanes) if (batch := outbox.ready(lane))]


def test_votes_linger_for_company_and_then_become_one_stamped_batch(outbox: Outbox) -> None:
    outbox.offer(2, LINE, 1, 1_000)
    outbox.offer(2, LINE * 2, 2, 1_050)
    assert outbox.seal(1_000 + limits.LINGER_MS - 1) == 0
    assert outbox.seal(1_000 + limits.LINGER_MS) == 1
    (batch,) = batches(outbox)
    (payload,) = read_payloads(batch.data)
    assert payload.stamp is not None
    assert payload.broken is None
    assert (payload.stamp.lane, payload.stamp.number, payload.stamp.votes) == (2, 1, 3)
    assert payload.body == LINE * 3


def test_a_clock_that_steps_back_does_not_hold_votes(outbox: Outbox) -> None:
    outbox.offer(0, LINE, 1, 10_000)
    assert outbox.seal(5_000) == 1


def test_a_full_buffer_is_sealed_at_once_in_records_of_bounded_size(outbox: Outbox) -> None:
    count = 3 * limits.RECORD_BYTES_MAX // len(LINE)
    outbox.offer(0, LINE * count, count, 1_000)
    assert outbox.seal(1_000) >= 3
    total = 0
    while batch := outbox.ready(0):
        assert len(batch.data) <= limits.RECORD_BYTES_MAX
        total += batch.votes
        assert batch.total == total
        outbox.acknowledge([batch])
    assert total == count == outbox.acknowledged_votes


def test_numbers_of_a_lane_rise_without_gaps(outbox: Outbox) -> None:
    numbers = []
    for _ in range(5):
        outbox.offer(1, LINE, 1, 0)
        outbox.seal(0, everything=True)
        (batch,) = batches(outbox)
        numbers.append(batch.number)
        outbox.acknowledge([batch])
    assert numbers == [1, 2, 3, 4, 5]


def test_votes_go_to_the_lane_of_their_device(outbox: Outbox) -> None:
    votes = [Vote("cube", f"d{n % 9}", n, "red", 5) for n in range(90)]
    outbox.offer_votes(votes, 0)
    outbox.seal(0, everything=True)
    seen: dict[str, set[int]] = {}
    for batch in batches(outbox):
        for vote in read_votes(read_payloads(batch.data)[0].body) or []:
            seen.setdefault(vote.device_id, set()).add(batch.lane)
    assert len(seen) == 9
    assert all(len(lanes) == 1 for lanes in seen.values())


def test_what_is_sealed_comes_back_after_a_crash_as_the_same_bytes(tmp_path: Path) -> None:
    first = open_outbox(tmp_path)
    for lane in range(4):
        first.offer(lane, LINE * (lane + 1), lane + 1, 0)
    first.seal(0, everything=True)
    sealed = batches(first)
    first.acknowledge(sealed[:1])
    first.offer(0, LINE, 1, 0)  # never sealed: nobody took it
    first.close()
    second = open_outbox(tmp_path)
    assert batches(second) == sealed[1:]
    assert second.producer == first.producer
    assert (second.sealed_votes, second.acknowledged_votes, second.pending_votes) == (10, 1, 9)
    second.offer(0, LINE, 1, 0)
    second.seal(0, everything=True)
    batch = second.ready(0)
    assert batch is not None
    assert (batch.number, batch.total) == (2, 2)
    second.close()


def test_a_batch_whose_acknowledgement_was_lost_is_sent_again_and_counted_once(
    tmp_path: Path,
) -> None:
    first = open_outbox(tmp_path)
    first.offer(0, LINE, 1, 0)
    first.seal(0, everything=True)
    (segment,) = [path for path in journal.segment_paths(tmp_path) if path.stat().st_size]
    before = segment.read_bytes()
    first.acknowledge(batches(first))
    first.close()
    segment.write_bytes(before)
    second = open_outbox(tmp_path)
    assert [batch.number for batch in batches(second)] == [1]
    second.acknowledge(batches(second))
    assert second.summary().acknowledged_votes == 1
    second.close()


@given(cut=st.integers(0, 400), junk=st.binary(max_size=20))
def test_a_torn_tail_is_cut_and_whole_batches_survive(
    tmp_path_factory: pytest.TempPathFactory, cut: int, junk: bytes
) -> None:
    folder = tmp_path_factory.mktemp("outbox")
    first = open_outbox(folder)
    ends = []
    for _ in range(3):
        first.offer(0, LINE, 1, 0)
        first.seal(0, everything=True)
        ends.append(first._journal.path.stat().st_size)
    first.close()
    segment = journal.segment_paths(folder)[-1]
    segment.write_bytes(segment.read_bytes()[:cut] + junk)
    second = open_outbox(folder)
    whole = sum(end <= cut for end in ends)
    assert second.sealed_votes == whole
    second.offer(0, LINE, 1, 0)
    second.seal(0, everything=True)
    second.close()
    third = open_outbox(folder)
    assert third.sealed_votes == whole + 1
    third.close()


def test_segments_whose_batches_are_acknowledged_are_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "SEGMENT_BYTES_MAX", 500)
    outbox = open_outbox(tmp_path)
    for _ in range(50):
        outbox.offer(0, LINE * 5, 5, 0)
        outbox.seal(0, everything=True)
        outbox.acknowledge(batches(outbox))
    assert len(journal.segment_paths(tmp_path)) <= 3
    outbox.close()
    again = open_outbox(tmp_path)
    assert (again.acknowledged_votes, again.drained) == (250, True)
    again.close()


def test_a_full_outbox_takes_nothing_and_says_wait(tmp_path: Path) -> None:
    outbox = open_outbox(tmp_path, bytes_max=3 * len(LINE))
    outbox.offer(0, LINE * 2, 2, 0)
    with pytest.raises(OutboxFull, match="wait"):
        outbox.offer(1, LINE * 2, 2, 0)
    with pytest.raises(OutboxFull):
        outbox.offer_votes([Vote("cube", f"d{n}", n, "red", 5) for n in range(9)], 0)
    assert outbox.pending_votes == 2
    outbox.seal(0, everything=True)
    outbox.acknowledge(batches(outbox))
    assert outbox.drained
    outbox.offer(1, LINE * 2, 2, 0)
    outbox.close()


def test_a_line_that_fits_no_record_is_refused_before_anything_is_taken(outbox: Outbox) -> None:
    with pytest.raises(UsageError, match="fits no record"):
        outbox.offer(0, b"x" * (limits.LINE_BYTES_MAX + 1) + b"\n", 1, 0)
    assert outbox.drained


def test_a_disk_that_takes_nothing_keeps_the_lines_for_another_try(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    outbox.offer(0, LINE, 1, 0)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", full)
        with pytest.raises(DataFolderUnusable, match="No space"):
            outbox.seal(0, everything=True)
    assert batches(outbox) == []
    assert outbox.seal(0, everything=True) == 1
    assert [batch.number for batch in batches(outbox)] == [1]
    entries = [entry for _, entry in journal.read_entries(outbox._folder, outbox.lanes)]
    assert [entry.number for entry in entries if isinstance(entry, Batch)] == [1]


def test_two_processes_cannot_share_an_outbox(outbox: Outbox) -> None:
    with pytest.raises(AlreadyRunning):
        open_outbox(outbox._folder)


def test_a_summary_is_read_without_the_lock(outbox: Outbox) -> None:
    outbox.offer(3, LINE * 2, 2, 0)
    outbox.seal(0, everything=True)
    assert OutboxSummary.read(outbox._folder) == outbox.summary()
    outbox.acknowledge(batches(outbox))
    summary = OutboxSummary.read(outbox._folder)
    assert summary == outbox.summary()
    assert summary.acknowledged_by_lane == (0, 0, 0, 2)


def test_a_damaged_or_foreign_folder_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(OutboxDamaged):
        OutboxSummary.read(tmp_path)
    (tmp_path / "outbox.json").write_text('{"version": 99}')
    with pytest.raises(OutboxDamaged, match="version 99"):
        open_outbox(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(DataFolderUnusable):
        open_outbox(tmp_path / "file")


@given(st.lists(st.binary(max_size=30).map(lambda raw: raw.replace(b"\n", b"") + b"\n")))
def test_splitting_keeps_every_line_whole_and_in_order(lines: list[bytes]) -> None:
    runs = split_lines(b"".join(lines), 40)
    assert b"".join(runs) == b"".join(lines)
    assert all(run.endswith(b"\n") and (len(run) <= 40 or run.count(b"\n") == 1) for run in runs)
