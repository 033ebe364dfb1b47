"""Unstamped votes: each identity counts once; a redelivery is not a duplicate."""

import json

import pytest

from core import kpl, limits
from core.vote import encode_votes
from tests.processors.room import Room, stamped


def test_a_single_vote_of_any_sdk_counts(room: Room) -> None:
    data = encode_votes([room.vote(1)])
    assert room.run(room.record(data[:-1]), room.record(encode_votes([room.vote(2)]))).votes == 2
    assert room.table.totals() == {"red": 2} == room.table.seconds()
    assert room.table.ledger() == {"counted": 2}


def test_a_redelivery_is_not_a_duplicate(room: Room) -> None:
    record = room.record(encode_votes([room.vote(1), room.vote(2)]))
    for _ in range(3):
        assert room.run(record).duplicates == 0
    assert room.table.ledger() == {"counted": 2}


def test_the_same_vote_put_again_is_a_duplicate_counted_once_as_such(room: Room) -> None:
    data = encode_votes([room.vote(1)])
    records = [room.record(data) for _ in range(3)]
    for record in (*records, *records):
        room.run(record)
    assert room.table.totals() == {"red": 1}
    assert room.table.ledger() == {"counted": 1, "duplicate": 2}


def test_the_same_vote_twice_in_one_call_is_a_duplicate(room: Room) -> None:
    data = encode_votes([room.vote(1), room.vote(1), room.vote(1, "Red ")])
    record = room.record(data)
    assert room.run(record, room.record(data)).duplicates == 5
    room.run(record)
    assert room.table.ledger() == {"counted": 1, "duplicate": 5}


def test_an_identity_with_other_content_is_parked(room: Room) -> None:
    room.run(room.record(encode_votes([room.vote(1, "red")])))
    record = room.record(encode_votes([room.vote(1, "blue"), room.vote(2)]) + b"junk")
    for _ in range(2):
        room.run(record)
    assert room.table.totals() == {"red": 2}
    assert room.table.ledger() == {"counted": 2, "parked": 1}
    assert [*room.lake.parked().values()] == [["identity_conflict", "not_json"]]


def test_one_record_that_needs_five_hundred_items_commits_in_prefixes(room: Room) -> None:
    votes = [room.vote(n, voted_at=room.clock.now_ms() - 1_000 * n) for n in range(500)]
    record = room.record(encode_votes(votes))
    outcome = room.run(record)
    assert (outcome.votes, outcome.failed_record) == (500, None)
    assert max(room.table.transactions) <= limits.TRANSACTION_ITEMS_MAX
    assert room.run(record).votes == 0
    assert room.table.totals() == {"red": 500}


def test_a_mebibyte_of_garbage_is_parked_at_once_and_once(room: Room) -> None:
    lines = 100_000
    record = room.record(b"x\n" * lines)
    outcome = room.run(record)
    assert (outcome.parked, outcome.transactions, outcome.failed_record) == (lines, 1, None)
    assert room.run(record).parked == 0
    assert room.table.ledger("-") == {"parked": lines}


def test_parked_lines_of_many_polls_are_parked_each_under_its_own(room: Room) -> None:
    polls = [f"of-one-{number}" for number in range(120)]
    for poll in polls:
        room.add_poll(poll, ("grey",))
    votes = [room.vote(number, poll=poll) for number, poll in enumerate(polls)]
    record = room.record(encode_votes(votes) + encode_votes([room.vote(999)]) + b"x\n")
    outcome = room.run(record)
    assert (outcome.parked, outcome.votes) == (121, 1)
    assert max(room.table.transactions) <= limits.TRANSACTION_ITEMS_MAX
    room.run(record)
    assert all(room.table.ledger(poll) == {"parked": 1} for poll in (*polls, "-"))
    assert room.table.ledger() == {"counted": 1}


@pytest.mark.parametrize("crash_at", range(1, 7))
@pytest.mark.parametrize("late", [True, False])
def test_a_crash_between_prefixes_counts_each_line_once(
    room: Room, crash_at: int, late: bool
) -> None:
    def crash(call: int) -> None:
        if call == crash_at:
            raise TimeoutError

    votes = [room.vote(n % 200) for n in range(250)]
    record = room.record(encode_votes(votes) + b"x\ny\n")
    if late:
        room.table.after = crash
    else:
        room.table.before = crash
    room.run(record)
    room.table.before = room.table.after = lambda call: None
    room.run(record)
    assert room.table.totals() == {"red": 200}
    assert room.table.ledger() == {"counted": 200, "duplicate": 50}
    assert room.table.ledger("-") == {"parked": 2}
    assert [*room.lake.parked().values()] == [["not_json", "not_json"]]


def test_two_workers_in_turns_on_the_same_record_count_once(room: Room) -> None:
    record = room.record(encode_votes([room.vote(n) for n in range(150)]))
    other = room.processor()

    def interleave(call: int) -> None:
        room.table.before = lambda call: None
        other.run([record])

    room.table.before = interleave
    assert room.run(record).failed_record is None
    assert room.table.totals() == {"red": 150}
    assert room.table.ledger() == {"counted": 150}


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\xff\xfe", b"{}", b"null", b"\x00" * 99])
def test_garbage_is_parked_and_leaves_a_trace(room: Room, data: bytes) -> None:
    outcome = room.run(room.record(data), room.record(encode_votes([room.vote(1)])))
    assert (outcome.failed_record, outcome.parked, outcome.votes) == (None, 1, 1)
    assert len(room.lake.objects) == 1


def test_a_broken_stamp_parks_every_line_of_the_record(room: Room) -> None:
    batch = stamped([room.vote(1), room.vote(2)], 1)
    record = room.record(batch.replace(b'"votes":2', b'"votes":3'))
    for _ in range(2):
        room.run(record)
    assert room.table.ledger("-") == {"parked": 3}
    assert [*room.lake.parked().values()] == [["bad_stamp"] * 3]
    assert room.table.lane().high == 0


def test_a_kpl_aggregate_counts_stamped_and_unstamped_parts(room: Room) -> None:
    """A54: the mapping does not de-aggregate, the handler must."""
    parts = [
        ("a", encode_votes([room.vote(1)])),
        ("b", stamped([room.vote(2), room.vote(3)], 1)),
        ("c", b"junk"),
        ("d", encode_votes([room.vote(1)])),
    ]
    record = room.record(kpl.aggregate(parts))
    for _ in range(2):
        room.run(record)
    assert room.table.totals() == {"red": 3}
    assert room.table.ledger() == {"counted": 3, "duplicate": 1}
    (key,) = room.lake.objects
    assert key.endswith("-2.json")
    assert json.loads(room.lake.objects[key])["lines"][0]["reason"] == "not_json"
