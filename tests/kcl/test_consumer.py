"""One shard under one lease: records are applied once, then saved, whatever the daemon says."""

import random
from collections import Counter, deque
from collections.abc import Callable

import pytest

from core import kpl, limits
from core.vote import encode_votes
from local.aws_error import AwsError
from processors import kcl_consumer
from processors.kcl_consumer import CHECKPOINT_ATTEMPTS_MAX, WAIT_MS_CAP, ShardConsumer
from tests.kcl.daemon import Call, Checkpointer, UserRecord, user_records
from tests.processors.room import Room, stamped

THROTTLED = "ThrottlingException"
LOST = "ShutdownException"


class Gone(SystemExit):
    """The daemon went away while somebody waited."""


class Desk:
    """A room, one consumer in it, and what it waited."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.waits_ms: list[int] = []
        self.on_wait: Callable[[int], None] = lambda turn: None
        self.checkpointer = Checkpointer()
        self.consumer = self.new_consumer()

    def new_consumer(self) -> ShardConsumer:
        consumer = ShardConsumer(self.room.processor(), rng=random.Random(5), wait=self._wait)
        consumer.initialize(Call(self.checkpointer))
        return consumer

    def process(self, records: list[UserRecord]) -> None:
        self.consumer.process_records(Call(self.checkpointer, records))

    def votes(self, count: int, first: int = 1) -> list[UserRecord]:
        """Return unstamped votes, one a record."""
        numbers = range(first, first + count)
        return user_records(
            [self.room.record(encode_votes([self.room.vote(number)])) for number in numbers]
        )

    def red(self) -> int:
        return self.room.table.totals()["red"]

    def table_away(self, transactions: int, calls: int) -> None:
        """Let so many transactions through, and refuse the next so many."""

        def before(call: int) -> None:
            if transactions < call <= transactions + calls:
                raise AwsError("AccessDeniedException", "away")

        self.room.table.before = before

    def _wait(self, ms: int) -> None:
        self.waits_ms.append(ms)
        self.room.clock.advance(ms)
        self.on_wait(len(self.waits_ms))


@pytest.fixture
def desk(room: Room) -> Desk:
    return Desk(room)


def position(record: UserRecord) -> tuple[str, int]:
    return record.sequence_number, record.sub_sequence_number


def test_a_position_is_saved_only_when_its_votes_are_counted(desk: Desk) -> None:
    records = desk.votes(3)
    counted: list[int] = []
    desk.checkpointer.before = lambda: counted.append(desk.red())
    desk.process(records)
    assert counted == [3]
    assert desk.checkpointer.saved == [position(records[-1])]


def test_a_long_call_is_saved_on_its_way(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kcl_consumer, "BATCH_RECORDS_MAX", 2)
    records = desk.votes(5)
    desk.process(records)
    assert desk.checkpointer.saved == [position(records[index]) for index in (1, 3, 4)]
    assert desk.red() == 5


def test_a_record_that_cannot_be_applied_is_tried_until_it_is(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kcl_consumer, "BATCH_RECORDS_MAX", 2)
    records = desk.votes(6)
    desk.table_away(transactions=1, calls=20)
    desk.process(records)
    assert desk.red() == 6
    assert len(desk.waits_ms) == 20
    assert max(desk.waits_ms) <= WAIT_MS_CAP
    assert desk.checkpointer.saved == [position(records[index]) for index in (1, 3, 5)]


def test_what_is_applied_before_the_trouble_is_saved_before_the_wait(desk: Desk) -> None:
    bodies = [stamped([desk.room.vote(lane)], 1, lane=lane) for lane in range(limits.LANES)]
    records = user_records([desk.room.record(body) for body in bodies])
    desk.table_away(transactions=1, calls=1)
    saved: list[int] = []
    desk.on_wait = lambda turn: saved.append(len(desk.checkpointer.saved))
    desk.process(records)
    assert saved == [1]
    applied = [position(record) for record in records].index(desk.checkpointer.saved[0])  # type: ignore[arg-type]  # a position, not an end
    assert 0 < applied < len(records) - 1
    assert desk.red() == len(records)


def test_a_shard_that_stands_still_goes_on_with_its_next_owner(desk: Desk) -> None:
    records = desk.votes(4)
    desk.table_away(transactions=0, calls=10)

    def leave(turn: int) -> None:
        if turn == 3:
            raise Gone

    desk.on_wait = leave
    with pytest.raises(Gone):
        desk.process(records)
    assert (desk.red(), desk.checkpointer.saved) == (0, [])
    desk.on_wait = lambda turn: None
    desk.consumer = desk.new_consumer()
    desk.process(desk.checkpointer.beyond(records))
    assert desk.red() == 4


def test_a_lease_lost_between_transaction_and_checkpoint_counts_nothing_twice(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kcl_consumer, "BATCH_RECORDS_MAX", 2)
    records = desk.votes(6)
    desk.checkpointer.refusals = deque([None, LOST])
    desk.process(records)
    assert desk.red() == 4, "the second batch was applied before it was known"
    desk.process(records[4:])
    desk.consumer.shutdown_requested(Call(desk.checkpointer))
    desk.consumer.shard_ended(Call(desk.checkpointer))
    desk.consumer.lease_lost(object())
    assert desk.red() == 4, "who has lost a lease applies nothing"
    assert len(desk.checkpointer.asked) == 2, "and saves nothing"
    desk.consumer = desk.new_consumer()
    again = desk.checkpointer.beyond(records)
    assert len(again) == 4
    desk.process(again)
    assert desk.red() == 6
    assert desk.room.table.ledger() == Counter({"counted": 6})


def test_what_a_process_knows_goes_with_its_lease(desk: Desk) -> None:
    processor = desk.room.processor()
    consumer = ShardConsumer(processor, rng=random.Random(5), wait=desk.waits_ms.append)
    consumer.initialize(Call(desk.checkpointer))
    record = desk.room.record(stamped([desk.room.vote(1)], 1))
    consumer.process_records(Call(desk.checkpointer, user_records([record])))
    assert processor.known.lanes
    consumer.lease_lost(object())
    assert not processor.known.lanes
    assert len(desk.checkpointer.asked) == 1


def test_a_throttled_checkpoint_is_asked_for_again(desk: Desk) -> None:
    records = desk.votes(2)
    desk.checkpointer.refusals = deque([THROTTLED, "KinesisClientLibDependencyException"])
    desk.process(records)
    assert desk.checkpointer.asked == [position(records[-1])] * 3
    assert desk.checkpointer.saved == [position(records[-1])]
    assert len(desk.waits_ms) == 2


def test_a_checkpoint_throttled_for_long_is_covered_by_the_next(desk: Desk) -> None:
    records = desk.votes(4)
    desk.checkpointer.refusals = deque([THROTTLED] * CHECKPOINT_ATTEMPTS_MAX)
    desk.process(records[:2])
    assert desk.checkpointer.saved == []
    desk.process(records[2:])
    assert desk.checkpointer.saved == [position(records[-1])]
    assert desk.red() == 4


def test_a_shutdown_saves_what_is_not_saved(desk: Desk) -> None:
    records = desk.votes(2)
    desk.checkpointer.refusals = deque([THROTTLED] * CHECKPOINT_ATTEMPTS_MAX)
    desk.process(records)
    desk.consumer.shutdown_requested(Call(desk.checkpointer))
    assert desk.checkpointer.saved == [position(records[-1])]
    desk.consumer.shutdown_requested(Call(desk.checkpointer))
    assert len(desk.checkpointer.saved) == 1, "what is saved is not saved again"


def test_a_shutdown_before_the_first_record_saves_nothing(desk: Desk) -> None:
    desk.consumer.shutdown_requested(Call(desk.checkpointer))
    assert desk.checkpointer.asked == []


def test_a_shutdown_in_the_middle_of_a_call_ends_it_there(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kcl_consumer, "BATCH_RECORDS_MAX", 1)
    records = desk.votes(3)
    desk.checkpointer.refusals = deque([THROTTLED, LOST])
    desk.process(records)
    assert desk.red() == 1
    assert desk.checkpointer.saved == []
    desk.consumer = desk.new_consumer()
    desk.process(desk.checkpointer.beyond(records))
    assert desk.red() == 3


def test_the_end_of_a_shard_is_saved_however_long_it_takes(desk: Desk) -> None:
    desk.process(desk.votes(1))
    desk.checkpointer.refusals = deque([THROTTLED] * 40)
    desk.consumer.shard_ended(Call(desk.checkpointer))
    assert desk.checkpointer.saved[-1] == (None, None)
    assert len(desk.waits_ms) == 40


def test_an_end_of_a_shard_stops_asking_when_the_lease_is_lost(desk: Desk) -> None:
    desk.checkpointer.refusals = deque([THROTTLED, LOST])
    desk.consumer.shard_ended(Call(desk.checkpointer))
    assert desk.checkpointer.saved == []
    assert len(desk.checkpointer.asked) == 2


@pytest.mark.parametrize("strange", ["InvalidStateException", BrokenPipeError(), ValueError()])
def test_a_refusal_that_nobody_expects_ends_the_process(
    desk: Desk, strange: str | Exception
) -> None:
    """amazon_kclpy reports a call that raised as done: its records would be skipped."""
    desk.checkpointer.refusals = deque([strange])
    with pytest.raises(SystemExit) as end:
        desk.process(desk.votes(1))
    assert end.value.code == 1


def test_a_fault_of_ours_ends_the_process(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise KeyError("a bug")

    monkeypatch.setattr(kcl_consumer, "read_records", fail)
    with pytest.raises(SystemExit):
        desk.process(desk.votes(1))
    assert desk.checkpointer.asked == []


def test_a_position_may_lie_within_an_aggregate(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A53: the parts share a sequence number and are told apart by a number from 0."""
    monkeypatch.setattr(kcl_consumer, "BATCH_RECORDS_MAX", 2)
    parts = [(f"k{number}", encode_votes([desk.room.vote(number)])) for number in range(5)]
    records = user_records([desk.room.record(kpl.aggregate(parts))])
    desk.checkpointer.refusals = deque([None, LOST])
    desk.process(records)
    assert desk.checkpointer.saved == [(records[0].sequence_number, 1)]
    desk.consumer = desk.new_consumer()
    desk.process(desk.checkpointer.beyond(records))
    assert desk.red() == 5
    assert desk.room.table.ledger() == Counter({"counted": 5})
