"""Every bound of a chaos run, each with its reason."""

from typing import Final

RATE: Final = 2_000.0  # votes a second: real work on two cores, and room to catch up
SECONDS: Final = 8.0  # votes flow at least this long
HOLD_S: Final = (
    5.0  # how long a fault that lasts does last: longer than every back-off's first steps
)
SHARDS: Final = 2
DEVICES: Final = 500
STRIKE_AFTER_VOTES: Final = 500  # counted before the first strike: everything is warm and flows
STRIKE_JITTER_S: Final = 1.0  # a strike hits somewhere between two batches, loads, commits
LAG_S: Final = 1.0  # live tallies follow within a second: older votes not counted are behind
LAG_S_MAX: Final = 10.0  # a machine on which tallies are later than that shows nothing
USUAL_S: Final = 5.0  # how far back before a strike the usual lag is looked for
USUAL_TIMES: Final = 3.0  # on a busy machine one look in a hundred is that much later than most
SETTLED_S: Final = 1.0  # so long must they keep up, beyond what an effect needs to show
LOOK_S: Final = 0.1  # how exact a recovery time is
FLOW_S_MAX: Final = 60.0
RECOVER_S_MAX: Final = (
    240.0  # Lambda tries an event again after one minute, then after two more (B51)
)
DRAIN_S_MAX: Final = 150.0  # the producer, until its outbox is empty
CHECK_S_MAX: Final = 120.0  # `cube check --wait`
COMMAND_S_MAX: Final = 240.0  # any command at all: a hang is a fault of ours
READ_TIMEOUT_S: Final = 2  # a look that is not answered is a look that saw nothing
DISK_BYTES: Final = 640_000_000  # a disk that takes a system, its ballast and nothing more
DISK_LIMIT_BYTES: Final = 50_000_000_000  # --max-disk where the bound is not the fault
FILE_BYTES: Final = 4_096  # no file grows beyond: an engine's every write fails
OUTBOX_ROOM_BYTES: Final = 65_536  # a second's batches, a minute's progress lines
CLOCK_STEP_S: Final = 30.0  # under the minute that a vote may be ahead of its arrival (core.limits)
CUT_BYTES_MAX: Final = 60_000  # a call is cut somewhere in its first batch, or before, or after
