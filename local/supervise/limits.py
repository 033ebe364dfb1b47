"""Every limit of the supervisor, each with its reason."""

from typing import Final

READY_MS_MAX: Final = 30_000  # a cold disk and a busy machine; `cube up` aims at 2 to 3 s
PROBE_PERIOD_MS: Final = 40  # how late a child that became ready is seen
PROBE_TIMEOUT_MS: Final = 2_000
RESTART_MS_BASE: Final = 200
RESTART_MS_CAP: Final = 5_000  # a child that cannot start is tried for ever, 12 times a minute
SETTLED_MS: Final = 10_000  # up that long: the next death is a new story
STOP_GRACE_MS: Final = 8_000  # the engine lets 5 s of invocations end, then flushes
DOWN_MS_MAX: Final = STOP_GRACE_MS + 7_000  # what `cube down` waits before it kills
LOG_BYTES_MAX: Final = 5_000_000  # a log file, one older beside it
LOG_TAIL_LINES: Final = 12  # what a failed start shows
LOCK_TRIES: Final = 8  # a `cube status` may look at the lock in the same moment
LOCK_RETRY_MS: Final = 40
EXIT_AT_ONCE: Final = 130  # a second Ctrl-C, as a shell reports an interrupt

assert RESTART_MS_BASE < RESTART_MS_CAP <= SETTLED_MS, "back-off grows, then starts anew"
