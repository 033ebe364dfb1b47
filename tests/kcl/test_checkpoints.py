"""The KCL worker's positions: they only rise, and never beyond what is applied."""

import random
from contextlib import suppress
from typing import Any

import pytest
from amazon_kclpy.checkpoint_error import CheckpointError

from core.invariants.order import checkpoints_never_regress
from local.aws_error import AwsError
from processors import kcl_consumer
from processors.kcl_consumer import ShardConsumer
from tests.kcl.daemon import SHARD, Checkpointer, user_records
from tests.kcl.mixed_stream import counted_by_lambda
from tests.kcl.test_any_trouble import Troubled
from tests.processors.room import Room

SEEDS = range(6)


def saves_of(room: Room, seed: int) -> list[tuple[int, int]]:
    """Return each position that is saved in a troubled run, and the one that is applied by then.

    Positions are indices of user records. One is applied when the table has the lines that a
    function makes of all whole records before it.
    """
    troubled = Troubled(room, random.Random(seed))
    parts = user_records(troubled.records)
    numbers = [record["kinesis"]["sequenceNumber"] for record in troubled.records]
    needed = [
        counted_by_lambda(troubled.records[:count]).ledger.total() for count in range(len(numbers))
    ]
    saves: list[tuple[int, int]] = []
    checkpoint = Checkpointer.checkpoint

    def watched(self: Checkpointer, *position: Any) -> None:
        before = len(self.saved)
        checkpoint(self, *position)
        if len(self.saved) > before and self is troubled._positions:
            number, sub = self.saved[-1]
            at = next(
                index
                for index, part in enumerate(parts)
                if (part.sequence_number, part.sub_sequence_number) == (number, sub)
            )
            whole = room.table.ledger().total() >= needed[numbers.index(str(number))]
            saves.append((at, at if whole else -1))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Checkpointer, "checkpoint", watched)
        patch.setattr(kcl_consumer, "BATCH_RECORDS_MAX", 3)
        troubled.run()
    return saves


@pytest.mark.parametrize("seed", SEEDS)
def test_positions_only_rise_and_never_pass_what_is_applied(room: Room, seed: int) -> None:
    saves = saves_of(room, seed)
    verdict = checkpoints_never_regress({f"kcl/{SHARD}": saves})
    assert saves
    assert verdict.ok, verdict.note


def test_a_position_saved_before_its_records_are_applied_is_seen(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A planted fault: the position moves on first, and the records follow."""
    process = ShardConsumer.process_records

    def ahead(self: ShardConsumer, given: Any) -> None:
        with suppress(CheckpointError, AwsError):
            given.checkpointer.checkpoint(*kcl_consumer.position_of(given.records[-1]))
        process(self, given)

    monkeypatch.setattr(ShardConsumer, "process_records", ahead)
    verdict = checkpoints_never_regress({f"kcl/{SHARD}": saves_of(room, 1)})
    assert not verdict.ok
