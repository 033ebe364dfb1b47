"""Every limit of the house, each with its reason; relations between them are asserted here."""

from typing import Final

# --- a vote (design: docs/architecture) ---
POLL_CHARS_MAX: Final = 64  # it is part of every key
DEVICE_ID_CHARS_MAX: Final = 64  # at most 256 bytes of UTF-8: fits a key and a VARCHAR(256)
DEVICE_ID_BYTES_MAX: Final = 256
SEQ_MAX: Final = 2**63 - 1  # BIGINT in the warehouse
REGION_CHARS_MAX: Final = 64
COLOUR_CHARS_MAX: Final = 64
PALETTE_COLOURS_MAX: Final = 256  # one tally item and one update expression hold them all
VOTE_LINE_BYTES_MAX: Final = 16_384  # raw text of a parked line, base64, stays under 32 kB
VOTE_BRACKETS_MAX: Final = 100  # opening brackets a line: bounds nesting, the same everywhere
TOO_OLD_MS: Final = 6 * 24 * 3_600_000  # under the 7 days that markers live
FUTURE_MS_MAX: Final = 60_000  # a device clock may run a minute ahead
VOTED_AT_MS_MAX: Final = 253_402_300_799_999  # year 9999: what a TIMESTAMP column takes

# --- Kinesis (AWS API; clauses A1-A4 of the behaviour specification) ---
PUT_RECORDS_COUNT_MAX: Final = 500
PUT_RECORDS_BYTES_MAX: Final = 5 * 1024 * 1024  # 10 MiB today; older SDKs and pages say 5
SHARD_BYTES_PER_S_MAX: Final = 1024 * 1024
SHARD_RECORDS_PER_S_MAX: Final = 1_000
KINESIS_RECORD_BYTES_MAX: Final = 1024 * 1024
PARTITION_KEY_CHARS_MAX: Final = 256
HASH_KEY_END: Final = 2**128

# --- packing ---
RECORD_BYTES_MAX: Final = 50_000  # two PUT payload units of 25 kB; small enough to retry cheaply
LINE_BYTES_MAX: Final = 1_000_000  # what a producer takes: with its stamp it fits one record
LINGER_MS: Final = 100  # how long a vote waits for company: most of the way to the 0.5 s budget
LANES: Final = 32  # at least twice the shards a producer writes to
LANES_MAX: Final = 1_024
WRITER_SLOTS: Final = 16  # items a tally is spread over, so that shards do not fight
OUTBOX_BYTES_MAX: Final = 256 * 1024 * 1024  # about 2.5 million votes waiting, then "wait"
PUT_BACKOFF_MS_BASE: Final = 50
PUT_BACKOFF_MS_CAP: Final = 5_000

# --- DynamoDB ---
TRANSACTION_ITEMS_MAX: Final = 90  # AWS allows 100; room for what a retry adds
EXPRESSION_BYTES_MAX: Final = 4_096  # AWS: one expression string
UPDATE_ATTRIBUTES_MAX: Final = 290  # AWS: 300 operators an expression
STORE_ATTEMPTS_MAX: Final = 12  # full jitter, 10 to 500 ms: about 3 s in all
STORE_LOSSES_AT_ONCE_MAX: Final = 2  # a cold cache loses once; then others write the same lanes
STORE_BACKOFF_MS_BASE: Final = 10
STORE_BACKOFF_MS_CAP: Final = 500
MARKER_DAYS: Final = 7  # how long the identity of an unstamped vote is remembered
LANE_IDLE_DAYS: Final = 15  # longer than stream (7) or failure queue (14) keep
KNOWN_LANES_MAX: Final = 10_000  # lane states a warm function remembers: a few MB
LANE_GAPS_MAX: Final = 4_096  # ranges in one item: under 100 kB of its 400 kB

# --- poll rules ---
RULES_LEAD_MS: Final = 3_000  # a change takes effect this long after it is written ...
RULES_SKEW_MS: Final = 500  # ... so rules read at R judge arrivals up to R + lead - skew exactly

# --- tallies ---
COUNTED_SECONDS_KEPT_S: Final = 3_600  # per second of counting: what a live chart can show
SECONDS_KEPT_S: Final = 86_400
MINUTES_KEPT_S: Final = 31 * 86_400
CAST_LATENCY_MS_MAX: Final = 60_000  # older votes are backlog, not latency

# --- trends ---
TREND_SECONDS: Final = 64  # the last minute, and the seconds that may still be filling
TREND_SLOT_S: Final = 10  # how finely a change of leader is timed
TREND_SLOTS: Final = 66  # ten minutes of leaders, and the minute before the first
TREND_COLOURS_MAX: Final = 64  # colours of a poll a shard keeps: the item stays under 60 kB
TREND_POLLS_MAX: Final = 16  # polls of a batch, the busiest: each is an item to write
TREND_SKETCH_SIZE: Final = 128  # a share is short by under 1/129 of its shard
TREND_RECENT_HALF_LIFE_S: Final = 30  # "lately": three quarters of the weight is a minute's
TREND_USUAL_HALF_LIFE_S: Final = 600  # "usually": what goes on for ten minutes becomes usual
TREND_RESTART_S: Final = 60  # an old number that arrives so much later is of another stream
TREND_KEPT_S: Final = 3_600  # after an hour without votes a trend is none
TREND_ATTEMPTS_MAX: Final = 5  # somebody else wrote the shard: read again, fold again

# --- questions ---
QUERY_SQL_BYTES_MAX: Final = 100_000  # the Data API takes 100 KB a statement (E13)
QUERY_TEXT_BYTES_MAX: Final = 65_535  # the longest VARCHAR
QUERY_LIST_COUNT_MAX: Final = 1_000  # values of a list: each is a parameter of its own
QUERY_ROWS_MAX: Final = 10_000  # what a person reads or a chart shows, unless asked for more
QUERY_TIMEOUT_S: Final = 60  # a question takes well under a second; this one runs away

# --- Lambda ---
INVOKE_SYNC_BYTES_MAX: Final = 6_291_556
INVOKE_ASYNC_BYTES_MAX: Final = 1_048_576

assert RECORD_BYTES_MAX + PARTITION_KEY_CHARS_MAX <= KINESIS_RECORD_BYTES_MAX, "a record fits"
assert LINE_BYTES_MAX + 1_024 <= KINESIS_RECORD_BYTES_MAX, "the longest line fits a record"
assert KINESIS_RECORD_BYTES_MAX <= PUT_RECORDS_BYTES_MAX, "one record always fits in one call"
assert LANES >= 2 * WRITER_SLOTS, "every writer slot has lanes"
assert DEVICE_ID_CHARS_MAX * 4 <= DEVICE_ID_BYTES_MAX, "characters bound bytes in UTF-8"
assert VOTE_LINE_BYTES_MAX * 4 // 3 < 32_000, "a parked line fits its column as base64"
assert TOO_OLD_MS < MARKER_DAYS * 86_400_000, "a vote too old to count outlives its marker"
assert TRANSACTION_ITEMS_MAX < 100, "AWS: 100 actions a transaction"
assert TREND_SLOTS * TREND_SLOT_S >= 600 + 60, "every leader of ten minutes has its minute"
assert RULES_SKEW_MS < RULES_LEAD_MS, "rules in hand always reach somewhat ahead"
