"""Options of `cube up` in, a running system around a body of work out, nothing after it."""

import asyncio
import os
import random
import signal
from collections.abc import Awaitable, Callable, Mapping

from core.clock import Clock
from core.settings import Settings
from local.supervise.children import UpOptions, child_specs
from local.supervise.folder import DataFolder
from local.supervise.limits import EXIT_AT_ONCE
from local.supervise.lock import InstanceLock
from local.supervise.note import InstanceNote
from local.supervise.port import check_free
from local.supervise.supervisor import Supervisor


class Session:
    """A running system, as its body sees it; `stopped` is set by Ctrl-C and by `cube down`."""

    def __init__(self, options: UpOptions, folder: DataFolder) -> None:
        self.options = options
        self.folder = folder
        self.stopped = asyncio.Event()


Body = Callable[[Session], Awaitable[int]]


def run_session(
    options: UpOptions,
    body: Body,
    *,
    environment: Mapping[str, str],
    clock: Clock,
    announce: Callable[[str], None],
) -> int:
    """Start everything, run `body`, stop everything; return the body's exit code.

    Raise AlreadyRunning, PortTaken or DataFolderUnusable before anything is started. A second
    Ctrl-C ends everything at once.
    """
    folder = DataFolder(options.data)
    folder.prepare()
    lock = InstanceLock.acquire(folder.lock)
    try:
        check_free(options.aws_port, "--aws-port")
        if options.dashboard_port is not None:
            check_free(options.dashboard_port, "--dashboard-port")
        if options.warehouse_port is not None:
            check_free(options.warehouse_port, "--warehouse-port")
        session_work = _supervise(options, folder, body, environment, clock, announce)
        return asyncio.run(session_work)
    finally:
        folder.instance.unlink(missing_ok=True)
        lock.release()


async def _supervise(
    options: UpOptions,
    folder: DataFolder,
    body: Body,
    environment: Mapping[str, str],
    clock: Clock,
    announce: Callable[[str], None],
) -> int:
    session = Session(options, folder)
    note = InstanceNote(options, Settings.from_env(environment), folder, clock, announce)
    supervisor = Supervisor(
        child_specs(options, folder, environment),
        folder,
        clock=clock,
        rng=random.Random(),
        announce=announce,
        changed=note.write,
    )
    note.supervisor = supervisor
    _listen(session, supervisor)
    try:
        if not await _started(session, supervisor):
            return 0
        note.move("ready")
        return await body(session)
    finally:
        note.move("stopping")
        await supervisor.stop()


async def _started(session: Session, supervisor: Supervisor) -> bool:
    """Start all; False when it was called off meanwhile."""
    starting = asyncio.create_task(supervisor.start())
    stopping = asyncio.create_task(session.stopped.wait())
    await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not starting.done():
        starting.cancel()
        return False
    starting.result()
    return True


def _listen(session: Session, supervisor: Supervisor) -> None:
    def on_signal() -> None:
        if session.stopped.is_set():
            supervisor.kill()
            os._exit(EXIT_AT_ONCE)
        session.stopped.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, on_signal)
