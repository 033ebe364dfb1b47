"""A data folder in, nothing running in it out."""

import contextlib
import os
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
    _send(pid, signal.SIGTERM)
    if not wait_until(lambda: holder(folder.lock) != pid, DOWN_MS_MAX / 1000):
        _send(pid, signal.SIGKILL)  # its children end with it
        if not wait_until(lambda: holder(folder.lock) != pid, 2):
            raise Misconfigured(f"stopping: process {pid} does not end")
    click.echo("Stopped.")
    return 0


def _send(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
