"""A mapping's specification in, nothing or a refusal out: AWS's ranges, and what is not built."""

from core.errors import Misconfigured
from local.drawing import MappingSpec
from local.mapping import limits


def check_spec(spec: MappingSpec) -> None:
    """Raise Misconfigured where AWS would refuse, or the local engine does not do it."""
    refuse_unless(spec, 1 <= spec.batch_size <= limits.BATCH_SIZE_MAX, "BatchSize")
    refuse_unless(
        spec, 0 <= spec.batching_window_ms <= limits.WINDOW_MS_MAX, "MaximumBatchingWindowInSeconds"
    )
    factor_fits = 1 <= spec.parallelization_factor <= limits.FACTOR_MAX
    refuse_unless(spec, factor_fits, "ParallelizationFactor")
    refuse_unless(spec, -1 <= spec.retries_max <= limits.RETRIES_MAX, "MaximumRetryAttempts")
    age_fits = limits.AGE_S_MIN <= spec.record_age_s_max <= limits.AGE_S_MAX
    refuse_unless(spec, spec.record_age_s_max == -1 or age_fits, "MaximumRecordAgeInSeconds")
    timed = spec.starting_position == "AT_TIMESTAMP"
    refuse_unless(
        spec, timed == (spec.starting_timestamp_ms is not None), "StartingPositionTimestamp"
    )
    one_end = spec.failure_bucket is None or spec.failure_queue is None
    refuse_unless(spec, one_end, "DestinationConfig: one destination")
    bucket = spec.failure_bucket
    if bucket is not None and bucket.startswith("arn:"):
        service = [*bucket.split(":"), "", ""][2]
        raise Misconfigured(
            f"reading mapping {spec.logical_id}: local engine: a failure destination of type "
            f"{service} is not implemented, only an S3 bucket or a queue is, by name"
        )


def refuse_unless(spec: MappingSpec, fits: bool, name: str) -> None:
    if not fits:
        raise Misconfigured(f"reading mapping {spec.logical_id}: {name} is outside AWS's range")
