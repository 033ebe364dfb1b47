"""Every limit of the local function processes, each with its reason."""

from typing import Final

INIT_S_MAX: Final = 60.0  # importing a handler; AWS allows 10 s, a busy laptop may need more
INIT_BACKOFF_MS_BASE: Final = 200  # a handler that cannot be imported fails fast meanwhile
INIT_BACKOFF_MS_CAP: Final = 10_000
HOME_WAIT_MS: Final = 50  # about one invocation: a cold cache costs a second transaction
EXIT_S_MAX: Final = 2.0  # how long an idle process may take to end before it is killed
CRASH_REAP_S: Final = 1.0  # how long a process whose pipe broke may take to give its exit code
LOG_BYTES_MAX: Final = 2 * 1024 * 1024  # a function's log file; one older file is kept beside it
PIPE_BUFFER_BYTES: Final = 1024 * 1024  # fewer switches between the processes for a large event
STACK_FRAMES_MAX: Final = 50  # of an error's stack trace

ASYNC_RETRY_WAITS_S: Final = (60.0, 120.0)  # AWS: after a function error (clause B50)
ASYNC_BACKOFF_MS_BASE: Final = 1_000  # AWS: after a throttle, 1 s to 5 min (B50)
ASYNC_BACKOFF_MS_CAP: Final = 300_000
ASYNC_IN_FLIGHT_MAX: Final = 32  # events taken out of the queue at a time; payloads in memory
FAULT_PAUSE_S: Final = 1.0  # between two tries of what the disk refuses
