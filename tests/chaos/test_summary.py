"""Rows of the table of faults: each fault has its own, struck alone or in turns with others."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from core.errors import ServiceRefused, UsageError
from local.chaos.catalog import FAULTS, chosen
from local.chaos.fault import Fault, at_once
from local.chaos.judge import Evidence, judge
from local.chaos.summary import try_fault, try_together
from local.chaos.trial import Outcome, Trial

NOTHING = Evidence(
    acknowledged={},
    streamed={},
    votes=Counter(),
    tallies={},
    parked=0,
    rows=Counter(),
    rows_parked=0,
)


def fault(name: str, *, words: tuple[str, ...] = (), refusal: str = "") -> Fault:
    return Fault(
        name=name,
        what=name,
        strike=lambda target: at_once,
        up_words=words,
        refusal=lambda: refusal,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal(Trial):
    """A trial whose strikes take as many seconds as their place in the row; no system starts."""

    seen: list[list[str]] = field(default_factory=list)

    def run(self, strikes: Sequence[Fault]) -> Outcome:
        self.seen.append([fault.name for fault in strikes])
        if strikes[0].name == "down":
            raise ServiceRefused("starting the system to strike: no")
        return Outcome(
            judgement=judge(NOTHING),
            recovery_s=tuple(float(place) for place in range(len(strikes))),
            balanced_s=1.0,
            how={"a": "a way"},
        )


def test_faults_take_turns_and_each_gets_its_own_seconds() -> None:
    trial = Rehearsal(environment={})
    faults = [fault("a"), fault("x", words=("--mode", "fanout")), fault("b")]
    rows = list(try_together(trial, faults, times=3))
    assert trial.seen == [["a", "b"] * 3, ["x"] * 3]
    assert [row.fault for row in rows] == ["a", "b", "x"]
    assert [(row.times, row.recovery_s_median, row.recovery_s_max) for row in rows] == [
        (3, 2.0, 4.0),
        (3, 3.0, 5.0),
        (3, 1.0, 2.0),
    ]
    assert [row.how for row in rows] == ["a way", "", ""]


@pytest.mark.parametrize("together", [False, True])
def test_what_cannot_be_tried_and_what_went_wrong_is_said(together: bool) -> None:
    trial = Rehearsal(environment={})
    faults = [fault("down"), fault("never", refusal="it needs a moon")]
    if together:
        never, down = try_together(trial, faults, times=2)
    else:
        down, never = (try_fault(trial, each, times=2) for each in faults)
    assert (down.ok, down.times, down.broken) == (
        False,
        0,
        ("starting the system to strike: no",),
    )
    assert (never.ok, never.times, never.not_tried) == (True, 0, "it needs a moon")
    assert trial.seen == [["down", "down"]]


def test_a_fault_that_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(UsageError, match="'kill-everything'"):
        chosen(["kill-engine", "kill-everything"])
    assert [each.name for each in chosen([])] == list(FAULTS)
