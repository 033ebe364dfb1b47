"""Ctrl-C in, "finish" and then "at once" out: two events for the work that goes on."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_EXIT_AT_ONCE = 130


class Interrupts:
    """`stop` is set by the first Ctrl-C or SIGTERM, `abort` by the second; a third ends it all."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.abort = threading.Event()

    def on_signal(self, _number: int, _frame: FrameType | None) -> None:
        if self.abort.is_set():
            os._exit(_EXIT_AT_ONCE)
        if self.stop.is_set():
            self.abort.set()
        self.stop.set()


@contextmanager
def interrupts() -> Iterator[Interrupts]:
    """Listen while the body runs; the handlers that were there before come back after it."""
    events = Interrupts()
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, events.on_signal) for number in numbers}
    try:
        yield events
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
