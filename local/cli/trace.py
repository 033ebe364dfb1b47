"""A vote's identity in, its way from the outbox to the warehouse out, as a timeline."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

from core.clock import SystemClock
from core.errors import UsageError
from core.settings import Settings
from core.vote import Identity
from local.cli import options
from local.cli.check import consumers_of
from local.cli.clients import client_at, endpoint, settings
from local.cli.cloud import aws, stack_name
from local.cli.display import console, for_people, print_json
from local.cli.trace_display import print_timeline
from local.cli.wait import pause_ms
from local.cli.warehouse import warehouse
from local.supervise.folder import DataFolder
from local.trace.call_search import CallLog, CloudLogs, FileLogs
from local.trace.find import Unknown
from local.trace.lake_search import LakeSearch
from local.trace.live_search import LiveSearch
from local.trace.timeline import timeline
from local.trace.tracer import Tracer
from local.trace.warehouse_search import WarehouseSearch

_UNITS: Final = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


class Span(click.ParamType[int]):
    """A span of time as people write it: 90s, 15m, 6h, 7d. In milliseconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        found = re.fullmatch(r"([0-9]{1,6})([smhd])", str(value).strip().lower())
        if found is None or not int(found[1]):
            self.fail(f"{value!r} is no duration such as 15m or 6h", param, ctx)
        return int(found[1]) * _UNITS[found[2]]


@click.command()
@options.data
@options.as_json
@click.option(
    "--since",
    "since_ms",
    type=Span(),
    default="1h",
    show_default=True,
    help="How far back the stream is read for a vote that the warehouse does not know.",
)
@click.argument("poll")
@click.argument("device")
@click.argument("seq", type=click.IntRange(0))
def trace(data: Path, as_json: bool, since_ms: int, poll: str, device: str, seq: int) -> int:
    """Say where the vote SEQ of DEVICE in POLL is, and when it was there.

    Exit code 0: it is accounted for; 4: the stream has it, and it is lost behind it; 5: it is
    found nowhere.

    \b
    Example:
      cube trace cube device-000017 1
    """
    if not poll or not device:
        raise UsageError("tracing a vote: say its poll, its device and its number")
    with console(stderr=True).status("asking every place") as spinner:
        tracer = tracer_of(
            data, lambda records: spinner.update(f"reading the stream: {records:,} records")
        )
        found = timeline(tracer.evidence(Identity(poll, device, seq), since_ms=since_ms))
    if for_people(as_json):
        print_timeline(found.steps)
    else:
        for step in found.steps:
            print_json(step)
    return found.exit_code


def tracer_of(data: Path, on_progress: Callable[[int], None]) -> Tracer:
    """Return who asks every place of what runs in `data`, or of the stack on AWS."""
    endpoint_url, chosen = endpoint(data), settings()
    dynamodb, s3 = client_at("dynamodb", endpoint_url), client_at("s3", endpoint_url)
    return Tracer(
        kinesis=client_at("kinesis", endpoint_url, attempts=2),  # the reader paces itself
        stream=chosen.stream,
        outboxes=DataFolder(data).outboxes(),
        live=LiveSearch(
            dynamodb=dynamodb, table=chosen.tally_table, s3=s3, bucket=chosen.lake_bucket
        ),
        logs=_logs(data),
        lake=LakeSearch(s3, chosen.lake_bucket),
        warehouse=_warehouse(data, chosen),
        consumers=consumers_of(data, endpoint_url, chosen),
        clock=SystemClock(),
        wait=pause_ms,
        on_progress=on_progress,
    )


def _logs(data: Path) -> CallLog:
    stack = stack_name()
    if stack is not None:
        return CloudLogs(aws("logs"), stack)
    return FileLogs(DataFolder(data).functions / "logs")


def _warehouse(data: Path, chosen: Settings) -> WarehouseSearch | Unknown:
    if chosen.warehouse_api == "none":
        return Unknown("there is no warehouse")
    return WarehouseSearch(lambda: warehouse(data))
