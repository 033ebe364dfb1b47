"""A data folder in, no data folder out: every vote, tally and object of it is gone."""

from pathlib import Path

import click

from core.errors import AlreadyRunning
from local.cli import options
from local.supervise.folder import DataFolder
from local.supervise.lock import holder


@click.command()
@options.data
@click.option("--yes", is_flag=True, help="Do not ask.")
def reset(data: Path, yes: bool) -> int:
    """Delete the data folder. Refused while something runs in it.

    \b
    Example:
      cube reset --yes
    """
    folder = DataFolder(data)
    if (pid := holder(folder.lock)) is not None:
        raise AlreadyRunning(f"erasing data folder: process {pid} runs in {folder.root}")
    if not folder.root.exists():
        click.echo(f"There is no {data}.")
        return 0
    if not yes:
        click.confirm(f"Delete every vote and tally in {folder.root}?", abort=True)
    folder.erase()
    click.echo(f"Deleted {data}.")
    return 0
