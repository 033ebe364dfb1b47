"""What to run in, one run of it out: a process in its own group, whose output goes to a log."""

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import Mapping
from dataclasses import dataclass

from local.supervise.child_log import ChildLog
from local.supervise.limits import PROBE_PERIOD_MS
from local.supervise.probe import answers

_LAUNCHER = "local.supervise.launch"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildSpec:
    """A Python module to run; it is ready when `ready_path` on its port answers 200."""

    name: str
    module: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    port: int
    ready_path: str


class ChildRun:
    """One process of a child, from its start to its end."""

    def __init__(self, process: Process, spec: ChildSpec, log: ChildLog) -> None:
        self.pid = process.pid
        self._process = process
        self._spec = spec
        self._pump = asyncio.create_task(_pump(process, log))

    @classmethod
    async def start(cls, spec: ChildSpec, log: ChildLog) -> "ChildRun":
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            _LAUNCHER,
            spec.module,
            *spec.arguments,
            stdin=PIPE,  # never written to: its end tells the child that we are gone
            stdout=PIPE,
            stderr=STDOUT,
            env=dict(spec.environment),
            start_new_session=True,  # a terminal's Ctrl-C is ours to pass on
        )
        return cls(process, spec, log)

    async def ready(self) -> bool:
        """Wait until the child answers; False when it ended first."""
        while self._process.returncode is None:
            if await answers(self._spec.port, self._spec.ready_path):
                return True
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), PROBE_PERIOD_MS / 1000)
        return False

    async def ended(self) -> int:
        """Wait for the end, and let nothing of its process group outlive it."""
        code = await self._process.wait()
        self.signal(signal.SIGKILL)
        await self._pump
        return code

    def signal(self, number: signal.Signals) -> None:
        """Send a signal: SIGKILL to the whole group, others to the process, who passes them on."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if number == signal.SIGKILL:
                os.killpg(self.pid, number)
            elif self._process.returncode is None:
                os.kill(self.pid, number)


async def _pump(process: Process, log: ChildLog) -> None:
    assert process.stdout is not None, "it was asked for"
    while data := await process.stdout.read(65_536):
        with contextlib.suppress(OSError):  # a full disk must not stop who could free it
            log.write(data)
