"""A delivery stream's specification in, nothing or a refusal out: AWS's ranges and rules."""

from core.errors import Misconfigured
from local.drawing import BufferHints, CopySpec, DeliverySpec, S3Target
from local.firehose import limits
from local.firehose.prefix import ERROR_TYPE, bad_prefix, has_expression


def check_spec(spec: DeliverySpec) -> None:
    """Raise Misconfigured where AWS would refuse, or the local engine does not do it."""
    try:
        _check_target(spec.target)
        _check_hints(spec.target.buffer, "BufferingHints", seconds_min=0)
        if spec.backup is not None:
            _check_target(spec.backup)
            _check_hints(
                spec.backup.buffer, "the backup's BufferingHints", seconds_min=limits.BACKUP_S_MIN
            )
            _demand(spec.transform is not None, "a backup needs a transform")  # C33
        if spec.transform is not None:
            _check_transform_buffer(spec.transform.buffer)
            _demand(spec.transform.retries_max >= 0, "NumberOfRetries is 0 or more")  # C27
        if spec.copy is not None:
            _check_copy(spec.copy, spec.target)
    except ValueError as error:
        raise Misconfigured(f"reading delivery stream {spec.logical_id}: {error}") from error


def _check_target(target: S3Target) -> None:
    """Check the rules of C42 and C43."""
    prefix, error_prefix = target.prefix or "", target.error_prefix
    for name, text in (("Prefix", prefix), ("ErrorOutputPrefix", error_prefix or "")):
        if (fault := bad_prefix(text)) is not None:
            raise ValueError(f"{name}: {fault}")
        _demand(len(text) <= limits.PREFIX_CHARS_MAX, f"{name} has over 512 characters")
    _demand(ERROR_TYPE not in prefix, f"Prefix must not have {ERROR_TYPE}")
    if error_prefix is None:
        _demand(not has_expression(prefix), "a Prefix with expressions needs an ErrorOutputPrefix")
    elif has_expression(error_prefix):
        _demand(ERROR_TYPE in error_prefix, f"ErrorOutputPrefix must have {ERROR_TYPE}")


def _check_hints(hints: BufferHints, name: str, *, seconds_min: int) -> None:
    """Check the ranges of C9 and C33."""
    size_fits = limits.MIB <= hints.size_bytes <= limits.BUFFER_MIB_MAX * limits.MIB
    _demand(size_fits, f"{name}: SizeInMBs is 1 to {limits.BUFFER_MIB_MAX}")
    age_fits = seconds_min * 1_000 <= hints.interval_ms <= limits.BUFFER_S_MAX * 1_000
    _demand(age_fits, f"{name}: IntervalInSeconds is {seconds_min} to {limits.BUFFER_S_MAX}")


def _check_transform_buffer(hints: BufferHints) -> None:
    """Check the ranges of C15."""
    low, high = limits.TRANSFORM_MIB_MIN, limits.TRANSFORM_MIB_MAX
    size_fits = low <= hints.size_bytes / limits.MIB <= high
    _demand(size_fits, f"BufferSizeInMBs is {low} to {high}")
    age_fits = 0 <= hints.interval_ms <= limits.BUFFER_S_MAX * 1_000
    _demand(age_fits, f"BufferIntervalInSeconds is 0 to {limits.BUFFER_S_MAX}")


def _check_copy(copy: CopySpec, target: S3Target) -> None:
    """Check the rules of C35, C42 and C51."""
    bare = not has_expression(target.prefix or "") and target.error_prefix is None
    _demand(bare, "with Redshift, Prefix has no expressions and ErrorOutputPrefix is not given")
    unzips = "GZIP" in copy.options.upper().split()
    said = "CopyOptions say GZIP when, and only when, CompressionFormat is GZIP"
    _demand(unzips == (target.compression == "GZIP"), said)
    retry_fits = 0 <= copy.retry_ms <= limits.COPY_RETRY_S_MAX * 1_000
    _demand(retry_fits, f"RetryOptions: DurationInSeconds is 0 to {limits.COPY_RETRY_S_MAX}")


def _demand(fits: bool, otherwise: str) -> None:
    if not fits:
        raise ValueError(otherwise)
