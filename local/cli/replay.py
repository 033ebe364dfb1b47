"""A file of votes and a poll's name in, the poll with exactly those votes out."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import msgspec

from core import limits
from core.clock import SystemClock
from local.cli import options
from local.cli.clients import client, settings
from local.cli.display import console, duration, for_people, print_json, print_table
from local.cli.interrupts import interrupts
from local.cli.put_client import put_client
from local.replay import Replay, ReplayReport
from local.replay_feed import ReplayProgress
from local.vote_file import FileFacts, read_facts
from producers.run import LeftOut

_LEFT_OUT_SHOWN = 20
_LEFT = 5  # the exit code of a service that refused


@click.command()
@options.data
@options.as_json
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--poll", required=True, help="Poll that the votes are for; made if need be.")
@click.option("--rate", type=click.FloatRange(1), help="Votes a second; else as fast as it goes.")
@click.option("--no-overlap", is_flag=True, help="These votes are in no other file of the poll.")
def replay(
    data: Path, as_json: bool, file: Path, poll: str, rate: float | None, no_overlap: bool
) -> int:
    """Send the votes of FILE into a poll: the colour survey's CSV, or votes as JSON lines.

    FILE may be gzipped. Running it again changes nothing, and an interrupted run goes on where it
    was. Lines that are no votes are left out and named.

    \b
    Example:
      cube replay colour-survey.csv.gz --poll survey
    """
    people = for_people(as_json)
    left_out = _LeftOut(people=people)
    facts = read_facts(file, left_out.tell)
    left_out.finish()
    clock = SystemClock()
    if facts.oldest_ms is not None and clock.now_ms() - facts.oldest_ms > limits.TOO_OLD_MS:
        click.echo("warning: some votes are over 6 days old: they will be parked.", err=True)
    with interrupts() as events, _progress(facts, people=people) as on_progress:
        report = Replay(
            facts=facts,
            poll=poll,
            folder=data / "outbox",
            stream=settings().stream,
            table=settings().tally_table,
            stream_client=put_client(data),
            table_client=client("dynamodb", data),
            clock=clock,
            rng=random.Random(),
            on_progress=on_progress,
            stop=events.stop,
            rate=rate,
            overlap_checked=no_overlap,
        ).run()
    show_report(report, left_out.count, people=people)
    if report.left:
        click.echo(f"{report.left:,} votes are not sent yet; run it again to go on.", err=True)
        return _LEFT
    return 0


class _LeftOut:
    """Names the first lines that are left out, and counts them all."""

    def __init__(self, *, people: bool) -> None:
        self._people = people
        self.count = 0

    def tell(self, line: LeftOut) -> None:
        self.count += 1
        if not self._people:
            print_json({"event": "replay.line_left_out", "line": line.number, "why": line.why})
        elif self.count <= _LEFT_OUT_SHOWN:
            click.echo(f"line {line.number} is left out: {line.why}", err=True)

    def finish(self) -> None:
        if self._people and self.count > _LEFT_OUT_SHOWN:
            click.echo(f"... and {self.count - _LEFT_OUT_SHOWN:,} more lines.", err=True)


@contextmanager
def _progress(facts: FileFacts, *, people: bool) -> Iterator[Callable[[ReplayProgress], None]]:
    if not people:
        yield lambda _: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (BarColumn(bar_width=32), MofNCompleteColumn(), TextColumn("{task.fields[note]}"))
    with Progress(*columns, console=console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=facts.votes, note="")
        yield lambda progress: bar.update(
            task, completed=progress.accepted, note=progress.note or f"{progress.waiting:,} waiting"
        )


def show_report(report: ReplayReport, left_out: int, *, people: bool) -> None:
    """Print what came of a replay."""
    if not people:
        members = msgspec.to_builtins(report)
        print_json({"event": "replay.done", **members, "lines_left_out": left_out})
        return
    rows: list[tuple[str, object]] = [
        ("poll", report.poll),
        ("colours", report.colours),
        ("votes in the file", report.votes),
        ("accepted now", report.accepted),
        ("accepted in earlier runs", report.earlier),
        ("not sent yet", report.left),
        ("lines left out", left_out),
        ("took", duration(report.took_ms)),
    ]
    print_table("Replay", ("", ""), rows)
