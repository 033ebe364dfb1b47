"""Everything that two sources say of the same votes in, each invariant's verdict out."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from core.agreement import Agreement
from core.check_report import CheckReport
from core.clock import SystemClock
from core.errors import InvariantBroken
from core.invariants.history import comparison_agrees
from core.invariants.invariant import Invariant
from core.item import to_attribute
from core.keys import COMPARE_PK, COMPARE_SK
from core.settings import Settings
from local.cli import options
from local.cli.clients import client_at, endpoint, settings
from local.cli.cloud import cloud_consumers, stack_name
from local.cli.display import console, for_people, print_json
from local.cli.wait import wait_until
from local.cli.warehouse import warehouse
from local.consumers import Consumers, Deliveries, ask_deliveries, ask_engine
from local.evidence import Evidence
from local.handler_errors import read_handler_errors
from local.history_evidence import HistoryEvidence
from local.supervise.folder import DataFolder
from local.warehouse_reader import WarehouseReader


@click.command()
@options.data
@options.as_json
@click.option(
    "--wait", type=click.FloatRange(0), default=0, help="Seconds to wait until all is drained."
)
@click.option(
    "--minutes",
    type=click.IntRange(1),
    default=None,
    help="How far back the stream is read; default: all of it, up to 5 million votes.",
)
def check(data: Path, as_json: bool, wait: float, minutes: int | None) -> int:
    """Prove that no vote was lost or counted twice; exit code 4 if one was.

    Producers, stream, tallies, lake and warehouse are asked, each for itself. Votes may flow
    meanwhile: each line says up to when it is exact. The Pipeline page shows the last result.

    \b
    Example:
      cube check --wait 30
    """
    verdicts = collect(data, endpoint(data), wait_s=wait, minutes=minutes)
    if for_people(as_json):
        print_verdicts(verdicts)
    else:
        for verdict in verdicts:
            print_json(verdict)
    return 0 if all(verdict.ok for verdict in verdicts) else InvariantBroken.exit_code


def collect(
    data: Path, endpoint_url: str, *, wait_s: float, minutes: int | None = None
) -> list[Invariant]:
    """Read both sides of every invariant."""
    chosen = settings()
    with console(stderr=True).status("reading both sides of every invariant") as spinner:
        evidence = Evidence(
            # The reader paces itself: it goes on with another shard where one is throttled.
            kinesis=client_at("kinesis", endpoint_url, attempts=2),
            dynamodb=client_at("dynamodb", endpoint_url),
            consumers=consumers_of(data, endpoint_url, chosen),
            stream=chosen.stream,
            table=chosen.tally_table,
            outboxes=DataFolder(data).outboxes(),
            clock=SystemClock(),
            wait_until=wait_until,
            history=_history(data, endpoint_url, chosen),
            handler_errors=lambda from_ms: read_handler_errors(
                client_at("s3", endpoint_url), chosen.lake_bucket, from_ms=from_ms
            ),
            on_progress=lambda lines: spinner.update(f"reading the stream: {lines:,} lines"),
        )
        verdicts = evidence.collect(wait_s=wait_s, minutes=minutes)
        verdicts += compared(evidence.dynamodb, chosen.tally_table, verdicts)
        report = CheckReport.of(
            verdicts, checked_at_ms=evidence.clock.now_ms(), waited_s=round(wait_s)
        )
        evidence.dynamodb.put_item(TableName=chosen.tally_table, Item=report.to_item())
        return verdicts


def compared(dynamodb: Any, table: str, verdicts: Sequence[Invariant]) -> list[Invariant]:
    """Return what the scheduled comparison found last; nothing before it has run."""
    key = {"pk": to_attribute(COMPARE_PK), "sk": to_attribute(COMPARE_SK)}
    item = dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")
    if item is None:
        return []
    now = next((each for each in verdicts if each.name == "live_equals_warehouse"), None)
    repaired = now is not None and now.ok
    return [comparison_agrees(Agreement.from_item(item), repaired=repaired)]


def consumers_of(data: Path, endpoint_url: str, chosen: Settings) -> Callable[[], Consumers | None]:
    """Return who says how far counting is: the engine, or for a stack CloudWatch and the lanes."""
    if stack_name() is None:
        return lambda: ask_engine(endpoint_url)
    dynamodb = client_at("dynamodb", endpoint_url)
    return cloud_consumers(data, dynamodb, chosen.tally_table).consumers


def _deliveries(data: Path, endpoint_url: str, chosen: Settings) -> Callable[[], Deliveries | None]:
    if stack_name() is None:
        return lambda: ask_deliveries(endpoint_url)
    dynamodb = client_at("dynamodb", endpoint_url)
    return cloud_consumers(data, dynamodb, chosen.tally_table).deliveries


def _history(data: Path, endpoint_url: str, chosen: Settings) -> HistoryEvidence | None:
    """Return where to look for history, None where what runs has none (`--no-history`)."""
    deliveries = _deliveries(data, endpoint_url, chosen)
    if deliveries() is None or chosen.warehouse_api == "none":
        return None
    return HistoryEvidence(
        s3=client_at("s3", endpoint_url),
        bucket=chosen.lake_bucket,
        warehouse=WarehouseReader(warehouse(data)),
        deliveries=deliveries,
        clock=SystemClock(),
        by_manifest=chosen.history_load != "firehose",
    )


def print_verdicts(verdicts: Sequence[Invariant]) -> None:
    """Show each invariant, its two sides, and what they are."""
    out = console()
    for verdict in verdicts:
        mark = "[green]ok[/]    " if verdict.ok else "[bold red]BROKEN[/]"
        sign = "=" if verdict.left == verdict.right else "/"
        out.print(f"{mark} {verdict.name}: {verdict.left:,} {sign} {verdict.right:,}")
        out.print(f"       {verdict.left_is} {sign} {verdict.right_is}", style="dim")
        if verdict.note:
            out.print(f"       {verdict.note}", style="yellow", markup=False)
    broken = sorted({verdict.name for verdict in verdicts if not verdict.ok})
    if broken:
        click.echo(f"error: {', '.join(broken)}\nhint: {InvariantBroken.hint}", err=True)
