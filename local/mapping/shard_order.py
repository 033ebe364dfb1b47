"""A stream's shards and the positions known in, where each may start out: parents first (B10)."""

from collections.abc import Mapping, Sequence

from local.drawing import MappingSpec
from local.mapping.positions import ShardPosition
from local.mapping.source import Shard, StreamSource


def first_positions(spec: MappingSpec, source: StreamSource) -> dict[str, ShardPosition]:
    """Return where a new mapping starts in every shard that exists (B7).

    Shards that appear later start at their trim horizon, whatever the starting position is.
    """

    def start(shard_id: str) -> int:
        match spec.starting_position:
            case "TRIM_HORIZON":
                return 0
            case "LATEST":
                return source.latest(spec.stream_name, shard_id)
            case "AT_TIMESTAMP":
                moment_ms = spec.starting_timestamp_ms or 0
                return source.sequence_at(spec.stream_name, shard_id, moment_ms)

    shards = source.shards(spec.stream_name)
    return {shard.shard_id: ShardPosition(start(shard.shard_id)) for shard in shards}


def startable(
    shards: Sequence[Shard], positions: Mapping[str, ShardPosition]
) -> list[tuple[str, int]]:
    """Return (shard, position) of each shard that is not done and whose parents are.

    A parent that is no longer listed has expired, and is done as well.
    """

    def done(shard: Shard) -> bool:
        at = positions.get(shard.shard_id)
        # An open shard cannot be done: the row is of an older stream of that name.
        return at is not None and at.finished and shard.closed

    open_ids = {shard.shard_id for shard in shards if not done(shard)}
    return [
        (shard.shard_id, positions.get(shard.shard_id, ShardPosition(0)).position)
        for shard in shards
        if shard.shard_id in open_ids and not open_ids.intersection(shard.parents)
    ]
