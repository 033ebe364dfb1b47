"""Every limit of the local Kinesis, each with its reason."""

from typing import Final

from core.limits import (
    HASH_KEY_END,
    KINESIS_RECORD_BYTES_MAX,
    PARTITION_KEY_CHARS_MAX,
    PUT_RECORDS_COUNT_MAX,
)

__all__ = [
    "HASH_KEY_END",
    "KINESIS_RECORD_BYTES_MAX",
    "PARTITION_KEY_CHARS_MAX",
    "PUT_RECORDS_COUNT_MAX",
]

MIB: Final = 1024 * 1024

# --- the segment log ---
SEGMENT_BYTES: Final = 32 * MIB  # what a start after kill -9 has to scan, a shard
SEGMENT_RECORDS_MAX: Final = 100_000  # the same bound for tiny records: 0.2 s of scanning
INDEX_STRIDE_BYTES: Final = 64 * 1024  # a read skips at most this much
READ_CHUNK_BYTES: Final = MIB
TAIL_BYTES_MAX: Final = 8 * MIB  # newest records of a shard, for readers that keep up
TAIL_BYTES_TOTAL: Final = 64 * MIB  # of all shards together: the engine stays small
TAIL_BYTES_MIN: Final = MIB
RECORD_OBJECT_BYTES: Final = 300  # what a held record costs beside its data
SYNC_THREADS_MAX: Final = 16  # forced writes side by side: 16 shards take 2 ms, not 5 to 20
TRIM_PERIOD_MS: Final = 60_000  # retention is by the hour: once a minute is enough

# --- AWS's limits (clauses of the behaviour specification) ---
PUT_CALL_BYTES_MAX: Final = 10 * MIB  # A3
WRITE_BYTES_PER_S: Final = MIB  # A4
WRITE_RECORDS_PER_S: Final = 1_000  # A4
ITERATOR_LIFE_MS: Final = 300_000  # A24
TOKEN_LIFE_MS: Final = 300_000  # A40
GET_RECORDS_COUNT_MAX: Final = 10_000  # A27
GET_RECORDS_BYTES_MAX: Final = 10 * MIB  # A28
GET_RECORDS_PAUSE_MS: Final = 5_000  # A28
READ_BYTES_PER_S: Final = 2 * MIB  # A28
READ_CALLS_PER_S: Final = 5  # A28, A33
RETENTION_HOURS_MIN: Final = 24  # A35
RETENTION_HOURS_MAX: Final = 8_760  # A35
SHARD_COUNT_DEFAULT: Final = 4  # A16
SHARDS_PER_ACCOUNT: Final = 500  # A42
SCALINGS_PER_DAY: Final = 10  # A39
LIST_SHARDS_PAGE: Final = 1_000  # A40
DESCRIBE_STREAM_PAGE: Final = 100  # boto3: DescribeStream.Limit's default
LIST_STREAMS_PAGE: Final = 100  # boto3: ListStreams.Limit's default
RESHARD_MS: Final = 500  # how long a stream shows UPDATING; puts go to the children at once

assert KINESIS_RECORD_BYTES_MAX <= WRITE_BYTES_PER_S, "the largest record passes a full bucket"
assert SEGMENT_BYTES >= KINESIS_RECORD_BYTES_MAX, "one record always fits a segment"
