"""Readings in, lines of the ledger out: equal, different, on its way, or not known. All pure."""

from collections import Counter

import pytest

from core.agreement import Agreement, LineDifference
from core.check_report import CheckReport
from core.invariants.invariant import MINUTE_MS, Invariant
from core.lane import LaneState
from core.ledger import COUNTED, DUPLICATE, PARKED
from dashboard.pipeline.body import Known, body
from dashboard.pipeline.command import with_commands
from dashboard.pipeline.history_lines import ColourReading, colours_line, live_line, loads_line
from dashboard.pipeline.history_reader import HistoryReading, Lines
from dashboard.pipeline.limits import GAP_MS_MAX, STALE_CHECK_MS, STALE_COMPARE_MS, STALE_MS
from dashboard.pipeline.line import DIFFERS, NAMES, OK, ON_ITS_WAY, UNKNOWN, Line
from dashboard.pipeline.live_lines import check_lines, compare_line, missing_line
from dashboard.pipeline.missing import GapWatch
from dashboard.pipeline.poll_ledger import PollLedger
from dashboard.pipeline.stage import BEHIND, QUIET, STOPPED, Stage
from dashboard.pipeline.table_reader import TableReading

NOW_MS = 1_790_000_040_000  # a whole minute
NOW = NOW_MS // MINUTE_MS
FROM = NOW - 59


def lines(counts: dict[tuple[str, int], int], parked: int = 0) -> Lines:
    """Counted lines by poll and minutes ago; `parked` of poll cube ten minutes ago."""
    counted = Counter({(poll, NOW - ago): count for (poll, ago), count in counts.items()})
    return {
        COUNTED: counted,
        PARKED: Counter({("cube", NOW - 10): parked} if parked else {}),
        DUPLICATE: Counter(),
    }


def reading(live: Lines, **more: object) -> TableReading:
    minutes: dict[str, dict[int, Counter[str]]] = {}
    for outcome, counts in live.items():
        for (poll, minute), count in counts.items():
            minutes.setdefault(poll, {}).setdefault(minute, Counter())[outcome] = count
    ledgers = {
        poll: PollLedger(
            poll=poll,
            from_minute=FROM,
            whole_ms=NOW_MS,
            whole_took_ms=1,
            older=Counter(),
            minutes=found,
            first_minute=min(found),
            totals_before=Counter({"red": sum(each[COUNTED] for each in found.values())}),
            totals_after=Counter({"red": sum(each[COUNTED] for each in found.values())}),
        )
        for poll, found in minutes.items()
    }
    return TableReading(as_of=NOW_MS, ledgers=ledgers, **more)  # type: ignore[arg-type] # by name


def history(tables: Lines, loads: Lines | None = None, **more: object) -> HistoryReading:
    newest = max((minute for side in tables.values() for _, minute in side), default=None)
    return HistoryReading(
        as_of=NOW_MS,
        took_ms=5,
        from_minute=FROM,
        loads=loads or tables,
        tables=tables,
        newest_minute=newest,
        **more,  # type: ignore[arg-type] # by name
    )


def run(line: Line) -> tuple[str, ...]:
    return with_commands(line, default_poll="cube").commands


def test_equal_sides_are_ok_up_to_now() -> None:
    both = lines({("cube", 30): 7, ("cube", 0): 5}, parked=2)
    line = live_line(reading(both), history(both))
    assert (line.state, line.left, line.right, line.exact_until_ms) == (OK, 14, 14, None)
    assert [each.state for each in line.details] == [OK] * 3
    assert line.details[0].minute_ms == NOW_MS
    assert run(line) == ()


def test_what_came_just_now_is_on_its_way_and_what_is_old_is_exact() -> None:
    live = lines({("cube", 30): 7, ("cube", 1): 5})
    line = live_line(reading(live), history(lines({("cube", 30): 7})))
    assert (line.state, line.left, line.right) == (OK, 7, 7)
    assert line.exact_until_ms == NOW_MS - 5 * MINUTE_MS
    assert line.note == "5 lines are on their way"
    assert [each.state for each in line.details] == [ON_ITS_WAY, OK]


def test_an_old_minute_that_history_lacks_differs_and_says_what_to_run() -> None:
    live = lines({("cube", 30): 7, ("tea", 20): 5})
    line = live_line(reading(live), history(lines({("cube", 30): 7, ("tea", 20): 3})))
    assert (line.state, line.difference) == (DIFFERS, 2)
    assert line.note == "1 of its minutes differs"
    off = line.details[0]
    assert (off.state, off.poll, off.what, off.left, off.right) == (DIFFERS, "tea", COUNTED, 5, 3)
    assert run(line) == (
        "cube check --wait 60",
        "cube recover list --kind history",
        "cube recover put --kind history --all",
    )


def test_an_old_minute_that_live_lacks_is_to_be_counted_again() -> None:
    live = lines({("tea", 20): 3})
    line = live_line(reading(live), history(lines({("tea", 20): 5})))
    assert line.state == DIFFERS
    assert run(line) == (
        "cube check --wait 60",
        "cube recount --poll tea --from 2026-09-21T13:54Z --to 2026-09-21T13:55Z",
        "cube recount --poll tea --from 2026-09-21T13:54Z --to 2026-09-21T13:55Z --apply",
    )


def test_sides_that_cancel_out_still_differ() -> None:
    """Sums are equal; minutes are not."""
    live = lines({("cube", 30): 7, ("cube", 20): 5})
    other = lines({("cube", 30): 5, ("cube", 20): 7})
    line = live_line(reading(live), history(other))
    assert (line.state, line.difference) == (DIFFERS, 0)
    assert len(run(line)) == 5


def test_loads_and_tables_differ_whatever_their_age() -> None:
    tables, loads = lines({("cube", 0): 5}), lines({("cube", 0): 6})
    assert loads_line(history(tables)).state == OK
    line = loads_line(history(tables, loads))
    assert (line.state, line.left, line.right) == (DIFFERS, 6, 5)
    assert run(line)[1].startswith("cube recover rebuild --from 2026-09-21T14:14Z --to ")


@pytest.mark.parametrize(("ago", "state"), [(1, ON_ITS_WAY), (20, DIFFERS)])
def test_colours_are_compared_colour_by_colour_once_it_is_quiet(ago: int, state: str) -> None:
    live = reading(lines({("cube", ago): 4}))
    one, other = Counter(red=3, blue=1), Counter(red=1, blue=3)

    def line(warehouse: Counter[str]) -> Line:
        sides = {"cube": one}
        return colours_line(
            live,
            ColourReading(as_of=NOW_MS, before=sides, warehouse={"cube": warehouse}, after=sides),
        )

    assert line(one).state == OK
    assert line(other).state == state


def test_a_poll_whose_votes_history_has_forgotten_is_not_compared() -> None:
    sides = {"cube": Counter(red=3)}
    colours = ColourReading(
        as_of=NOW_MS, before=sides, warehouse={}, after=sides, skipped=frozenset({"cube"})
    )
    line = colours_line(reading(lines({("cube", 20): 3})), colours)
    assert (line.state, line.left) == (UNKNOWN, None)


def test_a_fresh_gap_is_on_its_way_and_an_old_one_is_missing() -> None:
    lanes = {("p", 3): LaneState(high=9, gaps=((4, 6),)), ("p", 4): LaneState(high=2)}
    watch = GapWatch()
    seen = reading(lines({("cube", 1): 1}), lanes=lanes)
    fresh = missing_line(seen, watch.look(lanes, now_ms=NOW_MS), left_out=False)
    assert (fresh.state, fresh.left) == (ON_ITS_WAY, 3)
    old = [each for each in watch.look(lanes, now_ms=NOW_MS) if each.since_ms == NOW_MS]
    later = TableReading(as_of=NOW_MS + GAP_MS_MAX, ledgers=seen.ledgers, lanes=lanes)
    line = missing_line(later, old, left_out=False)
    assert line.state == DIFFERS
    assert "cube recover put --kind live --all" in run(line)
    assert line.details[0].what == "producer p, lane 3, from batch 4"


def test_a_gap_that_closes_is_forgotten_and_a_batch_in_part_counts_once() -> None:
    watch = GapWatch()
    partly = {("p", 3): LaneState(high=9, gaps=((9, 9),), partial={9: 100})}
    (found,) = watch.look(partly, now_ms=1)
    assert (found.batches, found.first, found.last, found.since_ms) == (1, 9, 9, 1)
    assert watch.look({("p", 3): LaneState(high=9)}, now_ms=2) == []
    (again,) = watch.look(partly, now_ms=3)
    assert again.since_ms == 3


def test_nobody_knows_of_lanes_without_a_warehouse() -> None:
    line = missing_line(reading(lines({("cube", 1): 1})), None, left_out=False)
    assert (line.state, line.left) == (UNKNOWN, None)


def agreement(*differences: LineDifference) -> Agreement:
    return Agreement(
        checked_at_ms=NOW_MS,
        from_minute=NOW - 120,
        until_minute=NOW - 5,
        live=9,
        history=9 - len(differences),
        minutes_different=len(differences),
        behind_minutes=0,
        differences=differences,
    )


def test_the_scheduled_comparison_is_shown_with_its_minutes_and_its_age() -> None:
    assert compare_line(agreement(), now_ms=NOW_MS).state == OK
    assert compare_line(agreement(), now_ms=NOW_MS + STALE_COMPARE_MS + 1).state == UNKNOWN
    assert compare_line(None, now_ms=NOW_MS).state == UNKNOWN
    off = LineDifference(poll="tea", minute=NOW - 9, outcome=COUNTED, live=1, history=0)
    line = compare_line(agreement(off), now_ms=NOW_MS + STALE_COMPARE_MS + 1)
    assert line.state == DIFFERS
    assert "it has not run since" in line.note
    assert line.details[0].minute_ms == (NOW - 9) * MINUTE_MS


def known(live: TableReading | None, past: HistoryReading | None, **more: object) -> Known:
    values = {"now_ms": NOW_MS, "default_poll": "cube", "viewers": 0} | more
    return Known(reading=live, history=past, **values)  # type: ignore[arg-type] # by name


def stage(of: Known, name: str) -> Stage:
    (found,) = [each for each in body(of)["stages"] if each.name == name]
    assert isinstance(found, Stage)
    return found


def test_before_anything_is_read_everything_is_unknown_and_nothing_is_zero() -> None:
    found = body(known(None, None))
    assert found["state"] == UNKNOWN
    assert [line["name"] for line in found["lines"]] == list(NAMES)
    assert {line["state"] for line in found["lines"]} == {UNKNOWN}
    assert {line["left"] for line in found["lines"]} == {None}
    assert {each.state for each in found["stages"]} == {UNKNOWN}
    assert {each.total for each in found["stages"]} == {None}
    assert found["totals"]["lines"] is None
    assert found["missing"] is found["parked"] is None


def test_old_readings_say_nothing_of_now_and_a_difference_stays_one() -> None:
    live = lines({("cube", 30): 7})
    stale = {"now_ms": NOW_MS + STALE_MS + 1}
    equal = body(known(reading(live), history(live), **stale))
    assert {line["state"] for line in equal["lines"]} == {UNKNOWN}
    assert equal["totals"]["counted"] == 7
    assert {each.state for each in equal["stages"]} == {UNKNOWN}
    differing = body(known(reading(live), history(lines({("cube", 30): 6})), **stale))
    assert differing["state"] == DIFFERS


def test_processors_are_behind_stopped_or_quiet_by_what_can_be_seen() -> None:
    live = lines({("cube", 3): 7})
    busy = {"counted_by_second": Counter({NOW_MS // 1000 - 2: 40})}
    quick = reading(live, arrival_ms=Counter({20: 9}), **busy)
    slow = reading(live, arrival_ms=Counter({60: 9}), **busy)
    assert stage(known(quick, None), "processors").state == OK
    assert stage(known(quick, None), "processors").votes_per_second == 40
    assert stage(known(slow, None), "processors").state == BEHIND
    assert stage(known(reading(live), history(live)), "processors").state == QUIET
    ahead = history(lines({("cube", 3): 7, ("cube", 2): 1}))
    assert stage(known(reading(live), ahead), "processors").state == STOPPED


def test_history_is_behind_when_whole_minutes_have_not_come() -> None:
    live = lines({("cube", 30): 7, ("cube", 0): 3})
    assert stage(known(reading(live), history(live)), "sql").state == OK
    late = known(reading(live), history(lines({("cube", 30): 7})))
    assert stage(late, "firehose_transforms").state == BEHIND
    assert stage(late, "sql").waiting == 3
    hole = known(reading(live), history(lines({("cube", 0): 3})))
    assert stage(hole, "firehose_transforms").state == OK
    assert stage(hole, "sql").state == BEHIND


def test_a_check_of_long_ago_says_little_of_now() -> None:
    def verdict(name: str, right: int, *, ok: bool) -> Invariant:
        return Invariant(name=name, ok=ok, left=9, right=right, left_is="one", right_is="other")

    verdicts = [
        verdict("stream_equals_ledger", 9, ok=True),
        verdict("arrived_equals_delivered", 8, ok=False),
        verdict("acknowledged_equals_applied", 8, ok=True),
    ]
    report = CheckReport.of(verdicts, checked_at_ms=NOW_MS, waited_s=0)
    states = {line.name: line.state for line in check_lines(report, now_ms=NOW_MS)}
    assert states == {
        "stream_equals_ledger": OK,
        "arrived_equals_delivered": DIFFERS,
        "acknowledged_equals_applied": ON_ITS_WAY,
        "seconds_equal_totals": UNKNOWN,
        "delivered_equals_loaded": UNKNOWN,
    }
    later = check_lines(report, now_ms=NOW_MS + STALE_CHECK_MS + 1)
    assert {line.state for line in later} == {UNKNOWN, DIFFERS}
