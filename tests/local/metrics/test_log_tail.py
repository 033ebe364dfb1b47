"""What is read of a log that grows, is moved aside, tears and holds garbage: each line once."""

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.metrics.limits import LINE_BYTES_MAX, TAIL_BYTES_MAX
from local.metrics.log_tail import LogTail


def append(path: Path, text: bytes) -> None:
    with path.open("ab") as file:
        file.write(text)


def move(path: Path) -> None:
    """As local/invoke/log_file.py does."""
    path.replace(path.with_name(path.name + ".1"))


def test_what_was_there_before_is_old(tmp_path: Path) -> None:
    path = tmp_path / "tally.log"
    append(path, b"old\n")
    tail = LogTail(path)
    append(path, b"new\n")
    assert tail.lines() == [b"new"]
    assert tail.lines() == []
    tail.close()


def test_a_log_may_come_later(tmp_path: Path) -> None:
    tail = LogTail(tmp_path / "tally.log")
    assert tail.lines() == []
    append(tmp_path / "tally.log", b"first\n")
    assert tail.lines() == [b"first"]
    tail.close()


def test_a_torn_line_waits_for_its_end(tmp_path: Path) -> None:
    path = tmp_path / "tally.log"
    tail = LogTail(path)
    append(path, b"one\ntw")
    assert tail.lines() == [b"one"]
    append(path, b"o\n")
    assert tail.lines() == [b"two"]
    tail.close()


def test_a_log_that_is_moved_loses_no_line(tmp_path: Path) -> None:
    path = tmp_path / "tally.log"
    tail = LogTail(path)
    append(path, b"1\n")
    assert tail.lines() == [b"1"]
    append(path, b"2\n")
    move(path)
    append(path.with_name("tally.log.1"), b"3\n")  # another process still has the old file
    append(path, b"4\n")
    assert tail.lines() == [b"2", b"3", b"4"]
    append(path.with_name("tally.log.1"), b"5\n")
    append(path, b"6\n")
    assert tail.lines() == [b"5", b"6"]
    move(path)
    append(path, b"7\n")
    assert tail.lines() == [b"7"]
    tail.close()


def test_a_line_without_end_is_left_out_and_costs_one_look(tmp_path: Path) -> None:
    path = tmp_path / "tally.log"
    tail = LogTail(path)
    append(path, b"x" * (LINE_BYTES_MAX + 1))
    assert tail.lines() == []
    append(path, b"rest\nnext\n")
    assert tail.lines() == [b"next"]
    tail.close()


def test_a_look_reads_no_more_than_it_may(tmp_path: Path) -> None:
    path = tmp_path / "tally.log"
    tail = LogTail(path)
    line = b"y" * 65_535 + b"\n"
    count = TAIL_BYTES_MAX // len(line) + 3
    append(path, line * count)
    first = tail.lines()
    assert sum(len(each) + 1 for each in first) <= TAIL_BYTES_MAX
    assert len(first) + len(tail.lines()) == count
    tail.close()


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_each_line_is_read_once_however_looks_and_moves_fall(
    seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    rng = random.Random(seed)
    path = tmp_path_factory.mktemp("logs") / "tally.log"
    tail = LogTail(path)
    written: list[bytes] = []
    read: list[bytes] = []
    moved = False
    for number in range(60):
        line = b"%d" % number
        append(path, line + b"\n")
        written.append(line)
        if not moved and rng.random() < 0.2:
            move(path)
            moved = True
        if rng.random() < 0.3:
            read += tail.lines()
            moved = False  # at most one move between two looks: more would need megabytes
    read += tail.lines()
    tail.close()
    assert read == written
