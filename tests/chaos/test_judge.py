"""The judge of a chaos run: whatever is lost or doubled, in whichever stage, it says so."""

from collections import Counter
from dataclasses import replace

import pytest

from core.record import Stamp, encode_stamp
from core.vote import Vote, encode_votes
from local.chaos.fault import Fault, at_once
from local.chaos.judge import Cast, Evidence, Judgement, judge
from local.chaos.summary import row_of
from local.chaos.trial import Outcome
from local.chaos.witness import batches

VOTES = [Cast("cube", f"device-{n}", 1, ("red", "blue")[n % 2]) for n in range(10)]
WHOLE = Evidence(
    acknowledged={("p", 0): 6, ("p", 1): 4},
    streamed={("p", 0): 6, ("p", 1): 4},
    votes=Counter(VOTES),
    tallies={"red": 5, "blue": 5},
    parked=0,
    rows=Counter(VOTES),
    rows_parked=0,
)
FAULT = Fault(name="none", what="nothing", strike=lambda target: at_once)


def stages(judgement: Judgement) -> dict[str, tuple[int, int]]:
    found = {stage.stage: (stage.lost, stage.doubled) for stage in judgement.stages}
    return {stage: figures for stage, figures in found.items() if figures != (0, 0)}


def test_what_balances_is_right() -> None:
    judgement = judge(WHOLE)
    assert (judgement.ok, judgement.votes, judgement.lost, judgement.doubled) == (True, 10, 0, 0)


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        (replace(WHOLE, streamed={("p", 0): 6, ("p", 1): 3}), {"stream": (1, 0)}),
        (replace(WHOLE, streamed={("p", 0): 6}), {"stream": (4, 0)}),
        (replace(WHOLE, streamed={("p", 0): 7, ("p", 1): 4}), {"stream": (0, 1)}),
        (replace(WHOLE, streamed={("p", 0): 5, ("p", 1): 5}), {"stream": (1, 1)}),
        (replace(WHOLE, tallies={"red": 4, "blue": 5}), {"live": (1, 0)}),
        (replace(WHOLE, tallies={"red": 5, "blue": 7}), {"live": (0, 2)}),
        (replace(WHOLE, tallies={"red": 4, "blue": 6}), {"live": (1, 1)}),
        (replace(WHOLE, tallies={"red": 5}), {"live": (5, 0)}),
        (replace(WHOLE, rows=Counter(VOTES[1:])), {"history": (1, 0)}),
        (replace(WHOLE, rows=Counter([*VOTES, VOTES[3]])), {"history": (0, 1)}),
        (replace(WHOLE, rows=Counter([*VOTES[1:], VOTES[3]])), {"history": (1, 1)}),
        (replace(WHOLE, rows=Counter({**WHOLE.rows, VOTES[0]: 0})), {"history": (1, 0)}),
    ],
)
def test_what_is_lost_or_doubled_is_found_in_its_stage(
    evidence: Evidence, expected: dict[str, tuple[int, int]]
) -> None:
    judgement = judge(evidence)
    assert stages(judgement) == expected
    assert not judgement.ok


def test_a_vote_that_is_another_colour_in_history_is_lost_and_doubled() -> None:
    other = VOTES[0]._replace(colour="green")
    assert stages(judge(replace(WHOLE, rows=Counter([other, *VOTES[1:]])))) == {"history": (1, 1)}


def test_parked_lines_are_accounted_for_and_no_more_than_that() -> None:
    parked = replace(WHOLE, tallies={"red": 4, "blue": 5}, parked=1)
    parked = replace(parked, rows=Counter(VOTES[1:]), rows_parked=1)
    assert judge(parked).ok
    assert stages(judge(replace(parked, parked=2))) == {"live": (0, 1)}
    assert stages(judge(replace(parked, rows_parked=0))) == {"history": (1, 0)}
    assert stages(judge(replace(WHOLE, rows_parked=1))) == {"history": (0, 1)}


def test_a_broken_claim_is_no_success_though_nothing_is_lost() -> None:
    assert not judge(WHOLE, ("a second `cube up` was not refused",)).ok


def record(number: int, votes: list[Cast]) -> bytes:
    stamp = Stamp(v=1, producer="p", lane=3, number=number, votes=len(votes), lanes=32)
    lines = [Vote(each.poll, each.device_id, each.seq, each.colour, 1) for each in votes]
    return encode_stamp(stamp) + encode_votes(lines)


def test_a_batch_that_is_in_the_stream_twice_is_seen_once() -> None:
    first, second = record(1, VOTES[:4]), record(2, VOTES[4:])
    found = list(batches(iter([first, second, first])))
    assert found == [(("p", 3), VOTES[:4]), (("p", 3), VOTES[4:])]


def test_a_row_says_what_was_never_got_over() -> None:
    judgement = judge(WHOLE)
    row = row_of(FAULT, Outcome(judgement=judgement, recovery_s=(1.26, 3.0, 2.0), balanced_s=9.91))
    assert (row.ok, row.times, row.votes) == (True, 3, 10)
    assert (row.recovery_s_median, row.recovery_s_max, row.balanced_s) == (2.0, 3.0, 9.9)
    row = row_of(FAULT, Outcome(judgement=judgement, recovery_s=(1.0, None), balanced_s=9.9))
    assert (row.ok, row.recovery_s_max) == (False, None)
    assert row.broken == ("live tallies did not keep up again in time",)
