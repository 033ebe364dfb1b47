"""What a mapping shows of one shard, as a value: for `cube status` and the Pipeline page."""

from dataclasses import dataclass
from typing import Final

NO_RECORDS: Final = "No records processed"  # AWS's words (clause B12)
OK: Final = "OK"
PROBLEM: Final = "PROBLEM: Function call failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardStatus:
    """`iterator_age_ms` is the age of the oldest record that is not done, 0 when all are.

    `retries` counts the failures of the batches under way; `in_flight` invocations and failure
    objects on their way; `records_open` what has been read and is not done.
    """

    shard_id: str
    position: int
    saved_position: int
    iterator_age_ms: int
    in_flight: int
    retries: int
    records_open: int
    last_result: str
    paused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingStatus:
    """A mapping and the shards it reads now; those not listed wait for a parent, or are done."""

    logical_id: str
    function_name: str
    stream_name: str
    paused: bool
    shards: tuple[ShardStatus, ...]

    @property
    def iterator_age_ms(self) -> int:
        """The largest age of any shard: what AWS alarms on."""
        return max((shard.iterator_age_ms for shard in self.shards), default=0)
