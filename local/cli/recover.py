"""What failed or was parked, by reason and date, in; it listed, shown and recovered out."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click

from core.clock import SystemClock
from core.errors import UsageError
from local.cli import options
from local.cli.clients import client, settings
from local.cli.display import console, for_people, print_json, print_table
from local.cli.poll import Moment
from local.cli.recover_batches import batches
from local.cli.recover_display import entry_facts, print_entry
from local.cli.recover_queue import collect, queue_intake, say_waiting
from local.cli.recover_rebuild import rebuild
from local.poll_change import read_book
from local.recovery.entry import KINDS, Kind
from local.recovery.recover import Outcome, Recovery
from local.recovery.search import Found, Wanted, search

_CLOCK: Final = SystemClock()
_EVER_MS: Final = 2**63
_WORDS: Final = {
    "recovered": "recovered",
    "would": "would be recovered",
    "before": "recovered before",
    "refused": "left as it is",
}


def _filters(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that choose entries."""
    for option in (
        click.option("--to", "to_ms", type=Moment(), help="Only what arrived before."),
        click.option("--from", "from_ms", type=Moment(), help="Only what arrived since."),
        click.option("--reason", "reasons", multiple=True, help="Only this reason; repeatable."),
        click.option(
            "--kind",
            "kinds",
            multiple=True,
            type=click.Choice(KINDS),
            help="history: gave no rows; live: was not counted; parked: a line that does not "
            "count. Repeatable; default: all.",
        ),
    ):
        command = option(command)
    return command


@click.group()
def recover() -> None:
    """Bring back what failed on its way, or was parked; twice is once.

    \b
    Example:
      cube recover list && cube recover put --kind history --dry-run
    """


recover.add_command(rebuild)
recover.add_command(batches)
recover.add_command(collect)


@recover.command("list")
@_filters
@click.option("--each", is_flag=True, help="List every entry with its name, not only counts.")
@options.data
@options.as_json
def list_(
    kinds: Sequence[Kind],
    reasons: Sequence[str],
    from_ms: int | None,
    to_ms: int | None,
    each: bool,
    data: Path,
    as_json: bool,
) -> int:
    """Count what failed or was parked, by reason and day of arrival.

    \b
    Example:
      cube recover list --reason unknown_poll --each
    """
    people = for_people(as_json)
    say_waiting(queue_intake(data))
    found = _search(data, _wanted((), kinds, reasons, from_ms, to_ms))
    if each:
        _list_each(found, people=people)
        return 0
    counts: Counter[tuple[str, str, str]] = Counter()
    recovered: Counter[tuple[str, str, str]] = Counter()
    for entry, mark in found:
        group = (entry.kind, entry.reason, _day(entry.arrival_ms))
        counts[group] += 1
        recovered[group] += mark is not None
    rows = [
        (*group, counts[group] - recovered[group], recovered[group]) for group in sorted(counts)
    ]
    columns = ("kind", "reason", "day", "waiting", "recovered")
    if people:
        print_table("failed and parked", columns, rows)
    else:
        for row in rows:
            print_json(dict(zip(columns, row, strict=True)))
    return 0


@recover.command()
@click.argument("name")
@options.data
@options.as_json
def show(name: str, data: Path, as_json: bool) -> int:
    """Show the entries of an object, or one: why, what its lines say, and what `put` would do.

    \b
    Example:
      cube recover show parked/2026/11/25/shardId-000000000000-4965...-0.json#3
    """
    found = list(_search(data, Wanted(names=(name,))))
    if not found:
        raise UsageError(f"showing {name}: there is no such entry")
    recovery = _recovery(data)
    for outcome in recovery.preview(found, by_stream=False):
        if for_people(as_json):
            print_entry(outcome, recovery.book)
        else:
            print_json(entry_facts(outcome, recovery.book))
    return 0


@recover.command()
@click.argument("names", nargs=-1)
@_filters
@click.option("--all", "everything", is_flag=True, help="Everything that is not recovered yet.")
@click.option(
    "--by-stream",
    is_flag=True,
    help="Put records that history lacks on the stream again, instead of making their rows here.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@options.data
@options.as_json
def put(
    names: Sequence[str],
    kinds: Sequence[Kind],
    reasons: Sequence[str],
    from_ms: int | None,
    to_ms: int | None,
    everything: bool,
    by_stream: bool,
    dry_run: bool,
    data: Path,
    as_json: bool,
) -> int:
    """Recover entries by NAMES, by reason and time, or all; exit code 2 if a named one is left.

    A record that gave no rows gets them here, with the arrival it had. One that was not counted is
    handed to its function again. A parked line is put on the stream alone, if it would count now.
    Failures that lie in queues are brought into the lake first.

    \b
    Example:
      cube recover put --reason unknown_poll --from 2026-11-25
    """
    wanted = _wanted(names, kinds, reasons, from_ms, to_ms)
    if not everything and wanted == Wanted():
        raise UsageError("recovering: name entries, or choose them: --kind, --reason, --all ...")
    if dry_run:
        say_waiting(queue_intake(data))
    elif not names and "live" in wanted.kinds:
        for _ in queue_intake(data).run():
            pass
    recovery = _recovery(data)
    work = recovery.preview if dry_run else recovery.run
    outcomes = work(_search(data, wanted), by_stream=by_stream)
    left = _show_outcomes(outcomes, people=for_people(as_json))
    return UsageError.exit_code if names and left else 0


def _wanted(
    names: Sequence[str],
    kinds: Sequence[Kind],
    reasons: Sequence[str],
    from_ms: int | None,
    to_ms: int | None,
) -> Wanted:
    return Wanted(
        names=tuple(names),
        kinds=tuple(kinds) or KINDS,
        reasons=tuple(reasons),
        from_ms=from_ms or 0,
        to_ms=_EVER_MS if to_ms is None else to_ms,
    )


def _search(data: Path, wanted: Wanted) -> Iterator[Found]:
    return search(client("s3", data), settings().lake_bucket, wanted)


def _recovery(data: Path) -> Recovery:
    chosen = settings()
    table = client("dynamodb", data)
    return Recovery(
        s3=client("s3", data),
        bucket=chosen.lake_bucket,
        kinesis=client("kinesis", data),
        stream=chosen.stream,
        functions=client("lambda", data),
        book=read_book(table, chosen.tally_table, read_ms=_CLOCK.now_ms()),
        clock=_CLOCK,
        rng=random.Random(),
        wait=lambda ms: time.sleep(ms / 1000),  # noqa: TID251 - entry point
        rows_are_loaded=chosen.history_load != "firehose",
    )


def _list_each(found: Iterable[Found], *, people: bool) -> None:
    """Print an entry a line; names stay whole, so that they can be copied."""
    for entry, mark in found:
        arrived = _moment(entry.arrival_ms)
        state = f"recovered by {mark.by}" if mark else "waiting"
        if people:
            said = f"{state:<20} {entry.kind:<8} {entry.reason:<18} {arrived} {len(entry.data):>9,}"
            click.echo(f"{said}  {entry.name}")
            continue
        print_json(
            {
                "name": entry.name,
                "kind": entry.kind,
                "reason": entry.reason,
                "arrived": arrived,
                "bytes": len(entry.data),
                "state": state,
            }
        )


def _show_outcomes(outcomes: Iterator[Outcome], *, people: bool) -> int:
    """Print what became of each entry, grouped for people; return how many were left."""
    groups: Counter[tuple[str, str, str, str]] = Counter()
    left = 0
    with console(stderr=True).status("recovering") as spinner:
        for outcome in outcomes:
            left += outcome.state == "refused"
            entry = outcome.entry
            why = outcome.said if outcome.state == "refused" else f"by {outcome.by}"
            groups[entry.kind, entry.reason, _WORDS[outcome.state], why] += 1
            spinner.update(f"recovering: {groups.total():,} entries")
            if not people:
                print_json(
                    {
                        "name": entry.name,
                        "kind": entry.kind,
                        "reason": entry.reason,
                        "state": outcome.state,
                        "by": outcome.by,
                        "said": outcome.said,
                    }
                )
    if people:
        rows = [(count, *group) for group, count in sorted(groups.items())]
        print_table("recovery", ("entries", "kind", "reason", "state", "how, or why not"), rows)
    return left


def _day(ms: int) -> str:
    return _moment(ms)[:10]


def _moment(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds")
