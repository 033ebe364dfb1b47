"""Rows made again from the backup: only what the lake lacks is added, and twice is once."""

import gzip
from collections import Counter

import msgspec
import pytest

from core import kpl
from core.row import Row
from core.verdict import Reason
from core.vote import Vote, encode_votes
from local.recovery.comparison import Change
from local.recovery.known_rows import KnownRows
from local.recovery.rebuild import Rebuild, Report, moment_of
from tests.local.recovery.desk import BUCKET, RecoveryDesk, stamped

HOUR_MS = 3_600_000


def rebuild(
    desk: RecoveryDesk, *, write: bool = True, from_ms: int = 0, to_ms: int | None = None
) -> Report:
    work = Rebuild(s3=desk.s3, bucket=BUCKET, clock=desk.clock, rng=desk.rng)
    end_ms = desk.clock.now_ms() + HOUR_MS if to_ms is None else to_ms
    return work.run(from_ms, end_ms, write=write)


def changed(report: Report) -> dict[Change, int]:
    return {change: count for change, count in report.changes.items() if change.kind != "same"}


def an_hour(desk: RecoveryDesk) -> None:
    """Have all kinds of records arrive."""
    desk.put(stamped([desk.vote(1), desk.vote(2, "blue")], 1, extra=b"junk\n"))
    desk.put(encode_votes([desk.vote(3)])[:-1])
    desk.put(encode_votes([desk.vote(4)])[:-1])
    desk.put(kpl.aggregate([("a", encode_votes([desk.vote(5)])), ("b", b"rubbish\n")]))
    desk.put_votes(desk.vote(6, poll="lunch"), desk.vote(3))
    desk.put(stamped([desk.vote(7)], 2))
    desk.count()
    desk.deliver()


def lose_rows(desk: RecoveryDesk) -> None:
    for key in desk.keys("votes/"):
        desk.s3.delete_object(Bucket=BUCKET, Key=key)


def rewrite(desk: RecoveryDesk, **changes: object) -> None:
    """Have the transform's fault in every row of seq 1 and 3."""
    for key in desk.keys("votes/"):
        rows = msgspec.json.Decoder(Row).decode_lines(gzip.decompress(desk.body(key)))
        odd = [
            msgspec.structs.replace(row, **changes) if row.seq in (1, 3) else row for row in rows
        ]
        body = gzip.compress(msgspec.json.Encoder().encode_lines(odd))
        desk.s3.put_object(Bucket=BUCKET, Key=key, Body=body)


def test_where_nothing_is_wrong_nothing_is_added(desk: RecoveryDesk) -> None:
    an_hour(desk)
    before = desk.keys("votes/")
    report = rebuild(desk)
    assert (report.changes.total(), changed(report), report.written) == (10, {}, [])
    assert desk.keys("votes/") == before


def test_rows_that_were_lost_are_made_again_and_twice_is_once(desk: RecoveryDesk) -> None:
    an_hour(desk)
    expected = desk.merged()
    lose_rows(desk)
    desk.clock.advance(5 * HOUR_MS)
    dry = rebuild(desk, write=False)
    assert not desk.keys("votes/")
    assert changed(dry) == {
        ("add", "no row", "vote"): 8,
        ("add", "no row", "not_json"): 1,
        ("unsure", "no row", "not_json"): 1,
    }
    report = rebuild(desk)
    assert report.changes == dry.changes
    assert desk.keys("votes/") == report.written
    expected["parked"] -= 1  # garbage without a stamp: nobody knows where it began
    assert desk.merged() == expected
    assert desk.history() == desk.totals()
    assert changed(rebuild(desk)) == {("unsure", "no row", "not_json"): 1}
    assert desk.keys("votes/") == report.written


def test_what_was_added_later_for_a_range_long_past_is_known(desk: RecoveryDesk) -> None:
    an_hour(desk)
    lose_rows(desk)
    end_ms = desk.clock.now_ms() + 1
    desk.clock.advance(50 * HOUR_MS)
    assert rebuild(desk, to_ms=end_ms).written
    assert not rebuild(desk, to_ms=end_ms).written


def test_one_object_that_was_lost_is_told_from_those_that_are_there(desk: RecoveryDesk) -> None:
    for number in range(1, 4):
        desk.put(stamped([desk.vote(number)], number, extra=b"junk\n"))
        desk.put_votes(desk.vote(10 + number))
        desk.deliver()
        desk.clock.advance(1_000)
    expected = desk.merged()
    desk.s3.delete_object(Bucket=BUCKET, Key=desk.keys("votes/")[1])
    assert desk.merged() != expected
    rebuild(desk)
    assert desk.merged() == expected


@pytest.mark.parametrize("lost", [False, True])
def test_records_that_met_on_a_line_are_told_apart_by_the_rows_of_the_lake(
    desk: RecoveryDesk, *, lost: bool
) -> None:
    """C14: a record without a newline at its end runs into the next one."""
    one, two, three = (encode_votes([desk.vote(n)])[:-1] for n in (1, 2, 3))
    desk.put(b"junk")
    desk.put(one)
    desk.put(b"rubbish")
    desk.put(two + b"\n")
    desk.put(three + three + b"\n")
    desk.deliver()
    assert desk.merged() == {"counted": 2, "c#red": 2, "parked": 3}
    if not lost:
        assert not changed(rebuild(desk))
        return
    lose_rows(desk)
    report = rebuild(desk)
    assert not [change for change in report.changes if change.kind == "same"]
    assert desk.history() == {"red": 1}, "two votes on one line look like two records"
    assert changed(report)[Change("unsure", "no row", "vote")] == 2


def test_votes_that_a_fault_of_ours_had_parked_count(
    desk: RecoveryDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty(vote: Vote, arrival_ms: int) -> Reason | None:
        return Reason.BAD_VALUE if vote.seq in (1, 3) else None

    with monkeypatch.context() as broken:
        broken.setattr("firehose_transforms.row_lines.judge_alone", faulty)
        broken.setattr("firehose_transforms.row_lines._plain_rows", lambda record, payload: None)
        an_hour(desk)
    assert desk.history() == {"red": 3, "blue": 1}
    desk.clock.advance(5 * HOUR_MS)
    report = rebuild(desk)
    assert changed(report) == {("add", "bad_value", "vote"): 1, ("add", "parked", "vote"): 2}
    assert desk.history() == desk.totals() == {"red": 5, "blue": 1}
    assert desk.merged()["redelivered"] == 0
    assert not changed(rebuild(desk))


def test_a_row_that_counts_differently_is_said_and_not_touched(desk: RecoveryDesk) -> None:
    an_hour(desk)
    rewrite(desk, region="nowhere")
    report = rebuild(desk)
    assert changed(report) == {("differs", "vote", "vote"): 1}, "a line without a stamp is taken"
    assert not report.written


def test_a_batch_that_the_lake_lacks_arrives_about_when_its_neighbours_did(
    desk: RecoveryDesk,
) -> None:
    desk.put(stamped([desk.vote(1)], 1))
    first_ms = desk.clock.now_ms()
    desk.clock.advance(200_000)
    desk.put(stamped([desk.vote(2)], 2))
    desk.deliver()
    lose_rows(desk)
    rebuild(desk)
    assert sorted(row.arrived_at for row in desk.rows()) == [first_ms, first_ms + 200_000]
    assert {row.parked_reason for row in desk.rows()} == {None}


def test_a_range_takes_objects_by_when_they_began(desk: RecoveryDesk) -> None:
    an_hour(desk)
    desk.clock.advance(5 * HOUR_MS)
    later_ms = desk.clock.now_ms()
    desk.put_votes(desk.vote(20))
    desk.deliver()
    lose_rows(desk)
    report = rebuild(desk, from_ms=later_ms - 1_000)
    assert (report.objects, report.changes.total()) == (1, 1)


def test_objects_that_cannot_be_read_are_named_and_the_others_compared(
    desk: RecoveryDesk,
) -> None:
    an_hour(desk)
    bad = [desk.store(prefix, desk.clock.now_ms(), b"\x1f\x8bno") for prefix in ("votes", "backup")]
    bad.append(desk.store("votes", desk.clock.now_ms(), gzip.compress(b"{}\n")))
    report = rebuild(desk)
    assert sorted(report.unreadable) == sorted(bad)
    assert not changed(report)


@pytest.mark.parametrize(
    ("key", "ms"),
    [
        (
            "backup/2026/11/25/13/votes-to-lake-1-2026-11-25-13-05-09-"
            "2f9c2c55-6c0c-4f3e-8a38-0f0d1ffbb9f5.gz",
            1_795_611_909_000,
        ),
        ("backup/2026/11/25/13/else.gz", None),
    ],
)
def test_an_objects_name_says_when_its_first_record_arrived(key: str, ms: int | None) -> None:
    """C37."""
    assert moment_of(key) == ms


def test_as_many_equal_lines_as_the_backup_has_are_rows(desk: RecoveryDesk) -> None:
    vote = Vote("cube", "d", 1, "red", desk.clock.now_ms())
    for _ in range(3):
        desk.put_votes(vote)
        desk.put(b"junk\n")
    desk.deliver()
    expected = desk.merged()
    assert expected == Counter({"counted": 1, "c#red": 1, "duplicate": 2, "parked": 3})
    lose_rows(desk)
    rebuild(desk)
    del expected["parked"]
    assert desk.merged() == expected


def test_of_equal_lines_only_those_that_the_lake_lacks_are_added(desk: RecoveryDesk) -> None:
    vote = Vote("cube", "d", 1, "red", desk.clock.now_ms())
    for _ in range(2):
        desk.put_votes(vote)
        desk.put(b"junk\n")
        desk.deliver()
        desk.clock.advance(1_000)
    expected = desk.merged()
    desk.s3.delete_object(Bucket=BUCKET, Key=desk.keys("votes/")[-1])
    assert changed(rebuild(desk)) == {
        ("add", "no row", "vote"): 1,
        ("unsure", "no row", "not_json"): 1,
    }
    expected["parked"] -= 1
    assert desk.merged() == expected


def test_a_batch_is_known_by_its_first_delivery_whichever_is_read_first() -> None:
    def row(arrived_at: int, reason: str | None) -> Row:
        return Row(
            arrived_at=arrived_at,
            sequence_number=str(arrived_at),
            subsequence=0,
            line=2,
            transform_version=1,
            producer="p",
            lane=0,
            number=1,
            parked_reason=reason,
        )

    for rows in ([row(9, "too_old"), row(1, None)], [row(1, None), row(9, "too_old")]):
        known = KnownRows()
        known.add_rows(rows)
        batch = known.batches["p", 0, 1]
        assert (batch.arrival_ms, batch.sequence_number, batch.parked) == (1, "1", {})
