"""The wall clock of the system, or of devices, in, the same some seconds off out."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from local.chaos import limits
from local.chaos.fault import Fault, IsBack, Target, at_once
from local.chaos.stepped_clock import SteppedClock
from local.cli.wait import wait_until

_SYSTEM = "clock of the system"
_DEVICES = "clock of the devices"


@contextmanager
def own_clock(target: Target) -> Iterator[None]:
    """Give every process of the system a clock that can be stepped; the producer's stays right."""
    target.extra[_SYSTEM] = clock = SteppedClock(target.folder / "clock")
    target.system.environment = clock.environment(dict(target.system.environment))
    yield


@contextmanager
def devices_own_clock(target: Target) -> Iterator[None]:
    """Give the producer, thus its devices, a clock that can be stepped."""
    target.extra[_DEVICES] = clock = SteppedClock(target.folder / "devices-clock")
    target.producer.environment = clock.environment(target.producer.environment)
    yield


def step(whose: str, *seconds: float) -> Callable[[Target], IsBack]:
    """Return a strike that steps the clock, holds each step for a while, and leaves the last."""

    def strike(target: Target) -> IsBack:
        clock = target.extra[whose]
        assert isinstance(clock, SteppedClock), "it was put there before"
        for number, offset_s in enumerate(seconds):
            if number:
                wait_until(lambda: False, target.hold_s)
            clock.step(offset_s)
        return at_once

    return strike


FAULTS = (
    Fault(
        name="clock-back",
        what="the clock of the whole system jumps 30 s back, and later to the right time",
        strike=step(_SYSTEM, -limits.CLOCK_STEP_S, 0),
        around=own_clock,
    ),
    Fault(
        name="clock-ahead",
        what="the clock of the whole system jumps 30 s ahead, and later to the right time",
        strike=step(_SYSTEM, limits.CLOCK_STEP_S, 0),
        around=own_clock,
    ),
    Fault(
        name="device-clocks",
        what="the devices' clocks are 30 s ahead, then 30 s behind, then right",
        strike=step(_DEVICES, limits.CLOCK_STEP_S, -limits.CLOCK_STEP_S, 0),
        around=devices_own_clock,
    ),
)
