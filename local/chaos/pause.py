"""Processes of a running system in, the same stopped or starved for some seconds out."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from core.errors import ServiceRefused
from local.chaos import limits
from local.chaos.fault import Fault, IsBack, Target, at_once
from local.chaos.system import send
from local.cli.wait import wait_until

Pids = Callable[[Target], list[int]]
_NICEST = 19
_BUSY_PER_CORE = 2


def stop(pids_of: Pids) -> Callable[[Target], IsBack]:
    """Return a strike that stops processes, and lets them go on after a while."""

    def strike(target: Target) -> IsBack:
        pids: list[int] = []

        def found() -> bool:
            pids[:] = pids_of(target)
            return bool(pids)

        if not wait_until(found, limits.FLOW_S_MAX):
            raise ServiceRefused("stopping processes: there are none")
        send(pids, signal.SIGSTOP)
        try:
            wait_until(lambda: False, target.hold_s)
        finally:
            send(pids, signal.SIGCONT)
        return at_once

    return strike


def starve(target: Target) -> IsBack:
    """Let the whole system have only the time that busy loops on every core leave."""
    pids = [target.system.supervisor(), *target.system.processes(), target.producer.pid]
    for pid in pids:
        with suppress(ProcessLookupError):
            os.setpriority(os.PRIO_PROCESS, pid, _NICEST)
    with busy(_BUSY_PER_CORE * (os.cpu_count() or 1)):
        wait_until(lambda: False, target.hold_s)
    for pid in pids:
        with suppress(ProcessLookupError, PermissionError):  # only root may take it back
            os.setpriority(os.PRIO_PROCESS, pid, 0)
    return at_once


@contextmanager
def busy(processes: int) -> Iterator[None]:
    """Run loops that use all the time there is."""
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(processes)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


FAULTS = (
    Fault(
        name="stop-engine",
        what="SIGSTOP of the engine for some seconds, then SIGCONT",
        strike=stop(lambda target: [target.system.child_pid("engine")]),
    ),
    Fault(
        name="stop-tally",
        what="SIGSTOP of every process that counts, then SIGCONT",
        strike=stop(lambda target: target.system.functions().get("tally", [])),
    ),
    Fault(
        name="stop-warehouse",
        what="SIGSTOP of the warehouse, then SIGCONT",
        strike=stop(lambda target: [target.system.child_pid("warehouse")]),
    ),
    Fault(
        name="stop-producer",
        what="SIGSTOP of `cube load`, then SIGCONT",
        strike=stop(lambda target: [target.producer.pid]),
    ),
    Fault(
        name="starve",
        what="nice 19 for everything beside two busy loops a core",
        strike=starve,
    ),
)
