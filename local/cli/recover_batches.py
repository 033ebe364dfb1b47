"""A range of time in, batches and votes that the tallies lack, said or counted, out."""

from pathlib import Path
from typing import Any

import click

from core.clock import SystemClock
from core.errors import ServiceRefused, UsageError
from core.item import to_item
from core.keys import MARK_SK
from local.cli import options
from local.cli.clients import client, environment, settings
from local.cli.display import console, for_people, print_json
from local.cli.poll import Moment
from local.cloud import COUNTER
from local.evidence import lanes_of
from local.poll_change import read_book
from local.recovery.uncounted import Report, Uncounted
from local.recovery.unmarked import Unmarked

_HERE = "tally"  # the function of the drawing; it counts in either mode


@click.command()
@click.option("--from", "from_ms", type=Moment(), required=True, help="Objects that began since.")
@click.option("--to", "to_ms", type=Moment(), required=True, help="Objects that began before.")
@click.option("--write", is_flag=True, help="Count them; else it is only said what would be.")
@options.data
@options.as_json
def batches(from_ms: int, to_ms: int, write: bool, data: Path, as_json: bool) -> int:
    """Count batches that no lane has applied, and votes no marker knows, at the arrival they had.

    After the table was put back to an earlier instant, for what the stream has let go of since.
    Lines that were parked are not counted here: `cube recount --apply` adds them afterwards.

    \b
    Example:
      cube recover batches --from 2026-11-25T13:00:00Z --to 2026-11-25T14:00:00Z
    """
    if from_ms >= to_ms:
        raise UsageError("counting batches: --from is before --to")
    chosen = settings()
    dynamodb = client("dynamodb", data)
    with console(stderr=True).status("reading rows, backup and lanes"):
        table = chosen.tally_table
        clock = SystemClock()
        function = environment().get(COUNTER) or _HERE
        work = Uncounted(
            s3=client("s3", data),
            bucket=chosen.lake_bucket,
            lanes=lambda producer: lanes_of(dynamodb, table, producer),
            functions=client("lambda", data),
            function=function,
            clock=clock,
            unmarked=Unmarked(
                has_mark=lambda pk: has_mark(dynamodb, table, pk),
                book=read_book(dynamodb, table, read_ms=clock.now_ms()),
                clock=clock,
                function=function,
            ),
        )
        report = work.run(from_ms, to_ms, write=write)
    _show(report, write=write, people=for_people(as_json))
    return ServiceRefused.exit_code if report.faults or report.unreadable else 0


def has_mark(dynamodb: Any, table: str, pk: str) -> bool:
    """Return whether a vote's marker is in the table."""
    key = to_item({"pk": pk, "sk": MARK_SK})
    return "Item" in dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True)


def _show(report: Report, *, write: bool, people: bool) -> None:
    said = {
        "batches": report.batches,
        "lines": report.lines,
        "without_rows": report.unplaced,
        "records_without_stamp": report.unstamped,
        "written": write,
    }
    if people:
        done = "counted" if write else "would be counted: run it again with --write"
        others = f"{report.unstamped:,} records of votes without a stamp"
        click.echo(f"{report.batches:,} batches of {report.lines:,} lines, {others} {done}.")
        if report.unplaced:
            click.echo(f"{report.unplaced:,} batches have no rows: first `cube recover rebuild`.")
    else:
        print_json(said)
    for fault in report.faults:
        click.echo(f"left: {fault}", err=True)
    for key, why in sorted(report.unreadable.items()):
        click.echo(f"left out: {key}: {why}", err=True)
