"""Stamped batches: each is applied once, whatever brings it, and however often."""

import random
from typing import Any

import pytest

from core import limits
from core.record import Payload
from local.aws_error import AwsError
from processors import lane as lane_module
from processors.batch import reply_of
from processors.fold import Folded, fold_payload
from tests.processors.room import Room, stamped


def test_a_batch_is_counted_by_colour_second_minute_of_arrival_and_lane(room: Room) -> None:
    votes = [room.vote(1, "red"), room.vote(2, " BLUE"), room.vote(3, "red")]
    outcome = room.run(room.record(stamped(votes, 1)))
    assert (outcome.votes, outcome.parked, outcome.transactions) == (3, 0, 1)
    assert room.table.totals() == {"red": 2, "blue": 1} == room.table.seconds()
    assert room.table.ledger() == {"counted": 3}
    assert (room.table.lane().votes, room.table.lane().missing()) == (3, 0)


def test_a_redelivery_counts_nothing(room: Room) -> None:
    record = room.record(stamped([room.vote(1)], 1))
    warm = room.processor()
    for processor in (warm, warm, room.processor()):
        assert processor.run([record, record]).failed_record is None
    assert room.table.totals() == {"red": 1}
    assert room.table.ledger() == {"counted": 1}


def test_a_batch_sent_again_under_another_sequence_number_counts_nothing(room: Room) -> None:
    data = stamped([room.vote(1)], 1)
    room.run(room.record(data))
    room.clock.advance(70_000)
    room.run(room.record(data))
    assert room.table.ledger() == {"counted": 1}


@pytest.mark.parametrize("seed", range(20))
def test_any_overlap_of_deliveries_by_many_workers_counts_each_batch_once(
    room: Room, seed: int
) -> None:
    rng = random.Random(seed)
    records = [
        room.record(stamped([room.vote(n, rng.choice(["red", "blue"]))], n // 3 + 1, lane=n % 3))
        for n in range(30)
    ]
    workers = [room.processor() for _ in range(3)]
    for _ in range(25):
        start = rng.randrange(30)
        rng.choice(workers).run(records[start : start + rng.randrange(1, 12)])
    for worker in workers:
        worker.run(records)
    assert room.table.totals().total() == 30
    assert room.table.ledger() == {"counted": 30}
    assert all(room.table.lane(lane=lane).missing() == 0 for lane in range(3))


def test_a_jump_is_missing_until_the_gap_is_delivered(room: Room) -> None:
    records = [room.record(stamped([room.vote(n)], n)) for n in range(1, 5)]
    room.run(records[0], records[3])
    assert room.table.lane().missing() == 2
    room.run(records[2])
    room.run(records[1])
    assert room.table.lane().missing() == 0
    assert room.table.totals() == {"red": 4}


def test_a_crash_after_the_commit_counts_once(room: Room) -> None:
    def lose_answer(call: int) -> None:
        raise TimeoutError("read timed out")

    record = room.record(stamped([room.vote(1)], 1))
    room.table.after = lose_answer
    assert room.run(record).failed_record == 0
    room.table.after = lambda call: None
    assert room.run(record).failed_record is None
    assert room.table.totals() == {"red": 1}


def test_a_table_that_is_away_applies_nothing_and_names_the_first_record(room: Room) -> None:
    def away(call: int) -> None:
        raise ConnectionRefusedError("connection refused")

    records = [room.record(stamped([room.vote(n)], n)) for n in (1, 2)]
    room.table.before = away
    outcome = room.run(*records)
    assert outcome.failed_record == 0
    assert "refused" in outcome.error
    assert reply_of(outcome, records) == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    assert room.table.totals() == {}


@pytest.mark.parametrize("code", ["TransactionConflict", "ThrottlingError"])
def test_a_conflict_is_retried_with_jitter(room: Room, code: str) -> None:
    def conflict(call: int) -> None:
        if call <= 5:
            reasons = [{"Code": "None"}, {"Code": code, "Message": "try again"}]
            raise AwsError(
                "TransactionCanceledException", "", extra={"CancellationReasons": reasons}
            )

    room.table.before = conflict
    outcome = room.run(room.record(stamped([room.vote(1)], 1)))
    assert (outcome.failed_record, outcome.retries, outcome.votes) == (None, 5, 1)
    assert len(room.waits_ms) == 5


def test_a_conflict_that_stays_hands_the_batch_back(room: Room) -> None:
    def throttled(call: int) -> None:
        raise AwsError("ThrottlingException", "Rate exceeded")

    room.table.before = throttled
    outcome = room.run(room.record(stamped([room.vote(1)], 1)))
    assert outcome.failed_record == 0
    assert len(room.table.transactions) == limits.STORE_ATTEMPTS_MAX


def test_a_batch_too_large_for_one_transaction_is_applied_in_prefixes(room: Room) -> None:
    votes = [room.vote(n, voted_at=room.clock.now_ms() - 1_000 * n) for n in range(500)]
    outcome = room.run(room.record(stamped(votes, 1)))
    assert outcome.votes == 500
    assert outcome.transactions > 5
    assert max(room.table.transactions) <= limits.TRANSACTION_ITEMS_MAX
    assert room.table.totals() == {"red": 500} == room.table.seconds()
    assert (room.table.lane().missing(), room.table.lane().votes) == (0, 500)


@pytest.mark.parametrize("crash_at", range(1, 9))
@pytest.mark.parametrize("late", [True, False])
def test_a_crash_between_prefixes_resumes_at_the_first_line_not_applied(
    room: Room, crash_at: int, late: bool
) -> None:
    def crash(call: int) -> None:
        if call == crash_at:
            raise TimeoutError

    votes = [room.vote(n, voted_at=room.clock.now_ms() - 1_000 * n) for n in range(300)]
    bad = b"{\n" * 3
    record = room.record(stamped(votes, 1, extra=bad))
    following = room.record(stamped([room.vote(900, "blue")], 2))
    if late:
        room.table.after = crash
    else:
        room.table.before = crash
    room.run(record, following)
    room.table.before = room.table.after = lambda call: None
    room.run(following)  # a later batch of the lane comes first
    assert room.run(record, following).failed_record is None
    assert room.table.totals() == {"red": 300, "blue": 1}
    assert room.table.ledger() == {"counted": 301}
    assert room.table.ledger("-") == {"parked": 3}
    assert [*room.lake.parked().values()] == [["not_json"] * 3]
    assert room.table.lane().missing() == 0


def test_many_colours_and_latencies_never_make_an_expression_too_large(room: Room) -> None:
    palette = tuple(f"shade-{n}" for n in range(limits.PALETTE_COLOURS_MAX))
    room.add_poll("shades", palette)
    now_ms = room.clock.now_ms()
    votes = [
        room.vote(n, colour, poll="shades", voted_at=now_ms - 7 * n)
        for n, colour in enumerate(palette)
    ]
    assert room.run(room.record(stamped(votes, 1))).votes == 256
    assert room.table.totals("shades") == dict.fromkeys(palette, 1)


def test_bad_lines_of_a_batch_are_parked_with_its_count_and_their_bytes(room: Room) -> None:
    late = room.vote(2, voted_at=room.clock.now_ms() - limits.TOO_OLD_MS - 60_000)
    early = room.vote(3, voted_at=room.clock.now_ms() + limits.FUTURE_MS_MAX + 60_000)
    votes = [room.vote(1), late, early, room.vote(4, "mauve"), room.vote(5, poll="other")]
    record = room.record(stamped(votes, 1, extra=b"garbage\n"))
    outcome = room.run(record)
    assert (outcome.votes, outcome.parked) == (1, 5)
    assert room.table.ledger() == {"counted": 1, "parked": 3}
    assert room.table.ledger("-") == {"parked": 2}
    assert (room.table.lane().votes, room.table.lane().parked) == (1, 5)
    (reasons,) = room.lake.parked().values()
    assert reasons == ["too_old", "future_vote", "unknown_colour", "unknown_poll", "not_json"]


def test_the_parked_object_exists_before_the_count_says_so(room: Room) -> None:
    def check(call: int) -> None:
        assert len(room.lake.objects) == 1

    room.table.before = check
    room.run(room.record(stamped([room.vote(1)], 1, extra=b"x\n")))
    assert room.table.ledger("-") == {"parked": 1}


def test_a_lake_that_is_away_holds_the_count_back(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(**_: object) -> None:
        raise AwsError("InternalError", "", status=500)

    record = room.record(stamped([room.vote(1)], 1, extra=b"x\n"))
    with monkeypatch.context() as patch:
        patch.setattr(room.lake, "put_object", away)
        assert room.run(record).failed_record == 0
    assert room.table.totals() == {}
    assert room.run(record).failed_record is None
    assert room.table.totals() == {"red": 1}


def test_a_fault_of_ours_parks_the_record_and_not_its_neighbours(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty(payload: Payload, *place: Any) -> Folded:
        if b"poison" in payload.body:
            raise ZeroDivisionError
        return fold_payload(payload, *place)

    monkeypatch.setattr(lane_module, "fold_payload", faulty)
    poison = stamped([room.vote(2, device_id="poison"), room.vote(3)], 2)
    records = [stamped([room.vote(1)], 1), poison, stamped([room.vote(4)], 3)]
    outcome = room.run(*(room.record(data) for data in records))
    assert (outcome.failed_record, outcome.votes, outcome.parked) == (None, 2, 2)
    assert [*room.lake.parked().values()] == [["handler_error"] * 2]


def test_an_arrival_beyond_the_rules_in_hand_waits_for_newer_rules(room: Room) -> None:
    record = room.record(stamped([room.vote(1)], 1), late_ms=-limits.RULES_LEAD_MS)
    assert room.run(record).failed_record == 0
    room.clock.advance(limits.RULES_LEAD_MS)
    assert room.run(record).votes == 1


def test_a_warm_worker_reads_rules_again_when_time_has_gone_on(room: Room) -> None:
    worker = room.processor()
    worker.run([room.record(stamped([room.vote(1)], 1))])
    room.add_poll("later")
    room.clock.advance(limits.RULES_LEAD_MS)
    worker.run([room.record(stamped([room.vote(2, poll="later")], 2))])
    assert room.table.totals("later") == {"red": 1}
