"""A data folder in, nothing running in it out."""

import os
import select
import signal
from pathlib import Path

import click

from core.errors import Misconfigured
from local.cli import options
from local.cli.wait import wait_until
from local.supervise.folder import DataFolder
from local.supervise.limits import DOWN_MS_MAX
from local.supervise.lock import holder


@click.command()
@options.data
def down(data: Path) -> int:
    """Stop what `cube up` or `cube demo` started; the data stays.

    \b
    Example:
      cube down
    """
    folder = DataFolder(data)
    pid = holder(folder.lock)
    if pid is None:
        click.echo(f"Nothing runs in {data}.")
        return 0
    # Children end with a supervisor that had to be killed.
    ended = _end(pid, signal.SIGTERM, DOWN_MS_MAX / 1000) or _end(pid, signal.SIGKILL, 2)
    if not ended and holder(folder.lock) == pid:
        raise Misconfigured(f"stopping: process {pid} does not end")
    click.echo("Stopped.")
    return 0


def _end(pid: int, number: signal.Signals, timeout_s: float) -> bool:
    """Send a signal and wait for the process's end."""
    try:
        if hasattr(os, "pidfd_open"):  # Linux: tells the end even of one that nobody collects
            ended = os.pidfd_open(pid)
            signal.pidfd_send_signal(ended, number)
            readable, _, _ = select.select([ended], [], [], timeout_s)
            os.close(ended)
            return bool(readable)
        os.kill(pid, number)
    except ProcessLookupError:
        return True
    return wait_until(lambda: not _exists(pid), timeout_s)


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
