"""A seed in, what one simulated run is made of out: every run has a different mix of faults."""

import random
from dataclasses import dataclass
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
from local.simulation.faults import FaultRates

STREAM: Final = "votes"
TABLE: Final = "tallies"
BUCKET: Final = "cube-lake"
STEPS_MIN: Final = 30
STEPS_MAX: Final = 240
SQL_SHARE: Final = 0.02  # of runs have the real warehouse: ten times as slow ...
SQL_STEPS_MAX: Final = 60  # ... so they are short


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
    segment_bytes_max: int  # of an outbox
    sql_warehouse: bool  # the SQL that ships on the real warehouse, else the model of its merge
    mapping: MappingSpec
    delivery: DeliverySpec
    fan_out: FanOutOptions
    faults: FaultRates

    @staticmethod
    def draw(rng: random.Random, *, steps: int | None = None) -> "Options":
        """Draw a run; `steps` overrides how long it is."""
        sql = rng.random() < SQL_SHARE
        longest = SQL_STEPS_MAX if sql else STEPS_MAX
        drawn = round(STEPS_MIN * (longest / STEPS_MIN) ** rng.random())  # short ones are more
        return Options(
            steps=drawn if steps is None else steps,
            shards=rng.randrange(1, 5),
            producers=rng.randrange(1, 4),
            lanes=rng.choice((1, 4, 32)),
            devices=rng.choice((1, 10, 1_000)),
            unstamped_share=rng.choice((0.0, 0.1, 0.5)),
            malformed_share=rng.choice((0.0, 0.3)),
            big_share=rng.choice((0.0, 0.0, 0.03)),
            segment_bytes_max=rng.choice((2_000, 32_000_000)),
            sql_warehouse=sql,
            mapping=_draw_mapping(rng),
            delivery=_draw_delivery(rng),
            fan_out=_draw_fan_out(rng),
            faults=FaultRates.draw(rng),
        )


def _draw_mapping(rng: random.Random) -> MappingSpec:
    """Draw a mapping: half of them retry without end, the others give up, for a re-drive."""
    gives_up = rng.random() < 0.5
    return MappingSpec(
        logical_id="TallyMapping",
        uuid="00000000-0000-4000-8000-000000000000",
        function_name="tally",
        stream_name=STREAM,
        batch_size=rng.choice((1, 3, 20, 500)),
        batching_window_ms=rng.choice((0, 0, 1_000)),
        parallelization_factor=rng.choice((1, 1, 2, 10)),
        retries_max=rng.choice((0, 1, 5, -1)) if gives_up else -1,
        record_age_s_max=rng.choice((-1, 60, 600)) if gives_up else -1,
        failure_bucket=BUCKET if gives_up else None,
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
