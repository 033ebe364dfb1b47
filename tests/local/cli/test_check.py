"""`cube check` shows what the scheduled comparison found, beside what it compares itself."""

from core.agreement import Agreement, LineDifference
from core.clock import ManualClock
from core.invariants.invariant import Invariant
from local.cli.check import compared
from tests.dashboard.tally_table import TABLE, TallyTable

OFF = LineDifference(poll="cube", minute=12, outcome="counted", live=5, history=4)


def agreement(*differences: LineDifference) -> Agreement:
    return Agreement(
        checked_at_ms=1,
        from_minute=10,
        until_minute=20,
        live=5,
        history=5 - len(differences),
        minutes_different=len(differences),
        behind_minutes=0,
        differences=differences,
    )


def live_equals_warehouse(*, ok: bool) -> Invariant:
    return Invariant(
        name="live_equals_warehouse", ok=ok, left=5, right=5, left_is="one", right_is="other"
    )


def test_before_the_comparison_has_run_there_is_no_line_of_it() -> None:
    table = TallyTable(ManualClock(0))
    assert compared(table.service, TABLE, []) == []
    table.close()


def test_a_difference_breaks_the_check_unless_it_has_been_repaired_since() -> None:
    table = TallyTable(ManualClock(0))
    table.put(agreement(OFF).to_item())
    (alone,) = compared(table.service, TABLE, [])
    assert (alone.name, alone.ok) == ("comparison_agrees", False)
    (still,) = compared(table.service, TABLE, [live_equals_warehouse(ok=False)])
    assert not still.ok
    (repaired,) = compared(table.service, TABLE, [live_equals_warehouse(ok=True)])
    assert repaired.ok
    assert repaired.note.endswith("repaired since")
    table.put(agreement().to_item())
    (equal,) = compared(table.service, TABLE, [])
    assert (equal.ok, equal.note) == (True, "")
    table.close()
