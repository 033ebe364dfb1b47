"""A stream's shards and a plan in, the votes a second that are so many times their limit out."""

from typing import Any, Final

from core import limits
from core.errors import UsageError
from local.load_plan import RATE_MAX, LoadPlan
from local.stream_witness import list_shards
from producers.generate import Generator

_SAMPLE_VOTES: Final = 1_000
_DRAIN_S_MIN: Final = 60.0


def open_shards(client: Any, stream: str) -> int:
    """Return how many shards take records; parents of a split or merge do not any more."""
    return sum(
        "EndingSequenceNumber" not in shard["SequenceNumberRange"]
        for shard in list_shards(client, stream)
    )


def overload_rate(plan: LoadPlan, *, shards: int, times: float) -> float:
    """Return a rate that is `times` what so many shards take: bytes bind before records do.

    Raise UsageError when no producer of ours can cast that much.
    """
    generator = Generator(plan.crowd(producer="sample", lanes=plan.lanes), start_ms=0)
    chunks = generator.tick(limits.VOTED_AT_MS_MAX // 10, _SAMPLE_VOTES)  # 13 digits, as today
    lines = sum(len(chunk.lines) for chunk in chunks)
    rate = times * shards * limits.SHARD_BYTES_PER_S_MAX * _SAMPLE_VOTES / lines
    if rate > RATE_MAX:
        raise UsageError(
            f"planning load: {times:g} times the limit of {shards} shards is {rate:,.0f} votes a "
            f"second, above {RATE_MAX:,}: start with fewer --shards"
        )
    return rate


def drain_s(seconds: float | None, times: float) -> float:
    """Return how long the backlog of an overload may take: the rest of it at the limit, twice."""
    return max(_DRAIN_S_MIN, 2 * times * (seconds or 0))
