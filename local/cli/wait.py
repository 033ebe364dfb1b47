"""A condition in, whether it came true in time out."""

import time
from collections.abc import Callable
from typing import Final

_PERIOD_S: Final = 0.04


def wait_until(condition: Callable[[], bool], timeout_s: float) -> bool:
    """Look 25 times a second, at least once; return whether the condition came true."""
    deadline_s = time.monotonic() + timeout_s  # noqa: TID251 - the CLI is an entry point
    while not condition():
        if time.monotonic() >= deadline_s:  # noqa: TID251 - as above
            return False
        time.sleep(_PERIOD_S)  # noqa: TID251 - waits for another process, with a deadline
    return True


def pause_ms(ms: int) -> None:
    """Pass time between two looks at a service that takes its own."""
    time.sleep(ms / 1000)  # noqa: TID251 - the CLI is an entry point
