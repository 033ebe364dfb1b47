"""The load engine: an account of every vote, whatever the stream and the machine do."""

import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core import limits
from core.clock import SystemClock
from core.errors import AlreadyRunning, UsageError
from core.keys import UNKNOWN_POLL
from local.load import run_load
from local.load_plan import LoadPlan, LoadReport, Progress
from producers.outbox import Outbox, OutboxSummary
from tests.local.desk import STREAM, Desk, Haste


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path / "desk")
    yield desk
    desk.close()


@pytest.fixture
def plan(tmp_path: Path) -> LoadPlan:
    return LoadPlan(
        rate=20_000, outbox=tmp_path / "outbox", stream=STREAM, votes=5_000, devices=200, seed=3
    )


def run(
    plan: LoadPlan,
    desk: Desk,
    *,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    abort: threading.Event | None = None,
) -> LoadReport:
    return run_load(
        plan,
        client=desk,
        clock=desk.clock,
        rng=random.Random(1),
        on_progress=on_progress,
        stop=desk.stop,
        abort=abort or Haste(desk.clock),
    )


def test_every_vote_of_a_plan_is_accepted_and_counted_once(plan: LoadPlan, desk: Desk) -> None:
    report = run(plan, desk)
    desk.count()
    assert (report.offered, report.accepted, report.left) == (5_000, 5_000, 0)
    assert desk.totals().total() == 5_000
    assert desk.ledger() == {"counted": 5_000}
    assert OutboxSummary.read(plan.outbox).acknowledged_votes == 5_000


@pytest.mark.parametrize("pattern", ["steady", "ramp", "spiky", "diurnal", "flaky"])
def test_every_pattern_delivers_what_it_offers(plan: LoadPlan, desk: Desk, pattern: str) -> None:
    report = run(replace(plan, pattern=pattern, votes=None, seconds=3), desk)
    desk.count()
    assert report.offered == report.accepted == desk.totals().total() > 1_000
    if pattern in ("steady", "flaky"):
        assert report.offered == 60_000, "who was offline at the end came back"


def test_a_time_bound_is_kept_to_the_vote(plan: LoadPlan, desk: Desk) -> None:
    report = run(replace(plan, votes=None, seconds=2), desk)
    assert report.offered == 40_000
    assert report.rate == pytest.approx(20_000, rel=0.05)


def test_a_second_run_votes_anew_with_the_same_devices(plan: LoadPlan, desk: Desk) -> None:
    run(plan, desk)
    run(plan, desk)
    desk.count()
    assert desk.ledger() == {"counted": 10_000}
    assert desk.totals().total() == 10_000


def test_what_was_asked_for_as_mischief_is_counted_as_such(plan: LoadPlan, desk: Desk) -> None:
    mischief = replace(plan, duplicate_share=0.2, late_share=0.1, malformed_share=0.05)
    report = run(replace(mischief, votes=20_000), desk)
    desk.count()
    assert report.offered == report.accepted == 20_000
    assert (report.late_votes, report.malformed_lines) == (2_000, 1_000)
    assert report.duplicate_votes > 0
    assert report.garbage_records > 0
    assert desk.totals().total() == desk.ledger()["counted"] == 19_000
    assert desk.ledger(UNKNOWN_POLL)["parked"] >= 1_000 + report.garbage_records


def test_votes_wait_in_the_outbox_while_the_stream_is_away(plan: LoadPlan, desk: Desk) -> None:
    notes: list[str] = []
    desk.away.set()
    report = run(replace(plan, drain_s=1), desk, on_progress=lambda p: notes.append(p.note))
    assert (report.offered, report.accepted, report.left) == (5_000, 0, 5_000)
    assert report.failed_batches > 0
    assert set(report.reasons) == {"ServiceUnavailable"}
    assert "ServiceUnavailable: sending again" in notes

    desk.away.clear()
    report = run(replace(plan, seconds=0), desk)
    desk.count()
    assert (report.offered, report.recovered, report.accepted, report.left) == (0, 5_000, 5_000, 0)
    assert desk.totals().total() == 5_000


def test_a_full_outbox_slows_the_crowd_and_drops_nobody(plan: LoadPlan, desk: Desk) -> None:
    """The stream is away until the outbox has been full for a while."""
    small = replace(plan, outbox_bytes_max=200_000)
    full: list[Progress] = []

    def come_back(progress: Progress) -> None:
        assert progress.waiting <= 200_000 // 100
        if progress.waiting > 1_000:
            full.append(progress)
        if len(full) > 10:
            desk.away.clear()

    desk.away.set()
    report = run(small, desk, on_progress=come_back)
    desk.count()
    assert report.offered == report.accepted == desk.totals().total() == 5_000
    assert report.blocked_ms > 0
    assert report.behind_ms > 0
    assert report.rate < 0.9 * plan.rate


def test_ctrl_c_stops_the_crowd_and_drains(plan: LoadPlan, desk: Desk) -> None:
    def stop_soon(progress: Progress) -> None:
        if progress.offered >= 10_000:
            desk.stop.set()

    report = run(replace(plan, votes=None), desk, on_progress=stop_soon)
    desk.count()
    assert report.offered == report.accepted == desk.totals().total() >= 10_000


def test_a_second_ctrl_c_leaves_what_waits_to_the_next_run(plan: LoadPlan, desk: Desk) -> None:
    abort = Haste(desk.clock)

    def stop_twice(progress: Progress) -> None:
        if progress.draining:
            abort.set()

    desk.away.set()
    report = run(plan, desk, on_progress=stop_twice, abort=abort)
    assert report.left == 5_000
    desk.away.clear()
    assert run(replace(plan, seconds=0), desk).accepted == 5_000


def test_the_latency_bench_hears_how_many_votes_were_offered_when(
    plan: LoadPlan, desk: Desk
) -> None:
    heard: list[tuple[int, int]] = []
    run_load(
        plan,
        client=desk,
        clock=desk.clock,
        rng=random.Random(1),
        on_progress=lambda progress: None,
        stop=desk.stop,
        on_offered=lambda now_ms, offered: heard.append((now_ms, offered)),
    )
    assert heard == sorted(heard)
    assert heard[-1][1] == 5_000


def test_two_loads_cannot_share_an_outbox(plan: LoadPlan, desk: Desk) -> None:
    outbox = Outbox.open(plan.outbox, clock=SystemClock(), rng=random.Random(1))
    with pytest.raises(AlreadyRunning):
        run(plan, desk)
    outbox.close()


def test_an_error_of_the_sender_ends_the_run(
    plan: LoadPlan, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(Outbox, "acknowledge", break_down)
    with pytest.raises(RuntimeError, match="a fault of ours"):
        run(replace(plan, votes=None), desk)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"rate": 0}, "rate 0 is not above 0"),
        ({"rate": float("nan")}, "rate nan"),
        ({"rate": 2_000_000}, "up to 1000000"),
        ({"devices": 0}, "0 devices"),
        ({"devices": 20_000_000}, "20000000 devices"),
        ({"pattern": "wavy"}, "'wavy' is no pattern: steady"),
        ({"late_share": 0.6}, "a share is from 0 to 0.5"),
        ({"malformed_share": -0.1}, "a share is from 0 to 0.5"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(
    plan: LoadPlan, change: dict[str, Any], words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        replace(plan, **change).check()


def test_lanes_are_those_of_the_outbox(plan: LoadPlan) -> None:
    crowd = plan.crowd(producer="p0123456789abcdef", lanes=7)
    assert (crowd.lanes, crowd.namespace) == (7, "cube-abcdef")
    assert limits.LANES >= 7
