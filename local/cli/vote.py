"""A colour in, one vote counted and how long it took out."""

import random
import time
from pathlib import Path

import click

from core.clock import Clock, SystemClock
from core.errors import AlreadyRunning, UsageError
from core.vote import Vote, canonical_colour
from local.cli import options
from local.cli.clients import client, settings
from local.cli.display import for_people, print_json
from local.cli.put_client import put_client
from local.cli.wait import wait_until
from local.one_vote import OneVote, cast, vote_outbox
from local.poll_palette import palette_of
from producers.outbox import Outbox
from producers.publish import Publisher

_OUTBOX_WAIT_S = 15  # another `cube vote` has the outbox: it needs a second at most
_LEFT = 5  # the exit code of a service that refused


@click.command()
@options.data
@options.poll
@options.as_json
@click.option("--colour", required=True, help="What to vote for.")
@click.option("--device", default="me", show_default=True, help="Id of the device that votes.")
def vote(data: Path, poll: str, as_json: bool, colour: str, device: str) -> int:
    """Cast one vote, and say when it is counted.

    \b
    Example:
      cube vote --colour red
    """
    clock = SystemClock()
    table_client = client("dynamodb", data)
    palette = palette_of(table_client, settings().tally_table, poll)
    if canonical_colour(colour) not in palette:
        raise UsageError(f"voting: {poll!r} has {', '.join(palette)}, not {colour!r}")
    if not 0 < len(device) <= 64:
        raise UsageError("voting: a device id has 1 to 64 characters")
    outbox = _open(vote_outbox(data), clock)
    try:
        now_ms = clock.now_ms()
        press = Vote(poll, device, now_ms, canonical_colour(colour), now_ms)
        publisher = Publisher(
            outbox, put_client(data), stream=settings().stream, clock=clock, rng=random.Random()
        )
        outcome = cast(
            press,
            outbox,
            publisher,
            table_client,
            table=settings().tally_table,
            clock=clock,
            wait=lambda ms: time.sleep(ms / 1000),  # noqa: TID251 - entry point
        )
    finally:
        outbox.close()
    _show(press, outcome, people=for_people(as_json))
    return 0 if outcome.counted_ms is not None and not outcome.parked else _LEFT


def _open(folder: Path, clock: Clock) -> Outbox:
    """Open the outbox; wait a little for another vote that is being cast."""
    opened: list[Outbox] = []

    def try_open() -> bool:
        try:
            opened.append(Outbox.open(folder, clock=clock, rng=random.Random()))
        except AlreadyRunning:
            return False
        return True

    if not wait_until(try_open, _OUTBOX_WAIT_S):
        raise AlreadyRunning(f"opening outbox: {folder.name} is in use")
    return opened[0]


def _show(press: Vote, outcome: OneVote, *, people: bool) -> None:
    if not people:
        print_json(
            {
                "poll": press.poll,
                "device_id": press.device_id,
                "seq": press.seq,
                "colour": press.colour,
                "accepted_ms": outcome.accepted_ms,
                "counted_ms": outcome.counted_ms,
                "parked": outcome.parked,
            }
        )
        return
    click.echo(f"{press.colour} accepted after {outcome.accepted_ms} ms")
    if outcome.parked:
        click.echo(f"It is parked: poll {press.poll!r} does not take votes now.")
    elif outcome.counted_ms is None:
        click.echo("It is not counted yet; `cube check` shows when it is.")
    else:
        click.echo(f"counted after {outcome.counted_ms} ms")
    click.echo(f"follow it: cube trace {press.poll} {press.device_id} {press.seq}")
