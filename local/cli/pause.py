"""Names of consumers in, those consumers standing still out, here or on AWS."""

from pathlib import Path

import click

from local.cli import options
from local.cli.switch import switch_parts
from local.pausing import PARTS


@click.command()
@click.argument("parts", nargs=-1, type=click.Choice(list(PARTS)))
@options.data
def pause(parts: tuple[str, ...], data: Path) -> int:
    """Stop consumers: counting (the default), trend, loads. Producers go on, the stream keeps.

    What is under way ends. A pause may last as long as the stream keeps votes (a day, unless set
    otherwise); `cube resume` goes on where it stopped. It outlasts a restart.

    \b
    Examples:
      cube pause
      cube --cloud cube pause counting loads
    """
    return switch_parts(parts or ("counting",), data, on=False)
