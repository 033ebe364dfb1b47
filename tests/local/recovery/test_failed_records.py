"""Records that gave no rows: counted live, recovered for history with the arrival they had."""

import json

import pytest

from core import kpl, limits
from core.verdict import Reason
from core.vote import encode_votes
from firehose_transforms.transform import transform_records
from local.recovery.failed_record import read_failed_records
from local.recovery.recover import Outcome
from tests.firehose_transforms.batch import source_record
from tests.local.recovery.desk import RecoveryDesk, stamped

DAY_MS = 86_400_000


def states(outcomes: list[Outcome]) -> list[str]:
    return [outcome.state for outcome in outcomes]


def recover(desk: RecoveryDesk, *, by_stream: bool = False) -> list[Outcome]:
    """Recover records that history lacks; what the live path parked is another matter."""
    return desk.recover(kinds=("history",), by_stream=by_stream)


def failed(desk: RecoveryDesk, *records: bytes) -> None:
    """Have records counted live and lost on the way to the lake."""
    for data in records:
        desk.put(data)
    desk.count()
    desk.deliver(failing=True)


def test_rows_of_a_failed_record_have_its_arrival_and_history_agrees_again(
    desk: RecoveryDesk,
) -> None:
    failed(
        desk,
        stamped([desk.vote(1), desk.vote(2, "blue")], 1, extra=b"junk\n"),
        encode_votes([desk.vote(3)]),
        b"",
        kpl.aggregate([("a", encode_votes([desk.vote(4)])), ("b", b"{}")]),
    )
    arrived_ms = desk.clock.now_ms() - 1_000
    before = desk.totals()
    desk.clock.advance(3 * DAY_MS)
    assert not desk.history()
    outcomes = recover(desk)
    assert states(outcomes) == ["recovered"] * 5
    assert {outcome.by for outcome in outcomes} == {"rows"}
    assert desk.history() == desk.totals() == before == {"red": 3, "blue": 1}
    assert {row.arrived_at for row in desk.rows()} == {arrived_ms}
    merged = desk.merged()
    assert (merged["counted"], merged["parked"]) == (4, 3)


def test_recovering_twice_changes_nothing(desk: RecoveryDesk) -> None:
    failed(desk, stamped([desk.vote(1)], 1), encode_votes([desk.vote(2)]))
    recover(desk)
    keys = desk.keys("")
    assert states(recover(desk)) == ["before", "before"]
    assert desk.keys("") == keys


def test_a_command_that_died_before_it_marked_makes_the_same_rows_again(
    desk: RecoveryDesk,
) -> None:
    failed(desk, stamped([desk.vote(1)], 1), encode_votes([desk.vote(2)]), b"junk")
    recover(desk)
    once = desk.merged()
    for key in desk.keys("recovered/"):
        desk.s3.delete_object(Bucket="cube-lake", Key=key)
    desk.clock.advance(DAY_MS)
    assert states(recover(desk)) == ["recovered"] * 3
    merged = desk.merged()
    assert merged.pop("redelivered") == 3
    assert merged == once


def test_the_same_failure_in_two_objects_is_one_record_and_twice_in_one_is_two(
    desk: RecoveryDesk,
) -> None:
    """C7: Firehose may write a failure again after a crash."""
    failed(desk, b"junk", b"junk")
    (key,) = desk.keys("errors/")
    desk.store("errors/processing-failed", desk.clock.now_ms(), desk.body(key), ext="")
    assert states(recover(desk)) == ["recovered"] * 4
    assert desk.merged() == {"parked": 2, "redelivered": 2}


def test_a_record_whose_rows_fit_no_answer_is_recovered_without_that_limit(
    desk: RecoveryDesk,
) -> None:
    """C26: the transform can only fail it, each time it comes."""
    garbage = stamped([], 1, extra=b"x\n" * 40_000)
    answers, _ = transform_records([source_record(garbage)])
    assert answers[0]["result"] == "ProcessingFailed"
    failed(desk, garbage)
    assert states(recover(desk)) == ["recovered"]
    assert desk.merged() == {"parked": 40_000}


def test_a_record_that_our_code_still_raises_on_stays(
    desk: RecoveryDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty(data: bytes, subsequence: int) -> None:
        raise ZeroDivisionError("division by zero")

    failed(desk, stamped([desk.vote(1)], 1))
    with monkeypatch.context() as broken:
        broken.setattr("firehose_transforms.row_lines.read_payload", faulty)
        (outcome,) = recover(desk)
        assert outcome.state == "refused"
        assert "ZeroDivisionError" in outcome.said
        assert not desk.keys("votes/")
    assert states(recover(desk)) == ["recovered"]


def test_a_batch_put_again_by_the_stream_counts_once_in_each_path(desk: RecoveryDesk) -> None:
    data = stamped([desk.vote(1), desk.vote(2)], 1, extra=b"junk\n")
    failed(desk, data)
    (outcome,) = recover(desk, by_stream=True)
    assert (outcome.state, outcome.by) == ("recovered", "stream")
    found = {record.partition_key: (shard, record) for shard, record in desk.records()}
    assert found.keys() == {"k", "p-0000"}, "under its lane's own key"
    shard, again = found["p-0000"]
    assert again.data == data
    assert outcome.said == f"{shard}:{again.sequence_number}"
    desk.count()
    desk.deliver()
    assert desk.totals() == desk.history() == {"red": 2}
    assert desk.ledger() == {"counted": 2}
    assert states(recover(desk, by_stream=True)) == ["before"]


@pytest.mark.parametrize(
    ("days", "why"),
    [
        (limits.TOO_OLD_MS / DAY_MS + 0.1, "line 2 was counted live, and now too_old"),
        (limits.LANE_IDLE_DAYS + 0.1, "its lane may be forgotten"),
    ],
)
def test_a_batch_that_would_not_count_again_is_not_put_again(
    desk: RecoveryDesk, days: float, why: str
) -> None:
    failed(desk, stamped([desk.vote(1)], 1))
    desk.clock.advance(round(days * DAY_MS))
    (outcome,) = recover(desk, by_stream=True)
    assert outcome.state == "refused"
    assert why in outcome.said
    assert states(recover(desk)) == ["recovered"], "its rows can be made at any time"
    assert desk.history() == {"red": 1}


def test_without_a_stamp_or_with_too_many_rows_nothing_is_put_again(desk: RecoveryDesk) -> None:
    failed(desk, encode_votes([desk.vote(1)]), stamped([], 1, extra=b"x\n" * 40_000))
    one, other = recover(desk, by_stream=True)
    assert one.said == "without a stamp it would be a duplicate live, and a vote in history"
    assert other.said == "its rows do not fit into an answer of the transform"
    assert len(desk.records()) == 2


def test_failures_are_read_as_firehose_has_written_them_over_the_years() -> None:
    """C30: `lambdaArn` or `lambdaARN`, numbers as numbers or as text."""
    lines = [
        '{"rawData":"e30K","errorCode":"Lambda.FunctionError","errorMessage":"it raised",'
        '"attemptsMade":4,"arrivalTimestamp":1790000000000,"attemptEndingTimestamp":1790000090000,'
        '"lambdaARN":"arn:aws:lambda:us-east-1:1:function:f:$LATEST"}',
        '{"attemptsMade":"1","arrivalTimestamp":"1790000000001","errorCode":"400",'
        '"errorMessage":"m","attemptEndingTimestamp":"1790000000002","rawData":"","lambdaArn":"a"}',
    ]
    one, other = read_failed_records("errors/x", "\n".join(lines).encode() + b"\n\n")
    assert (one.data, one.reason, one.number) == (b"{}\n", "Lambda.FunctionError", 1)
    assert one.detail == "it raised after 4 attempts"
    assert (other.arrival_ms, other.reason, other.name) == (1_790_000_000_001, "400", "errors/x#2")


def test_an_object_that_is_not_what_its_key_says_is_named_and_left(desk: RecoveryDesk) -> None:
    good = json.dumps({"rawData": "e30K", "arrivalTimestamp": 1})
    for body in (b"\xff", b'{"rawData":"?","arrivalTimestamp":1}', b"\x1f\x8bzip", b"[]"):
        desk.store("errors/processing-failed", 0, body, ext="")
    desk.store("errors/processing-failed", 0, good.encode(), ext="")
    outcomes = recover(desk)
    assert sorted(states(outcomes)) == ["recovered", *["refused"] * 4]
    assert all(
        outcome.entry.reason == "unreadable" and "cannot be read" in outcome.said
        for outcome in outcomes
        if outcome.state == "refused"
    )
    assert [row.parked_reason for row in desk.rows()] == [Reason.MISSING_FIELD]
