"""What the places say in, the verdict out: what is lost is never called well, nor the reverse."""

from typing import Any, Final

import msgspec
import pytest

from core.vote import Identity
from local.cli.trace_display import after, moment, print_timeline
from local.trace.find import (
    CallFind,
    Copy,
    Evidence,
    FailedFind,
    Fate,
    LiveFind,
    Nowhere,
    OutboxFind,
    Unknown,
    WarehouseRow,
)
from local.trace.sighting import Place
from local.trace.step import Step
from local.trace.timeline import ACCOUNTED, LOST, NOWHERE, timeline

PLACE: Final = Place(
    sequence_number="7", subsequence=0, line=2, arrival_ms=2_000, shard="s", batch=("p", 0, 1)
)
NO_WAREHOUSE: Final = Unknown("there is no warehouse")


def copy(fate: Fate, **more: Any) -> Copy:
    given: dict[str, Any] = {
        "place": PLACE,
        "sighting": None,
        "live": LiveFind(fate, "as it is"),
        "calls": (),
        "rows": Nowhere("3 objects"),
        "backup": Nowhere("3 objects"),
        "load": NO_WAREHOUSE,
    }
    return Copy(**(given | more))


def evidence(*copies: Copy, **more: Any) -> Evidence:
    given: dict[str, Any] = {
        "identity": Identity("cube", "d", 1),
        "now_ms": 9_000_000,
        "from_ms": 0,
        "outboxes": (),
        "copies": copies,
        "more_copies": False,
        "warehouse": NO_WAREHOUSE,
        "done_until_ms": 9_000,
    }
    return Evidence(**(given | more))


ROW: Final = WarehouseRow("votes", PLACE, 2_000, 1_500, "red")
ACKNOWLEDGED: Final = OutboxFind("box", ("p", 0, 1), True, 1_500, LiveFind("missing", ""))


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (evidence(copy("counted")), ACCOUNTED),
        (evidence(copy("missing"), copy("counted")), ACCOUNTED),
        (evidence(copy("parked")), ACCOUNTED),
        (evidence(copy("forgotten")), ACCOUNTED),
        (evidence(copy("missing")), LOST),
        (evidence(copy("missing"), warehouse=[ROW]), LOST),
        (evidence(copy("missing"), done_until_ms=2_000), ACCOUNTED),
        (evidence(copy("missing"), done_until_ms=2_001), LOST),
        (evidence(copy("missing"), done_until_ms=None), ACCOUNTED),
        (evidence(), NOWHERE),
        (evidence(outboxes=Unknown("damaged")), NOWHERE),
        (evidence(warehouse=[ROW]), ACCOUNTED),
        (evidence(outboxes=[ACKNOWLEDGED]), LOST),
        (evidence(outboxes=[ACKNOWLEDGED._replace(live=LiveFind("counted", ""))]), ACCOUNTED),
        (evidence(outboxes=[ACKNOWLEDGED._replace(live=LiveFind("forgotten", ""))]), ACCOUNTED),
        (evidence(outboxes=[ACKNOWLEDGED._replace(acknowledged=False, live=None)]), ACCOUNTED),
    ],
)
def test_the_verdict(given: Evidence, code: int) -> None:
    found = timeline(given)
    assert found.exit_code == code
    assert found.steps[-1].station == "verdict"
    assert (found.steps[-1].state == "found") == (code == ACCOUNTED)


def test_what_was_given_up_says_how_it_comes_back() -> None:
    failed = FailedFind("live", "aws/lambda/x#1", "RetriesExhausted", recovered=False)
    found = timeline(evidence(copy("missing", failed=(failed,))))
    assert found.exit_code == LOST
    assert "`cube recover put aws/lambda/x#1`" in found.steps[-1].says


def call(at_ms: int, *, function: str = "worker", event: str = "chunk_applied") -> CallFind:
    return CallFind(function, f"{function}.{event}", at_ms, "r", "t", 5, 6, "1", "9")


def counted(*calls: CallFind) -> int | None:
    found = timeline(evidence(copy("counted", calls=calls)))
    (step,) = (step for step in found.steps if step.station == "counted")
    return step.at_ms


def test_the_time_of_counting_is_the_calls_where_it_is_known() -> None:
    assert counted(call(3_000)) == 3_000
    assert counted(call(3_000), call(4_000)) is None, "either chunk may have had it"
    tally = [call(3_000, function="tally", event="batch_interrupted")]
    tally += [call(at_ms, function="tally", event="batch_applied") for at_ms in (5_000, 6_000)]
    assert counted(*tally) == 5_000, "the first that was whole"


def test_times_are_said_from_the_cast() -> None:
    found = timeline(evidence(copy("counted", calls=[call(3_250)]), warehouse=[ROW]))
    by_station = {step.station: step for step in found.steps}
    assert by_station["cast"].at_ms == 1_500
    assert (by_station["record"].after_ms, by_station["call"].after_ms) == (500, 1_750)
    assert by_station["warehouse"].after_ms is None


def test_a_step_goes_into_a_pipe_whole() -> None:
    found = timeline(evidence(copy("counted", calls=[call(3_250)])))
    for step in found.steps:
        assert msgspec.json.decode(msgspec.json.encode(step), type=Step) == step


def test_a_person_sees_each_station_and_nothing_steers_the_screen(
    capsys: pytest.CaptureFixture[str],
) -> None:
    nasty = Unknown("\x1b[2Jgone")
    print_timeline(timeline(evidence(copy("counted", rows=nasty))).steps)
    seen = capsys.readouterr().out
    assert "\x1b[2J" not in seen
    assert "x1b[2Jgone" in seen
    for station in ("cast", "outbox", "record", "counted", "call", "lake", "backup", "warehouse"):
        assert station in seen
    assert "It is counted." in seen


def test_moments_and_spans() -> None:
    assert moment(1_793_527_210_007) == "2026-11-01 10:00:10.007"
    assert (moment(None), after(None)) == ("", "")
    assert (after(58), after(-4_100), after(65_000)) == ("+58 ms", "-4,100 ms", "+1 min 05 s")
