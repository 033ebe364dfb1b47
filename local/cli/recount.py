"""A poll and a range of time in; what its live tallies lack, by the lake, shown and added out."""

import random
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click

from core.clock import SystemClock
from core.errors import InvariantBroken, PollUnknown, UsageError
from core.keys import UNKNOWN_POLL
from local.cli import options
from local.cli.clients import client_at, endpoint, settings
from local.cli.display import console, for_people, print_json, print_table
from local.cli.poll import Moment
from local.cli.recover_queue import queue_intake
from local.cli.wait import wait_until
from local.consumers import ask_deliveries, ask_engine
from local.handler_errors import read_handler_errors
from local.poll_change import read_book
from local.recount.comparison import Comparison, Difference
from local.recount.recount import MINUTE_MS, Recount

_CLOCK: Final = SystemClock()
_COLUMNS: Final = ("what", "minute", "name", "live", "lake", "difference")


@click.command()
@options.poll
@click.option(
    "--from",
    "from_ms",
    type=Moment(),
    required=True,
    help="Count what arrived, or was cast, since.",
)
@click.option("--to", "to_ms", type=Moment(), help="Only before; default: all that is delivered.")
@click.option("--apply", "applies", is_flag=True, help="Add the difference to the live tallies.")
@click.option(
    "--allow-less", is_flag=True, help="With --apply: also where the tallies have too much."
)
@options.data
@options.as_json
def recount(
    poll: str,
    from_ms: int,
    to_ms: int | None,
    applies: bool,
    allow_less: bool,
    data: Path,
    as_json: bool,
) -> int:
    """Count a poll again from the lake's rows; exit code 4 if its live tallies differ.

    Votes may flow meanwhile. With --apply the difference is added, minute by minute, once, however
    often it is run. Where the tallies have too much, nothing is added without --allow-less.

    \b
    Example:
      cube recount --poll cube --from 2026-11-30 && cube recount --from 2026-11-30 --apply
    """
    if allow_less and not applies:
        raise UsageError("re-counting: --allow-less says how to --apply")
    with console(stderr=True).status("reading the lake") as spinner:
        counting = _recount(data)
        counting.on_progress = lambda rows: spinner.update(f"reading the lake: {rows:,} rows")
        book = read_book(counting.dynamodb, counting.table, read_ms=_CLOCK.now_ms())
        if poll != UNKNOWN_POLL and book.latest(poll) is None:
            raise PollUnknown(f"re-counting: there is no {poll!r}")
        comparison = counting.compare(poll, from_ms=from_ms, to_ms=to_ms)
    people = for_people(as_json)
    _show(comparison, people=people)
    if comparison.has_less and applies and not allow_less:
        raise InvariantBroken("re-counting: the tallies have too much, which --allow-less takes")
    states = [state for _, state in counting.apply(comparison)] if applies else []
    added = states.count("added")
    summary = _summary(comparison) | {"added": added, "overtaken": states.count("overtaken")}
    if people:
        _say(summary)
    else:
        print_json(summary)
    done = added == len(comparison.repairs) and not comparison.open
    return 0 if done or not comparison.differences else InvariantBroken.exit_code


def _recount(data: Path) -> Recount:
    endpoint_url, chosen = endpoint(data), settings()
    s3 = client_at("s3", endpoint_url)
    return Recount(
        s3=s3,
        bucket=chosen.lake_bucket,
        handler_errors=lambda from_ms: read_handler_errors(s3, chosen.lake_bucket, from_ms=from_ms),
        queued=queue_intake(data).waiting,
        dynamodb=client_at("dynamodb", endpoint_url),
        table=chosen.tally_table,
        consumers=lambda: ask_engine(endpoint_url),
        deliveries=lambda: ask_deliveries(endpoint_url),
        clock=_CLOCK,
        rng=random.SystemRandom(),
        wait=lambda ms: time.sleep(ms / 1000),  # noqa: TID251 - entry point
        wait_until=wait_until,
    )


def _show(comparison: Comparison, *, people: bool) -> None:
    if not people:
        for difference in comparison.differences:
            print_json(_facts(difference))
        return
    rows = [tuple(_facts(difference).values()) for difference in comparison.differences]
    if rows:
        print_table(f"poll {comparison.poll}: live and lake differ", _COLUMNS, rows)


def _facts(difference: Difference) -> dict[str, Any]:
    at = None if difference.minute is None else _moment(difference.minute)
    values = (
        difference.what,
        at,
        difference.name,
        difference.live,
        difference.lake,
        difference.lacks,
    )
    return dict(zip(_COLUMNS, values, strict=True))


def _summary(comparison: Comparison) -> dict[str, Any]:
    return {
        "recount": comparison.recount_id,
        "poll": comparison.poll,
        "from": _moment(comparison.from_minute),
        "until": _moment(comparison.end_minute),
        "lines": comparison.lines,
        "differences": len(comparison.differences),
        "waiting": comparison.waiting,
        "open": comparison.open,
    }


def _say(summary: Mapping[str, Any]) -> None:
    click.echo(
        f"{summary['lines']:,} lines that arrived from {summary['from']} until {summary['until']}: "
        f"{summary['differences']} differences, {summary['added']} transactions added"
    )
    if summary["waiting"]:
        click.echo(f"{summary['waiting']:,} lines are not applied yet; `cube check` says why")
    if summary["overtaken"]:
        click.echo(f"{summary['overtaken']} minutes were repaired by another re-count meanwhile")
    if summary["open"]:
        click.echo(f"moved too fast to tell: {', '.join(summary['open'][:5])}; run it again")


def _moment(minute: int) -> str:
    return datetime.fromtimestamp(minute * MINUTE_MS / 1000, UTC).isoformat(timespec="minutes")
