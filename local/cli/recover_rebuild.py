"""A range of time in, what the lake lacks of the backup's rows, counted or written, out."""

import random
from pathlib import Path

import click

from core.clock import SystemClock
from core.errors import ServiceRefused, UsageError
from local.cli import options
from local.cli.clients import client, settings
from local.cli.display import console, for_people, print_json, print_table
from local.cli.poll import Moment
from local.recovery.rebuild import Rebuild, Report
from local.recovery.remedy import NOT_LOADED

_KINDS = {
    "same": "as it is",
    "add": "added",
    "differs": "left: a row cannot be taken back",
    "unsure": "left: where it began and ended is not known",
}


@click.command()
@click.option("--from", "from_ms", type=Moment(), required=True, help="Objects that began since.")
@click.option("--to", "to_ms", type=Moment(), required=True, help="Objects that began before.")
@click.option("--write", is_flag=True, help="Add the rows; else it is only said what would be.")
@options.data
@options.as_json
def rebuild(from_ms: int, to_ms: int, write: bool, data: Path, as_json: bool) -> int:
    """Make rows again from the source backup, and add those that the lake lacks.

    For rows that were lost, or parked by a fault of the transform. It reads every row of the
    range: take an hour at a time. docs/recovery.md says what a backup does not tell.

    \b
    Example:
      cube recover rebuild --from 2026-11-25T13:00:00Z --to 2026-11-25T14:00:00Z
    """
    if from_ms >= to_ms:
        raise UsageError("rebuilding: --from is before --to")
    if write and settings().history_load == "firehose":
        raise UsageError(f"rebuilding: {NOT_LOADED}")
    with console(stderr=True).status("reading rows and backup") as spinner:
        work = Rebuild(
            s3=client("s3", data),
            bucket=settings().lake_bucket,
            clock=SystemClock(),
            rng=random.Random(),
            on_progress=lambda rows: spinner.update(f"reading rows: {rows:,}"),
        )
        report = work.run(from_ms, to_ms, write=write)
    if for_people(as_json):
        _print(report, write=write)
    else:
        for change, count in sorted(report.changes.items()):
            print_json({**change._asdict(), "rows": count, "written": write})
    for key, why in sorted(report.unreadable.items()):
        click.echo(f"left out: {key}: {why}", err=True)
    return ServiceRefused.exit_code if report.unreadable else 0


def _print(report: Report, *, write: bool) -> None:
    rows = [
        (change.before, change.after, _KINDS[change.kind], count)
        for change, count in sorted(report.changes.items())
    ]
    print_table("rows of the backup", ("in the lake", "in the backup", "", "rows"), rows)
    added = sum(count for change, count in report.changes.items() if change.kind == "add")
    if added and not write:
        click.echo(f"{added:,} rows would be added: run it again with --write.")
    elif added:
        click.echo(f"{added:,} rows added in {len(report.written)} objects; the load takes them.")
    else:
        click.echo(f"The lake has every row of {report.objects:,} objects of the backup.")
