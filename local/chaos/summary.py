"""A fault and how often to try it in, one row of the table of faults out."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from statistics import median

import msgspec

from core.errors import CubeError
from local.chaos.fault import Fault
from local.chaos.trial import Outcome, Trial


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one fault. `not_tried` says why this machine could not try it.

    Seconds are from a strike until what it struck is back and live tallies keep up again, None
    when there was no such moment; a fault that lasts is part of it. `balanced_s` is from the end
    of the load to a finished `cube check`.
    """

    fault: str
    what: str
    ok: bool
    times: int = 0
    votes: int = 0
    lost: int = 0
    doubled: int = 0
    recovery_s_median: float | None = None
    recovery_s_max: float | None = None
    balanced_s: float | None = None
    how: str = ""
    broken: tuple[str, ...] = ()
    not_tried: str = ""


def try_fault(trial: Trial, fault: Fault, *, times: int) -> Row:
    """Strike one system with a fault so many times, and judge it."""
    refusal = fault.refusal()
    if refusal:
        return _not_tried(fault, refusal)
    try:
        outcome = trial.run([fault] * times)
    except CubeError as error:
        return _failed(fault, error)
    return row_of(fault, outcome)


def try_together(trial: Trial, faults: Sequence[Fault], *, times: int) -> Iterator[Row]:
    """Strike as few systems as can be with all these faults, in turns, so many times each.

    That takes a third of the time; what is lost is then the loss of all that struck one system.
    Rows come as soon as a system is judged, those that cannot be tried first.
    """
    left: list[Fault] = []
    for fault in faults:
        if refusal := fault.refusal():
            yield _not_tried(fault, refusal)
        else:
            left.append(fault)
    for words in dict.fromkeys(fault.up_words for fault in left):
        group = [fault for fault in left if fault.up_words == words]
        try:
            outcome = trial.run(group * times)
        except CubeError as error:
            yield from (_failed(fault, error) for fault in group)
            continue
        for number, fault in enumerate(group):
            own = replace(outcome, recovery_s=outcome.recovery_s[number :: len(group)])
            yield row_of(fault, own)


def _not_tried(fault: Fault, refusal: str) -> Row:
    return Row(fault=fault.name, what=fault.what, ok=True, not_tried=refusal)


def _failed(fault: Fault, error: CubeError) -> Row:
    return Row(fault=fault.name, what=fault.what, ok=False, broken=(str(error),))


def row_of(fault: Fault, outcome: Outcome) -> Row:
    """Return the row of an outcome; a strike that was never got over has no maximum."""
    took_s = [each for each in outcome.recovery_s if each is not None]
    whole = len(took_s) == len(outcome.recovery_s)
    stuck = () if whole else ("live tallies did not keep up again in time",)
    judgement = outcome.judgement
    return Row(
        fault=fault.name,
        what=fault.what,
        ok=outcome.ok,
        times=len(outcome.recovery_s),
        votes=judgement.votes,
        lost=judgement.lost,
        doubled=judgement.doubled,
        recovery_s_median=round(median(took_s), 1) if whole else None,
        recovery_s_max=round(max(took_s), 1) if whole else None,
        balanced_s=round(outcome.balanced_s, 1),
        how=outcome.how.get(fault.name, ""),
        broken=judgement.broken + stuck,
    )
