"""What the lake holds, counted from its objects: lines once, failures as what they are."""

import gzip
import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.record import Stamp, encode_stamp
from core.row import Row
from local.lake_witness import LakeCount, bits, count_lake
from local.recovery.place import PlaceNames
from tests.local.recovery.desk import BUCKET, RecoveryDesk

MINUTE = 60_000


def row(line: int, *, arrived_at: int = 0, number: int | None = 1, sequence: str = "7") -> Row:
    batch: dict[str, Any] = {"producer": "p", "lane": 1, "number": number} if number else {}
    return Row(
        arrived_at=arrived_at,
        sequence_number=sequence,
        subsequence=0,
        line=line,
        transform_version=1,
        **batch,
    )


def packed(*rows: Row) -> bytes:
    return gzip.compress(msgspec.json.Encoder().encode_lines(rows))


def failed(data: bytes, arrival_ms: int) -> bytes:
    entry = {"rawData": b64encode(data).decode(), "arrivalTimestamp": arrival_ms}
    return json.dumps(entry).encode()


def batch(lines: int, number: int = 1) -> bytes:
    stamp = Stamp(v=1, producer="p", lane=1, number=number, votes=lines)
    return encode_stamp(stamp) + b"{}\n" * lines


def test_a_line_delivered_twice_counts_once_at_its_first_arrival() -> None:
    count = LakeCount()
    count.add_object("late", packed(row(2, arrived_at=5 * MINUTE, sequence="9"), row(3)))
    count.add_object("early", packed(row(2, arrived_at=MINUTE), row(2, arrived_at=MINUTE)))
    delivered, lost = count.by_minute()
    assert delivered == {0: 2}
    assert not lost
    assert count.rows == {"late": 2, "early": 2}
    assert count.oldest_ms["early"] == MINUTE


def test_rows_without_a_stamp_are_told_apart_by_their_place() -> None:
    count = LakeCount()
    count.add_object("a", packed(row(1, number=None), row(1, number=None, sequence="8")))
    assert count.by_minute()[0] == {0: 2}


def test_a_failed_record_counts_by_its_lines_until_they_are_delivered() -> None:
    count = LakeCount()
    count.add_failures(failed(batch(3), MINUTE))
    assert count.by_minute() == ({}, {1: 3})
    assert count.detoured() == {1: 3}
    count.add_object("recovered", packed(*(row(line, arrived_at=4 * MINUTE) for line in (2, 3, 4))))
    assert count.by_minute() == ({1: 3}, {})
    assert count.detoured() == {1: 3, 4: -3}


def test_failures_without_a_stamp_are_told_apart_within_an_object() -> None:
    count = LakeCount()
    twice = b"\n".join([failed(b"{}\n", MINUTE)] * 2)
    count.add_failures(twice)
    count.add_failures(twice)
    assert count.by_minute() == ({}, {1: 2})


def test_a_failure_without_a_stamp_is_delivered_once_its_rows_are_made() -> None:
    count = LakeCount()
    count.add_failures(failed(b"{}\n{}\n", MINUTE))
    name = PlaceNames().next_name(b"{}\n{}\n", MINUTE)
    rows = [row(line, arrived_at=MINUTE, number=None, sequence=name) for line in (1, 2)]
    count.add_object("recovered", packed(*rows))
    assert count.by_minute() == ({1: 2}, {})
    assert not +count.detoured()


def test_a_failure_after_the_delivery_is_no_detour() -> None:
    count = LakeCount()
    count.add_object("a", packed(row(2, arrived_at=MINUTE)))
    count.add_failures(failed(batch(1), 2 * MINUTE))
    assert not +count.detoured()
    assert count.by_minute() == ({1: 1}, {})


@pytest.mark.parametrize("failures", ["errors/processing-failed", "votes/processing-failed"])
def test_failures_are_found_where_either_kind_of_delivery_puts_them(
    tmp_path: Path, failures: str
) -> None:
    """C42: with HistoryLoad=firehose they lie among the rows, and are no rows."""
    desk = RecoveryDesk(tmp_path)
    desk.put(batch(1, number=1))
    desk.deliver()
    desk.put(batch(3, number=2))
    desk.deliver(failing=True, failures=failures)
    count = count_lake(desk.s3, BUCKET, from_ms=desk.clock.now_ms(), on_progress=lambda rows: None)
    desk.close()
    delivered, failed = count.by_minute()
    assert (delivered.total(), failed.total()) == (1, 3)
    assert not count.unreadable


@pytest.mark.parametrize("spoil", [lambda body: body[:-9], lambda body: b"no gzip" + body])
def test_an_object_that_cannot_be_read_is_named(spoil: Any) -> None:
    count = LakeCount()
    count.add_object("votes/x.gz", spoil(packed(row(1))))
    assert list(count.unreadable) == ["votes/x.gz"]
    assert count.by_minute() == ({}, {})


def test_a_record_of_many_lines_is_counted_line_by_line() -> None:
    assert bits(range(500_000)).bit_count() == 500_000  # in linear time: else this takes minutes
