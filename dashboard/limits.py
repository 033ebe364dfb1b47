"""Limits of the dashboard, each with its reason."""

from typing import Final

from core.limits import TREND_SECONDS, TREND_SKETCH_SIZE, TREND_SLOT_S, TREND_SLOTS

READ_PERIOD_MS: Final = 200  # with fan-out and paint, a vote shows within half a second
IDLE_PERIOD_MS: Final = 1_000  # nobody looks: often enough for `/readyz` and the first look
IDLE_AFTER_MS: Final = 10_000  # a monitor that asks this often counts as somebody who looks
POLLS_PERIOD_MS: Final = 2_000  # a new poll takes effect 3 s after it is written
BACKOFF_MS_BASE: Final = 200
BACKOFF_MS_CAP: Final = 1_000  # after an outage the page is back within about this
HISTORY_S: Final = 120  # the chart shows 60; the rest is for a paused page that goes on
REREAD_S: Final = 2  # transactions stamped in a second may commit in the next two
LATE_S: Final = 10  # ... and, after conflicts, later still
LATE_PERIOD_MS: Final = 5_000
SETTLE_MS: Final = 500  # a second is shown as full this long after it ended
LATENCY_WINDOW_S: Final = 10  # enough votes for a p99, recent enough to act on
POLLS_READ_MAX: Final = 8  # polls read a tick that nobody looks at
UNCHANGED_PERIOD_MS: Final = 1_000  # a tick without news goes out this often: age needs it
TICK_SECONDS: Final = 4  # seconds a tick repeats, so that a dropped tick leaves no hole
RESEED_AFTER_MS: Final = 2_000  # a viewer that missed more than this gets the history again
KEEPALIVE_S: Final = 15  # load balancers close a silent connection after 30 to 60 s
RETRY_MS: Final = 1_500
RETRY_JITTER_MS: Final = 1_000  # so that all viewers do not come back in one instant
VIEWERS_MAX: Final = 2_000  # about a fifth of a core at five ticks a second
VIEWERS_PER_ADDRESS_MAX: Final = 500  # an office behind one address
READY_AGE_MS_MAX: Final = 5_000
TREND_PERIOD_MS: Final = 1_000  # the trend processor writes about as often
TREND_SETTLE_S: Final = 3  # a batch waits a second for company, then is folded and read
TREND_STALE_S: Final = 10  # further behind the tallies than any hiccup
MOMENTUM_SHORT_S: Final = 10  # now ...
MOMENTUM_LONG_S: Final = 60  # ... against the last minute
MOMENTUM_VOTES_MIN: Final = 30  # below, chance alone makes it rise and fall
STEADY_RATIO: Final = 1.2  # within a fifth of its minute a colour is steady
LEADER_SLOTS: Final = 60  # how far back changes of leader are looked for: ten minutes
LEADER_CHANGES_MAX: Final = 5
TREND_COLOURS_SHOWN_MAX: Final = 12  # as many as the race has rows
USUAL_SEEN_S: Final = 60  # before, nobody knows what is usual
SUSPECT_VOTES_MIN: Final = 100  # by weight, in either: among fewer, anybody has a large share
SUSPECT_DEVICE_SHARE_MIN: Final = 0.02  # one device with a fiftieth of all votes
SUSPECT_REGION_SHARE_MIN: Final = 0.2
SUSPECT_RATIO_MIN: Final = 2.5  # far above: so many times the usual share
SUSPECTS_MAX: Final = 5
STICKERS: Final = 27  # what three visible faces of the cube show
STICKER_COLOURS_MAX: Final = 6

assert TICK_SECONDS * 1_000 > RESEED_AFTER_MS + 1_000, "a skipped tick is always covered"
assert REREAD_S < TICK_SECONDS, "what is read again is sent again"
assert MOMENTUM_LONG_S + TREND_SETTLE_S < TREND_SECONDS, "the minute is in every item"
assert LEADER_SLOTS + MOMENTUM_LONG_S // TREND_SLOT_S <= TREND_SLOTS, "each leader has its minute"
assert SUSPECT_RATIO_MIN / (TREND_SKETCH_SIZE + 1) < SUSPECT_DEVICE_SHARE_MIN, "it is told apart"
assert LATENCY_WINDOW_S < HISTORY_S, "latencies are read from seconds that are kept"
