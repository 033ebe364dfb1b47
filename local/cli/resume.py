"""Names of consumers in, those consumers going on where they stopped out, here or on AWS."""

from pathlib import Path

import click

from local.cli import options
from local.cli.switch import switch_parts
from local.pausing import PARTS


@click.command()
@click.argument("parts", nargs=-1, type=click.Choice(list(PARTS)))
@options.data
def resume(parts: tuple[str, ...], data: Path) -> int:
    """Start consumers that `cube pause` stopped; without a name, all of them.

    \b
    Example:
      cube resume && cube check --wait 60
    """
    return switch_parts(parts, data, on=True)
