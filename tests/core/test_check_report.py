"""What a check found is kept in one item of the table, whatever it found."""

import random

from core.agreement import Agreement, LineDifference
from core.check_report import LINES_MAX, CheckReport
from core.invariants.history import comparison_agrees
from core.invariants.invariant import Invariant


def verdict(name: str, *, ok: bool = True, note: str = "") -> Invariant:
    return Invariant(
        name=name, ok=ok, left=7, right=7 if ok else 8, left_is="one", right_is="other", note=note
    )


def test_a_report_comes_back_as_it_was_kept() -> None:
    report = CheckReport.of(
        [verdict("totals_equal_ledger"), verdict("no_batch_missing", ok=False, note="lanes: p/1")],
        checked_at_ms=1_790_000_000_000,
        waited_s=30.4,
    )
    assert CheckReport.from_item(report.to_item()) == report
    assert [line.name for line in report.lines] == ["no_batch_missing", "totals_equal_ledger"]
    assert (report.waited_s, report.lines_left_out) == (30, 0)


def test_an_item_holds_what_is_broken_when_it_cannot_hold_all() -> None:
    many = [verdict("seconds_equal_totals", note="x" * 9_000) for _ in range(3 * LINES_MAX)]
    broken = verdict("stream_equals_ledger", ok=False)
    mixed = [*many, broken]
    random.Random(1).shuffle(mixed)
    report = CheckReport.of(mixed, checked_at_ms=1, waited_s=0)
    assert report.lines[0] == broken
    assert len(report.lines) == LINES_MAX
    assert report.lines_left_out == len(mixed) - LINES_MAX
    assert len(str(report.to_item())) < 400_000  # DynamoDB: an item holds 400 kB


def test_a_difference_that_has_been_repaired_since_is_said_and_breaks_nothing() -> None:
    found = Agreement(
        checked_at_ms=1,
        from_minute=10,
        until_minute=20,
        live=5,
        history=4,
        minutes_different=1,
        behind_minutes=0,
        differences=(LineDifference(poll="cube", minute=12, outcome="counted", live=5, history=4),),
    )
    broken = comparison_agrees(found, repaired=False)
    assert (broken.ok, broken.left, broken.right) == (False, 5, 4)
    assert broken.note == "minutes of arrival that differ: 12"
    repaired = comparison_agrees(found, repaired=True)
    assert repaired.ok
    assert repaired.note == "minutes of arrival that differ: 12; repaired since"


def test_a_comparison_of_no_minute_says_so() -> None:
    found = Agreement(
        checked_at_ms=1,
        from_minute=10,
        until_minute=10,
        live=0,
        history=0,
        minutes_different=0,
        behind_minutes=3,
    )
    assert (
        comparison_agrees(found, repaired=False).note == "no minute was old enough to be compared"
    )
