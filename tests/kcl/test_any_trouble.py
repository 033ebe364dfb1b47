"""Whatever happens to the owners of a shard, and whoever takes turns: each line counts once."""

import random
from collections import deque
from contextlib import suppress

import pytest

from core.clock import ManualClock
from local.aws_error import AwsError
from processors import kcl_consumer
from processors.kcl_consumer import ShardConsumer
from tests.kcl.daemon import Call, Checkpointer, UserRecord, user_records
from tests.kcl.mixed_stream import account, counted_by_lambda, mixed_records
from tests.processors.room import Room

REFUSALS = (None, None, "ThrottlingException", "KinesisClientLibDependencyException")
LOST = "ShutdownException"


class Killed(SystemExit):
    """`kill -9`, as seen from inside."""


class Troubled:
    """One shard's owners, one after the other, in a world where anything fails at any time."""

    def __init__(self, room: Room, rng: random.Random) -> None:
        self._room = room
        self._rng = rng
        self._troubles = 25
        self.records = mixed_records(room)
        self._user_records = user_records(self.records)
        self._positions = Checkpointer()
        room.table.before = lambda call: self._strike()
        room.table.after = lambda call: self._strike()

    def run(self) -> None:
        """Let owners come and go until all is applied and saved."""
        previous: ShardConsumer | None = None
        while left := self._positions.beyond(self._user_records):
            owner = ShardConsumer(
                self._room.processor(), rng=self._rng, wait=self._room.clock.advance
            )
            owner.initialize(Call(self._positions))
            if previous is not None and self._rng.random() < 0.5:
                self._work(previous, Checkpointer(deque([LOST])), left)  # it does not know yet
            self._work(owner, self._positions, left)
            if self._rng.random() < 0.3:  # a Lambda in between, which may be killed as well
                with suppress(Killed):
                    self._room.run(*self.records[: self._rng.randrange(len(self.records))])
            previous = owner

    def _work(self, owner: ShardConsumer, positions: Checkpointer, left: list[UserRecord]) -> None:
        """Hand over all that is left, in calls of any size, until the owner ends."""
        lost = positions is not self._positions
        positions.before = lambda: self._strike()
        done = 0
        with suppress(SystemExit):  # whoever comes next goes on
            while done < len(left):
                size = self._rng.randrange(1, 9)
                if not lost:
                    positions.refusals = deque(self._rng.choices(REFUSALS, k=3))
                    positions.refusals += [LOST] if self._rng.random() < 0.1 else []
                owner.process_records(Call(positions, left[done : done + size]))
                done += size
            owner.shutdown_requested(Call(positions))

    def _strike(self) -> None:
        if not self._troubles or self._rng.random() < 0.75:
            return
        self._troubles -= 1
        if self._rng.random() < 0.5:
            raise Killed
        raise AwsError("AccessDeniedException", "away")


@pytest.mark.parametrize("seed", range(30))
def test_every_line_counts_once(room: Room, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kcl_consumer, "BATCH_RECORDS_MAX", 3)
    rng = random.Random(seed)
    troubled = Troubled(room, rng)
    troubled.run()
    assert account(room) == counted_by_lambda(troubled.records)


@pytest.mark.parametrize("seed", range(5))
def test_lambda_and_kcl_take_turns_on_one_stream(room: Room, seed: int) -> None:
    """A53: a line has the same position, and a batch the same number, whoever reads it."""
    rng = random.Random(seed)
    stream = mixed_records(room)
    consumer = ShardConsumer(room.processor(), rng=rng, wait=ManualClock().advance)
    consumer.initialize(Call(Checkpointer()))
    for start in range(0, len(stream), 3):
        some = stream[start : start + 3]
        for reader in rng.sample(["lambda", "kcl", "both"], 2):
            if reader != "kcl":
                room.run(*some)
            if reader != "lambda":
                consumer.process_records(Call(Checkpointer(), user_records(some)))
    assert account(room) == counted_by_lambda(stream)
