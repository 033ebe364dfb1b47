"""Limits of the Pipeline page, each with its reason."""

from typing import Final

TABLE_PERIOD_MS: Final = 2_000  # what flows is seen to move; a vote shows on the Live page first
WARMING_PERIOD_MS: Final = 200  # until all has been read once
HISTORY_PERIOD_MS: Final = 5_000  # loads come every 5 s to every minute
DEEP_PERIOD_MS: Final = 30_000  # queries that read all of history, not a window
PRESENCE_PERIOD_MS: Final = 30_000  # the whole ledger of a poll: to know what arrived long ago
REST: Final = 20  # what took a second is done again after 20 s: 5 % of the time at most
IDLE_AFTER_MS: Final = 15_000  # nobody looks: nothing is read, nothing is paid for
FRESH_MS: Final = 5_000  # who asks after a pause waits for a new reading ...
FRESH_WAIT_S: Final = 3.0  # ... at most so long
SHARED_MS: Final = 500  # who asks within it gets the same answer: made once, however many look
STALE_MS: Final = 10_000  # tallies older than this are said to be stale
STALE_HISTORY_MS: Final = 60_000  # and answers of the warehouse: on AWS it sleeps and wakes
STALE_CHECK_MS: Final = 60 * 60_000  # what a check found an hour ago says little of now
STALE_COMPARE_MS: Final = 20 * 60_000  # the comparison runs every 5 minutes at the latest
WINDOW_MINUTES: Final = 60  # minutes of arrival that are compared each time
SETTLE_MINUTES: Final = 5  # younger ones may be on their way; as processors/compare has it
QUIET_S: Final = 30  # nothing was counted for so long: no votes, or nobody who counts
BEHIND_MS: Final = 5_000  # arrival to counted, p99: above it processors are behind
LATENCY_WINDOW_S: Final = 10
RATE_WINDOW_MS: Final = 12_000  # long enough to be steady, short enough to be now
LATE_LOAD_MS: Final = 180_000  # vote to row takes 120 s on AWS
GAP_MS_MAX: Final = 120_000  # a batch missing for longer than retries take
POLLS_READ_MAX: Final = 8  # quiet polls read in a turn; those that move are always read
PRODUCERS_MAX: Final = 64  # whose lanes are read: the latest
TRIES: Final = 3  # a rollup that moves items while they are read makes sums differ for a moment
DETAILS_MAX: Final = 60  # minutes shown of a line; those that differ come first
QUERY_TIMEOUT_S: Final = 20
ROWS_MAX: Final = 100_000

assert TABLE_PERIOD_MS < FRESH_MS < IDLE_AFTER_MS, "who looks keeps the reading fresh"
assert SETTLE_MINUTES < WINDOW_MINUTES, "settled minutes are in the window"
