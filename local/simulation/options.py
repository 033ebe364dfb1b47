"""A seed in, what one simulated run is made of out: every run has a different mix of faults."""

import random
from dataclasses import dataclass, fields
from typing import Final

from core.limits import INVOKE_ASYNC_BYTES_MAX
from local.drawing import (
    BufferHints,
    DeliverySpec,
    FunctionSpec,
    MappingSpec,
    S3Target,
    TransformSpec,
)

STREAM: Final = "votes"
TABLE: Final = "tallies"
BUCKET: Final = "cube-lake"
_RARE: Final = frozenset({"reshard", "mode_switch"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultRates:
    """How often each fault strikes, as a probability at each chance it gets."""

    put_refused: float = 0.0  # the whole call fails, nothing is written
    put_answer_lost: float = 0.0  # everything is written, the answer never comes
    put_throttled: float = 0.0  # single entries are refused
    put_repeated: float = 0.0  # the network delivers the same request twice
    table_away: float = 0.0
    table_answer_lost: float = 0.0
    table_conflict: float = 0.0
    lake_away: float = 0.0
    lake_answer_lost: float = 0.0
    warehouse_away: float = 0.0
    warehouse_answer_lost: float = 0.0  # the load is committed, the function never hears of it
    read_failed: float = 0.0
    invoke_killed: float = 0.0  # the work is done, the answer is "timed out"
    invoke_throttled: float = 0.0
    invoke_overlapped: float = 0.0  # an old delivery is processed in the middle of a transaction
    event_refused: float = 0.0  # a worker's event is throttled, nothing is stored
    event_repeated: float = 0.0  # Lambda runs the same event twice
    event_answer_lost: float = 0.0  # the event is stored, the dispatcher never hears of it
    event_mark_lost: float = 0.0  # what was given up is recovered, and is once more
    mode_switch: float = 0.0  # from ordered to fan-out, or back, while votes flow
    producer_crash: float = 0.0
    stream_crash: float = 0.0
    mapping_crash: float = 0.0
    worker_crash: float = 0.0
    delivery_crash: float = 0.0
    load_crash: float = 0.0
    reshard: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FanOutOptions:
    """Whether a run begins fanned out, and how workers are tried; `wait_scale` shortens waits."""

    starts_on: bool
    chunk_bytes_max: int
    wait_scale: float
    worker: FunctionSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """One run: its size, its shape and its faults."""

    steps: int
    shards: int
    producers: int
    lanes: int
    devices: int
    unstamped_share: float
    malformed_share: float
    big_share: float
    mapping: MappingSpec
    delivery: DeliverySpec
    fan_out: FanOutOptions
    faults: FaultRates

    @staticmethod
    def draw(rng: random.Random, *, steps: int) -> "Options":
        """Draw a run (swarm testing: about half of all faults are off in any one run)."""
        rates = {
            rate.name: rng.choice((0.0, rng.uniform(0.0, 0.25)))
            for rate in fields(FaultRates)
            if not rate.name.endswith("_crash") and rate.name not in _RARE
        }
        rare = {
            rate.name: rng.choice((0.0, rng.uniform(0.0, 0.03)))
            for rate in fields(FaultRates)
            if rate.name.endswith("_crash") or rate.name in _RARE
        }
        return Options(
            steps=steps,
            shards=rng.randrange(1, 5),
            producers=rng.randrange(1, 4),
            lanes=rng.choice((1, 4, 32)),
            devices=rng.choice((1, 10, 1_000)),
            unstamped_share=rng.choice((0.0, 0.1, 0.5)),
            malformed_share=rng.choice((0.0, 0.3)),
            big_share=rng.choice((0.0, 0.05)),
            mapping=_draw_mapping(rng),
            delivery=_draw_delivery(rng),
            fan_out=_draw_fan_out(rng),
            faults=FaultRates(**rates, **rare),
        )


def _draw_mapping(rng: random.Random) -> MappingSpec:
    return MappingSpec(
        logical_id="TallyMapping",
        uuid="00000000-0000-4000-8000-000000000000",
        function_name="tally",
        stream_name=STREAM,
        batch_size=rng.choice((1, 3, 20, 500)),
        batching_window_ms=rng.choice((0, 0, 1_000)),
        parallelization_factor=rng.choice((1, 1, 2, 10)),
        bisect=rng.random() < 0.7,
        report_item_failures=True,  # the handler's answer relies on it, as in the template
    )


def _draw_fan_out(rng: random.Random) -> FanOutOptions:
    return FanOutOptions(
        starts_on=rng.random() < 0.5,
        chunk_bytes_max=rng.choice((1_500, 20_000, INVOKE_ASYNC_BYTES_MAX)),
        wait_scale=rng.choice((0.001, 0.05)),
        worker=FunctionSpec(
            logical_id="WorkerFunction",
            name="worker",
            handler="processors.worker_handler.handle",
            async_retries_max=rng.choice((0, 1, 2)),
            async_age_s_max=rng.choice((60, 3_600)),
            async_failure_bucket=BUCKET,
        ),
    )


def _draw_delivery(rng: random.Random) -> DeliverySpec:
    def hints() -> BufferHints:
        return BufferHints(
            size_bytes=rng.choice((2_000, 1_048_576)), interval_ms=rng.choice((0, 3_000, 60_000))
        )

    day = "!{timestamp:yyyy/MM/dd/HH}/"
    errors = "errors/!{firehose:error-output-type}/" + day
    return DeliverySpec(
        logical_id="VotesToLake",
        name="votes-to-lake",
        stream_name=STREAM,
        transform=TransformSpec(function_name="transform", buffer=hints()),
        target=S3Target(
            bucket=BUCKET,
            prefix="votes/" + day,
            error_prefix=errors,
            buffer=hints(),
            compression="GZIP",
        ),
        backup=S3Target(
            bucket=BUCKET,
            prefix="backup/" + day,
            error_prefix=errors,
            buffer=hints(),
            compression="GZIP",
        ),
    )
