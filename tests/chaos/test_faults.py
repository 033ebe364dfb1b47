"""Every fault once, against the true `cube up` under load: nothing is lost, nothing doubled."""

import os

import pytest

from local.chaos.catalog import FAULTS
from local.chaos.fault import Fault
from local.chaos.trial import Trial

pytestmark = [pytest.mark.processes, pytest.mark.slow, pytest.mark.timeout(600)]

INHERITED = os.environ  # noqa: TID251 - children need what this process has
TRIAL = Trial(environment=INHERITED, rate=1_000, seconds=0, hold_s=4)
ORDERED = [fault for fault in FAULTS.values() if not fault.up_words and not fault.refusal()]
KILLS = [fault for fault in ORDERED if fault.name.startswith("kill-")]
OTHERS = [fault for fault in ORDERED if fault not in KILLS]
FANOUT = [fault for fault in FAULTS.values() if fault.up_words]


@pytest.mark.parametrize("faults", [KILLS, OTHERS, FANOUT], ids=["kills", "others", "fan-out"])
def test_nothing_is_lost_or_doubled_whatever_strikes(faults: list[Fault]) -> None:
    outcome = TRIAL.run(faults)
    names = [fault.name for fault in faults]
    stuck = [name for name, took_s in zip(names, outcome.recovery_s, strict=True) if took_s is None]
    judgement = outcome.judgement
    assert (judgement.lost, judgement.doubled, judgement.broken, stuck) == (0, 0, (), [])
    assert judgement.votes > 500 * len(faults), "votes flowed before each strike"


def test_every_fault_is_tried_in_one_of_these() -> None:
    refused = {fault.name for fault in FAULTS.values() if fault.refusal()}
    assert {fault.name for fault in KILLS + OTHERS + FANOUT} == FAULTS.keys() - refused
