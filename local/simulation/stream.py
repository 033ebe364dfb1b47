"""A folder in, the shipped stream on it out, which dies, comes back, and changes its shards."""

import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from core.clock import ManualClock
from local.aws_error import AwsError
from local.kinesis import KinesisService
from local.simulation.chance import Chance, Died
from local.simulation.disk import FaultyStreamDisk
from local.simulation.options import STREAM

_SHARDS_MAX: Final = 8
_RESHARD_REFUSALS: Final = frozenset({"InvalidArgumentException", "ResourceInUseException"})


class SimulatedStream:
    """Kinesis on a disk; `reopened` is called with the new service after each death."""

    def __init__(
        self,
        folder: Path,
        shards: int,
        *,
        clock: ManualClock,
        chance: Chance,
        rng: random.Random,
    ) -> None:
        self.reopened: Callable[[KinesisService], None] = lambda service: None
        self._folder = folder
        self._clock = clock
        self._chance = chance
        self._rng = rng
        self.service = self._open()
        self.service.create_stream(StreamName=STREAM, ShardCount=shards)
        self._settle()

    def put(self, entries: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
        """Put records; the engine may die of it."""
        try:
            with self._disk.faults(len(self.open_shards())):
                return self.service.put_records(StreamName=STREAM, Records=entries)
        except Died:
            self.crash()
            raise ConnectionResetError("connection reset by peer") from None

    def crash(self) -> None:
        """Lose the engine's process: everything acknowledged is on disk."""
        self._disk.dead = True
        self.service.close()
        self.service = self._open()
        self.reopened(self.service)

    def open_shards(self) -> list[str]:
        return [each.shard_id for each in self.service.shards(STREAM) if not each.closed]

    def reshard(self) -> None:
        """Split a shard in its middle, or merge two neighbours."""
        shards = self.open_shards()
        try:
            if len(shards) < _SHARDS_MAX and self._rng.random() < 0.6:
                self._split(self._rng.choice(shards))
            elif len(shards) > 1:
                pair = self._rng.randrange(len(shards) - 1)
                self.service.merge_shards(
                    StreamName=STREAM,
                    ShardToMerge=shards[pair],
                    AdjacentShardToMerge=shards[pair + 1],
                )
        except AwsError as error:
            if error.code not in _RESHARD_REFUSALS:
                raise
        self._settle()

    def _split(self, shard_id: str) -> None:
        for shard in self.service.list_shards(StreamName=STREAM)["Shards"]:
            if shard["ShardId"] == shard_id:
                keys = shard["HashKeyRange"]
                middle = (int(keys["StartingHashKey"]) + int(keys["EndingHashKey"])) // 2
                self.service.split_shard(
                    StreamName=STREAM, ShardToSplit=shard_id, NewStartingHashKey=str(middle)
                )

    def _settle(self) -> None:
        """Let the stream become ACTIVE again."""
        for _ in range(100):
            summary = self.service.describe_stream_summary(StreamName=STREAM)
            if summary["StreamDescriptionSummary"]["StreamStatus"] == "ACTIVE":
                return
            self._clock.advance(100)
        raise AssertionError("the stream never became ACTIVE")

    def _open(self) -> KinesisService:
        self._disk = FaultyStreamDisk(self._chance)
        return KinesisService(self._folder, self._clock, limits_enforced=False, disk=self._disk)
