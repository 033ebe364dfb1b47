"""A poll's name in, its votes by colour out, as they stand now."""

from pathlib import Path
from typing import Any

import click

from core.clients import TableClient
from core.clock import SystemClock
from core.errors import PollUnknown
from core.keys import poll_pk
from core.tally import colours_of
from local.cli import options
from local.cli.clients import client, settings
from local.cli.display import console, for_people, print_json
from local.cli.wait import wait_until
from local.poll_change import read_book
from local.table_reader import read_items

_WATCH_S = 0.5
_BAR_CHARS = 40


@click.command()
@options.poll
@options.data
@options.as_json
@click.option("--watch", is_flag=True, help="Show it again and again, until Ctrl-C.")
def tally(poll: str, data: Path, as_json: bool, watch: bool) -> int:
    """Show a poll's votes by colour.

    \b
    Example:
      cube tally --poll cube --json
    """
    table = settings().tally_table
    dynamodb = client("dynamodb", data)
    if not for_people(as_json):
        print_json(read_tally(dynamodb, table, poll))
        while watch:
            wait_until(lambda: False, _WATCH_S)
            print_json(read_tally(dynamodb, table, poll))
        return 0
    if not watch:
        console().print(_bars(read_tally(dynamodb, table, poll)))
        return 0
    return _watch(dynamodb, table, poll)


def read_tally(dynamodb: TableClient, table: str, poll: str) -> dict[str, Any]:
    """Return poll, total and by_colour, in the palette's order; raise PollUnknown."""
    rules = read_book(dynamodb, table, read_ms=SystemClock().now_ms()).latest(poll)
    if rules is None:
        raise PollUnknown(f"reading poll: there is no {poll!r}")
    votes = colours_of(read_items(dynamodb, table, poll_pk(poll), prefix="total#"))
    by_colour = {colour: votes[colour] for colour in (*rules.palette, *sorted(votes))}
    return {"poll": poll, "total": votes.total(), "by_colour": by_colour}


def _watch(dynamodb: TableClient, table: str, poll: str) -> int:
    from rich.live import Live

    with Live(console=console(), auto_refresh=False) as live:
        while True:
            live.update(_bars(read_tally(dynamodb, table, poll)), refresh=True)
            wait_until(lambda: False, _WATCH_S)


def _bars(tally: dict[str, Any]) -> Any:
    from rich import box
    from rich.table import Table

    title = f"{tally['poll']}: {tally['total']:,} votes"
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("colour")
    table.add_column("votes", justify="right")
    table.add_column("share", justify="right")
    table.add_column("")
    most = max(tally["by_colour"].values(), default=0) or 1
    ranked = sorted(tally["by_colour"].items(), key=lambda pair: -pair[1])
    for colour, votes in ranked:
        share = f"{100 * votes / tally['total']:.1f} %" if tally["total"] else "-"
        table.add_row(colour, f"{votes:,}", share, "█" * round(_BAR_CHARS * votes / most))
    return table
