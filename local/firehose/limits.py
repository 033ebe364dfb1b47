"""Every limit of the local delivery streams, each with its reason."""

from typing import Final

from core.limits import INVOKE_SYNC_BYTES_MAX

MIB: Final = 1024 * 1024  # AWS says MB in names and means this

BUFFER_MIB_MAX: Final = 128  # AWS: BufferingHints.SizeInMBs (clause C9)
BUFFER_S_MAX: Final = 900  # AWS: BufferingHints.IntervalInSeconds (C9)
BACKUP_S_MIN: Final = 60  # AWS: no zero buffering for a backup (C10, C33)
BUFFER_MIB_DEFAULT: Final = 5  # AWS: where no hints are given (C9)
BUFFER_S_DEFAULT: Final = 300
TRANSFORM_MIB_MIN: Final = 0.2  # AWS: BufferSizeInMBs of the Lambda processor (C15)
TRANSFORM_MIB_MAX: Final = 3.0
TRANSFORM_MIB_DEFAULT: Final = 1.0
TRANSFORM_S_DEFAULT: Final = 60
RETRIES_DEFAULT: Final = 3  # AWS: NumberOfRetries (C15); it has no range (C27)

PREFIX_CHARS_MAX: Final = 512  # AWS: a prefix as it is used (C42)
EVENT_BYTES_MAX: Final = INVOKE_SYNC_BYTES_MAX  # request and response (C17)
INVOKE_S_MAX: Final = 300.0  # AWS: a function may take five minutes for Firehose (C17)
OUTSTANDING_MAX: Final = 5  # AWS: invocations a shard at a time (C17)
BACKOFF_MS_BASE: Final = (
    1_000  # between tries of an invocation; captures leave 20 s for three (C25)
)
BACKOFF_MS_CAP: Final = 10_000
STORE_BACKOFF_MS_BASE: Final = 200  # between tries of S3, which go on without end (C47)
STORE_BACKOFF_MS_CAP: Final = 10_000

COPY_PERIOD_MS: Final = 300_000  # AWS: a failed COPY is tried again every five minutes (C51)
COPY_RETRY_S_MAX: Final = 7_200  # AWS: RetryOptions.DurationInSeconds (C51)
COPY_RETRY_S_DEFAULT: Final = 3_600

HELD_BYTES_EXTRA: Final = 64 * MIB  # in memory beside one full buffer: then reading stops

STOP_GRACE_S: Final = 5.0  # how long a stop waits for buffers to be stored
FAULT_PAUSE_S: Final = 1.0  # between two tries of what the disk refuses

assert BACKOFF_MS_BASE < BACKOFF_MS_CAP, "waits grow"
assert STORE_BACKOFF_MS_BASE < STORE_BACKOFF_MS_CAP, "waits grow"
assert TRANSFORM_MIB_MAX * MIB * 4 / 3 < EVENT_BYTES_MAX, "AWS: a full buffer fits one event (C17)"
