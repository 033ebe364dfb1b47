"""Lines parked in both paths: put again alone once they would count, and left until then."""

import json

import pytest

from core import kpl, limits
from core.verdict import Reason
from core.vote import encode_votes
from local.recovery.recover import Outcome
from tests.local.recovery.desk import RecoveryDesk, stamped

DAY_MS = 86_400_000


def both(desk: RecoveryDesk) -> None:
    desk.count()
    desk.deliver()


def said(outcomes: list[Outcome]) -> list[str]:
    """Return state and, for what is left, why."""
    return [outcome.said if outcome.state == "refused" else outcome.state for outcome in outcomes]


def test_votes_for_a_poll_that_exists_by_now_count_once_in_both_paths(desk: RecoveryDesk) -> None:
    lunch = [desk.vote(n, poll="lunch") for n in (1, 2)]
    desk.put(stamped([desk.vote(1), lunch[0]], 1, extra=b"junk\n"))
    desk.put_votes(desk.vote(9), lunch[1])
    both(desk)
    assert sorted(said(desk.recover())) == [
        "it would be parked again: not_json",
        "it would be parked again: unknown_poll",
        "it would be parked again: unknown_poll",
    ]
    desk.create_poll("lunch")
    desk.clock.advance(60_000)
    assert sorted(said(desk.recover())) == [
        "it would be parked again: not_json",
        "recovered",
        "recovered",
    ]
    both(desk)
    assert desk.totals("lunch") == {"red": 2}
    assert desk.totals() == {"red": 2}, "their neighbours count no second time"
    assert desk.history() == {"red": 4}
    assert desk.ledger("lunch") == {"counted": 2}
    assert sorted(said(desk.recover())) == [
        "before",
        "before",
        "it would be parked again: not_json",
    ]
    both(desk)
    assert desk.totals("lunch") == {"red": 2}


def test_a_line_is_put_as_it_was_under_its_records_key(desk: RecoveryDesk) -> None:
    line = encode_votes([desk.vote(1, poll="lunch")])[:-2] + b',"mood":1}'
    desk.put(b"junk\n" + line, key="their key")
    both(desk)
    desk.create_poll("lunch")
    desk.clock.advance(1)
    (outcome,) = [each for each in desk.recover() if each.state == "recovered"]
    assert outcome.entry.name.endswith("-0.json#2")
    put = desk.records()[-1][1]
    assert (put.data, put.partition_key) == (line + b"\n", "their key")


def test_a_vote_sent_again_meanwhile_is_a_duplicate_and_no_second_vote(desk: RecoveryDesk) -> None:
    vote = desk.vote(1, poll="lunch")
    desk.put_votes(vote)
    both(desk)
    desk.create_poll("lunch")
    desk.clock.advance(1)
    desk.put_votes(vote)
    both(desk)
    assert said(desk.recover()) == ["recovered"]
    both(desk)
    assert desk.totals("lunch") == {"red": 1}
    assert desk.ledger("lunch") == {"counted": 1, "duplicate": 1}
    merged = desk.merged()
    assert (merged["counted"], merged["duplicate"], merged["parked"]) == (1, 1, 1)


def test_a_command_that_died_before_it_marked_brings_a_duplicate_and_no_vote(
    desk: RecoveryDesk,
) -> None:
    desk.put_votes(desk.vote(1, poll="lunch"))
    both(desk)
    desk.create_poll("lunch")
    desk.clock.advance(1)
    for _ in range(2):
        assert said(desk.recover()) == ["recovered"]
        for key in desk.keys("recovered/"):
            desk.s3.delete_object(Bucket="cube-lake", Key=key)
    both(desk)
    assert desk.totals("lunch") == desk.history() == {"red": 1}


def test_a_vote_that_is_too_old_by_now_or_whose_identity_is_taken_stays(
    desk: RecoveryDesk,
) -> None:
    desk.put_votes(desk.vote(1), desk.vote(2, poll="lunch"))
    desk.put_votes(desk.vote(1, "blue"))
    both(desk)
    desk.create_poll("lunch")
    desk.clock.advance(limits.TOO_OLD_MS + 1)
    assert sorted(said(desk.recover())) == [
        "another vote of its identity was first",
        "it would be parked again: too_old",
    ]


def test_a_vote_that_came_too_early_counts_later(desk: RecoveryDesk) -> None:
    early = desk.vote(1)
    late = json.loads(encode_votes([early])) | {"voted_at": early.voted_at + DAY_MS}
    desk.put(json.dumps(late).encode())
    both(desk)
    assert said(desk.recover()) == ["it would be parked again: future_vote"]
    desk.clock.advance(DAY_MS)
    assert said(desk.recover()) == ["recovered"]
    both(desk)
    assert desk.totals() == desk.history() == {"red": 1}


def test_a_stamp_that_is_wrong_stays_wrong(desk: RecoveryDesk) -> None:
    data = stamped([desk.vote(1), desk.vote(2)], 1)
    desk.put(data.replace(b'"votes":2', b'"votes":3'))
    both(desk)
    (outcome,) = desk.recover()
    assert (outcome.entry.reason, outcome.entry.number) == ("bad_stamp", 0)
    assert outcome.said == "it would be parked again: bad_stamp"


@pytest.mark.parametrize("whole", [True, False])
def test_a_record_that_our_code_failed_on_is_applied_once_it_is_mended(
    desk: RecoveryDesk, monkeypatch: pytest.MonkeyPatch, *, whole: bool
) -> None:
    """History had it right: live, the record is put again, or its lines are if it was read."""

    def faulty(*args: object) -> None:
        raise ZeroDivisionError

    desk.put(stamped([desk.vote(1)], 1))
    desk.put(stamped([desk.vote(2), desk.vote(3)], 2))
    with monkeypatch.context() as broken:
        name = "delivery.read_payloads" if whole else "lane.fold_payload"
        broken.setattr(f"processors.{name}", faulty)
        desk.count()
    desk.deliver()
    desk.put(stamped([desk.vote(4)], 3))
    both(desk)
    assert (desk.totals(), desk.history()) == ({"red": 1}, {"red": 4})
    assert desk.lane().missing() == (2 if whole else 0)
    assert said(desk.recover()) == ["recovered"] * (2 if whole else 3)
    both(desk)
    assert desk.totals() == desk.history() == {"red": 4}
    assert desk.lane().missing() == 0
    merged = desk.merged()
    assert merged["redelivered" if whole else "duplicate"] == 3


def test_a_record_that_would_only_be_parked_again_stays_whole(
    desk: RecoveryDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty(*args: object) -> None:
        raise ZeroDivisionError

    desk.put(stamped([desk.vote(1, poll="lunch")], 1))
    with monkeypatch.context() as broken:
        broken.setattr("processors.delivery.read_payloads", faulty)
        desk.count()
    assert said(desk.recover()) == ["it would be parked again: unknown_poll"]
    desk.create_poll("lunch")
    desk.clock.advance(1)
    assert said(desk.recover()) == ["recovered"]


def test_a_line_of_a_kpl_aggregate_is_found_in_its_part(desk: RecoveryDesk) -> None:
    parts = [("a", b"junk"), ("b", encode_votes([desk.vote(1, poll="lunch")]))]
    desk.put(kpl.aggregate(parts))
    both(desk)
    desk.create_poll("lunch")
    desk.clock.advance(1)
    assert sorted(said(desk.recover())) == ["it would be parked again: not_json", "recovered"]
    both(desk)
    assert desk.totals("lunch") == {"red": 1}


@pytest.mark.parametrize("body", [b"{}", b"\xff", b'{"lines":[]}', b'{"partition_key":"k"}'])
def test_an_object_that_is_no_parked_record_is_named_and_left(
    desk: RecoveryDesk, body: bytes
) -> None:
    desk.s3.put_object(Bucket="cube-lake", Key="parked/2026/01/01/x.json", Body=body)
    (outcome,) = desk.recover()
    assert outcome.entry.reason == "unreadable"
    assert "cannot be read" in outcome.said


def test_a_parked_line_that_its_record_does_not_have_is_unreadable(desk: RecoveryDesk) -> None:
    desk.put(b"junk")
    both(desk)
    (key,) = desk.keys("parked/")
    body = desk.body(key).replace(b'"line":1', b'"line":7')
    desk.s3.put_object(Bucket="cube-lake", Key=key, Body=body)
    (outcome,) = desk.recover()
    assert (outcome.entry.reason, outcome.state) == ("unreadable", "refused")
    assert Reason.NOT_JSON not in outcome.said
