"""A rate and a pattern in, votes on the stream and an account of them out."""

import random
from dataclasses import replace
from pathlib import Path

import click

from core.clock import SystemClock
from core.errors import AlreadyRunning, UsageError
from local.cli import options
from local.cli.clients import client, settings
from local.cli.display import for_people
from local.cli.interrupts import Interrupts, interrupts
from local.cli.load_display import load_progress, show_report
from local.cli.put_client import put_client
from local.load import run_load
from local.load_plan import LoadPlan, LoadReport
from local.overload import drain_s, open_shards, overload_rate
from local.poll_palette import palette_of
from producers.pattern import PATTERNS

_RATE = 10_000
_OUTBOXES_MAX = 16  # loads at the same time, each with an outbox of its own
_LEFT = 5  # the exit code of a service that refused
_INTERRUPTED = 130
_share = click.FloatRange(0, 0.5)


@click.command()
@options.data
@options.poll
@options.as_json
@click.option("--rate", type=float, help=f"Votes a second.  [default: {_RATE}]")
@click.option(
    "--overload",
    type=click.FloatRange(0, min_open=True),
    metavar="TIMES",
    help="Instead of --rate: so many times what the stream's shards take.",
)
@click.option("--seconds", type=click.FloatRange(0), help="How long; else until Ctrl-C.")
@click.option("--votes", type=click.IntRange(0), help="How many; else until Ctrl-C.")
@click.option(
    "--pattern",
    type=click.Choice(PATTERNS),
    default="steady",
    show_default=True,
    help="How the rate moves; flaky: devices go offline and come back with their backlog.",
)
@click.option("--devices", type=int, default=10_000, show_default=True, help="How many vote.")
@click.option("--seed", type=int, default=1, show_default=True, help="Who votes what.")
@click.option("--duplicates", type=_share, default=0.0, help="Share of batches put twice.")
@click.option("--late", type=_share, default=0.0, help="Share of votes cast up to an hour ago.")
@click.option("--malformed", type=_share, default=0.0, help="Share of lines that are no votes.")
@click.option("--outbox", type=click.Path(path_type=Path), help="Folder of votes on their way.")
def load(
    data: Path,
    poll: str,
    as_json: bool,
    rate: float | None,
    overload: float | None,
    seconds: float | None,
    votes: int | None,
    pattern: str,
    devices: int,
    seed: int,
    duplicates: float,
    late: float,
    malformed: float,
    outbox: Path | None,
) -> int:
    """Send votes at a rate and in a pattern; Ctrl-C stops and sends what waits.

    What could not be sent stays in the outbox, and the next load sends it first. A bar for people,
    JSON lines into a pipe.

    \b
    Examples:
      cube load --rate 10000 --pattern spiky
      cube load --votes 1000000 --rate 100000 --duplicates 0.01
      cube load --overload 3 --seconds 10
    """
    plan = LoadPlan(
        rate=_RATE if rate is None else rate,
        outbox=outbox or default_outbox(data, 1),
        stream=settings().stream,
        seconds=seconds,
        votes=votes,
        pattern=pattern,
        devices=devices,
        poll=poll,
        seed=seed,
        duplicate_share=duplicates,
        late_share=late,
        malformed_share=malformed,
    )
    plan.check()
    palette = palette_of(client("dynamodb", data), settings().tally_table, poll)
    plan = _overloaded(replace(plan, palette=palette), data, overload, rate)
    people = for_people(as_json)
    with interrupts() as events:
        report = _run(plan, data, events, people=people, choose=outbox is None)
        return _conclude(report, people=people, aborted=events.abort.is_set())


def _overloaded(plan: LoadPlan, data: Path, times: float | None, rate: float | None) -> LoadPlan:
    """Return the plan, at so many times the stream's limit where that was asked for."""
    if times is None:
        return plan
    if rate is not None:
        raise UsageError("planning load: --rate and --overload both say how many: leave one out")
    shards = open_shards(client("kinesis", data), plan.stream)
    return replace(
        plan,
        rate=overload_rate(plan, shards=shards, times=times),
        drain_s=drain_s(plan.seconds, times),
    )


def _conclude(report: LoadReport, *, people: bool, aborted: bool) -> int:
    """Show what came of it; return the exit code."""
    show_report(report, people=people)
    if not report.left:
        return 0
    click.echo(f"{report.left:,} votes wait in the outbox; `cube load` sends them.", err=True)
    return _INTERRUPTED if aborted else _LEFT


def default_outbox(data: Path, number: int) -> Path:
    """Return the outbox of the first, second, ... load that runs at the same time."""
    return data / "outbox" / ("load" if number == 1 else f"load-{number}")


def _run(
    plan: LoadPlan, data: Path, events: Interrupts, *, people: bool, choose: bool
) -> LoadReport:
    """Run with the plan's outbox, or with the first that no other load uses."""
    clock = SystemClock()
    stream_client = put_client(data)
    for number in range(1, _OUTBOXES_MAX + 1):
        chosen = replace(plan, outbox=default_outbox(data, number)) if choose else plan
        try:
            with load_progress(chosen, people=people, clock=clock) as on_progress:
                return run_load(
                    chosen,
                    client=stream_client,
                    clock=clock,
                    rng=random.Random(),
                    on_progress=on_progress,
                    stop=events.stop,
                    abort=events.abort,
                )
        except AlreadyRunning:
            if not choose:
                raise
    raise AlreadyRunning(f"opening outbox: {_OUTBOXES_MAX} loads run already")
