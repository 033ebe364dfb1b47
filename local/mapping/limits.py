"""Every limit of the local event source mapping, each with its reason."""

from typing import Final

from core.limits import INVOKE_SYNC_BYTES_MAX

BATCH_SIZE_MAX: Final = 10_000  # AWS: BatchSize (clause B3)
WINDOW_MS_MAX: Final = 300_000  # AWS: MaximumBatchingWindowInSeconds (B3)
FACTOR_MAX: Final = 10  # AWS: ParallelizationFactor (B9)
RETRIES_MAX: Final = 10_000  # AWS: MaximumRetryAttempts (B18)
AGE_S_MIN: Final = 60  # AWS: MaximumRecordAgeInSeconds (B20)
AGE_S_MAX: Final = 604_800

PAYLOAD_BYTES_MAX: Final = INVOKE_SYNC_BYTES_MAX  # the JSON event, base64 included (B3, B6)
POLL_MS: Final = 1_000  # the base rate of polling a shard that is read to its end (B2)
REST_MS_MAX: Final = 400  # what a rest may add to a vote's way to the screen
FETCH_RECORDS_MAX: Final = 10_000  # one read, as GetRecords (A27)
FETCH_BYTES_MAX: Final = 4 * 1024 * 1024  # one read holds the event loop for 1 to 2 ms
HELD_BYTES_MAX: Final = 10 * 1024 * 1024  # read but not done, a shard: two full payloads
HELD_RECORDS_MAX: Final = 40_000  # the same bound where records are tiny

BACKOFF_MS_BASE: Final = 100  # AWS does not publish its schedule (B22)
BACKOFF_MS_CAP: Final = 60_000
THROTTLE_MS_CAP: Final = 5_000  # nothing is wrong with the records: look again soon (B19)

STOP_GRACE_S: Final = 10.0  # how long a stop waits for invocations under way
FAULT_PAUSE_S: Final = 1.0  # between two tries of a read or a save that the disk refuses

assert REST_MS_MAX < POLL_MS, "a shard is called more often than AWS polls it"
assert FETCH_BYTES_MAX < HELD_BYTES_MAX, "a shard can hold what one read brings"
assert BACKOFF_MS_BASE < THROTTLE_MS_CAP < BACKOFF_MS_CAP, "waits grow"
