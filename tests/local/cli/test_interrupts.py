"""Ctrl-C: once means finish, twice means at once."""

import os
import signal

import pytest

from local.cli.interrupts import interrupts


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_stops_and_the_second_aborts(number: signal.Signals) -> None:
    with interrupts() as events:
        assert not events.stop.is_set()
        os.kill(os.getpid(), number)
        assert events.stop.wait(5)
        assert not events.abort.is_set()
        os.kill(os.getpid(), number)
        assert events.abort.wait(5)


def test_the_handlers_that_were_there_come_back() -> None:
    before = signal.getsignal(signal.SIGINT)
    with interrupts():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before
