"""A device's id in, a pseudonym in its place everywhere, and what forgets by itself, out."""

import secrets
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import click

from core.clock import SystemClock
from core.errors import ServiceRefused, UsageError
from core.limits import DEVICE_ID_CHARS_MAX
from local.cli import options
from local.cli.check import collect
from local.cli.clients import client, endpoint, environment, settings
from local.cli.cloud import stack_name
from local.cli.display import console, for_people, size
from local.cli.forget_display import Report
from local.cli.poll import Moment
from local.cli.wait import pause_ms
from local.cli.warehouse import warehouse
from local.cloud import DELIVERY
from local.consumers import ask_deliveries
from local.forgetting import request
from local.forgetting.backup_delay import backup_delay_ms
from local.forgetting.expiry import Rest, rests
from local.forgetting.history import Arrivals, DeviceHistory, by_connection, by_data_api
from local.forgetting.lake_objects import LakeWalk, Place
from local.forgetting.limits import PSEUDONYM_BYTES, PSEUDONYM_START
from local.forgetting.obstacle import (
    moment,
    refuse_broken,
    refuse_failures,
    refuse_unsent,
    settled_ms,
)
from local.forgetting.rewriter import Person
from local.supervise.folder import DataFolder
from processors.data_api import DataApi

_CLOCK: Final = SystemClock()


@click.command()
@click.argument("device")
@click.option("--poll", help="Only its votes in this poll; default: in all.")
@click.option(
    "--from", "from_ms", type=Moment(), help="It first voted no earlier: look no further."
)
@click.option("--until", "to_ms", type=Moment(), help="It last voted before: look no further.")
@click.option(
    "--wait",
    "wait_s",
    type=click.FloatRange(0),
    default=120,
    show_default=True,
    help="Seconds to wait until all is delivered, loaded and backed up.",
)
@click.option(
    "--now",
    is_flag=True,
    help="Even while a copy of a vote could still come: history would count it once more.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be changed, and change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@options.data
@options.as_json
def forget(
    device: str,
    poll: str | None,
    from_ms: int | None,
    to_ms: int | None,
    wait_s: float,
    now: bool,
    dry_run: bool,
    yes: bool,
    data: Path,
    as_json: bool,
) -> int:
    """Put a random pseudonym in the place of a device, everywhere; every count stays.

    Lake and warehouse are changed; the rest expires by itself, and the command says when. Doing it
    again finds nothing. Exit code 5 where something had to be left. docs/privacy.md says more.

    \b
    Example:
      cube forget me --dry-run
    """
    if not 1 <= len(device) <= DEVICE_ID_CHARS_MAX:
        raise UsageError(f"forgetting: an id has 1 to {DEVICE_ID_CHARS_MAX} characters")
    known = _known(data, device, poll, from_ms, to_ms)
    if not dry_run:
        if not (known.settled or now):
            raise _too_early(known)
        _ask(device, poll, yes=yes)
        known = _at_rest(data, known, wait_s=wait_s, now=now)
        request.begin(known.s3, known.bucket, known.person)
    lines = list(known.history.unnamed_lines()) if known.history else []
    walk = LakeWalk(
        s3=known.s3,
        bucket=known.bucket,
        person=known.person,
        settled=known.settled,
        from_ms=from_ms or 0,
        to_ms=to_ms,
    )
    places = _walk(walk, write=not dry_run)
    arrivals = known.history.arrivals() if known.history else {}  # with what was loaded meanwhile
    if not dry_run:
        if known.history and (arrivals or lines):
            known.history.forget(lines)
        request.end(known.s3, known.bucket, known.person)
    report = Report(places, arrivals, len(lines), known.rests(places))
    report.show(dry_run=dry_run, people=for_people(as_json))
    return ServiceRefused.exit_code if any(place.named for place in places) else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What is known of a device before anything is changed; `last_ms` is None for no vote."""

    s3: Any
    bucket: str
    person: Person
    history: DeviceHistory | None
    last_ms: int | None
    hours: int

    @property
    def settled(self) -> bool:
        """Return whether no copy of a vote can come any more."""
        if self.last_ms is None:
            return self.history is not None
        return settled_ms(self.last_ms, self.hours) <= _CLOCK.now_ms()

    def rests(self, places: Sequence[Place]) -> list[Rest]:
        """Return what forgets by itself; nothing where nothing was ever there."""
        if self.last_ms is None and not any(place.rewritten for place in places):
            return []
        on_aws = stack_name() is not None
        return rests(_CLOCK.now_ms(), self.last_ms, self.hours, on_aws=on_aws)


def _known(
    data: Path, device: str, poll: str | None, from_ms: int | None, to_ms: int | None
) -> _Known:
    """Ask everybody about a device; raise UsageError or InvariantBroken where it has to wait."""
    s3, bucket = client("s3", data), settings().lake_bucket
    fresh = PSEUDONYM_START + secrets.token_hex(PSEUDONYM_BYTES)
    person = request.begun(s3, bucket, device, poll) or Person(device, fresh, poll)
    refuse_unsent(DataFolder(data).outboxes(), person)
    refuse_failures(s3, bucket, person)
    history = _history(data, person)
    arrivals = history.arrivals() if history else {}
    stream = client("kinesis", data).describe_stream_summary(StreamName=settings().stream)
    return _Known(
        s3=s3,
        bucket=bucket,
        person=person,
        history=history,
        last_ms=_checked_range(arrivals, from_ms, to_ms, known=history is not None),
        hours=int(stream["StreamDescriptionSummary"]["RetentionPeriodHours"]),
    )


def _history(data: Path, person: Person) -> DeviceHistory | None:
    """Return the warehouse's side, None where what runs has none."""
    chosen = settings()
    if chosen.warehouse_api == "none":
        return None
    if stack_name() is None and ask_deliveries(endpoint(data)) is None:
        return None
    asked = warehouse(data)
    if chosen.warehouse_api == "driver":
        return DeviceHistory(asked, by_connection(asked), person)
    api = DataApi(
        client("redshift-data", data),
        workgroup=chosen.warehouse_workgroup,
        database=chosen.warehouse_database,
        wait=pause_ms,
    )
    return DeviceHistory(asked, by_data_api(api), person)


def _checked_range(
    arrivals: dict[str, Arrivals], from_ms: int | None, to_ms: int | None, *, known: bool
) -> int | None:
    """Return when the last vote arrived; raise UsageError for a range that leaves votes out."""
    if (from_ms is not None or to_ms is not None) and not known:
        raise UsageError("forgetting: without a warehouse nobody knows when it voted: no --from")
    if not arrivals:
        return None
    first = min(each.first_ms for each in arrivals.values())
    last = max(each.last_ms for each in arrivals.values())
    if first < (from_ms or 0) or (to_ms is not None and last >= to_ms):
        raise UsageError(
            f"forgetting: its votes arrived from {moment(first)} to {moment(last)}: a part alone "
            "would make two of a vote that was sent twice"
        )
    return last


def _too_early(known: _Known) -> UsageError:
    if known.last_ms is None:
        return UsageError("forgetting: without a warehouse nobody knows its last vote: say --now")
    return UsageError(
        f"forgetting: its last vote arrived {moment(known.last_ms)}, and a copy could still count: "
        f"run it again after {moment(settled_ms(known.last_ms, known.hours))}, or say --now"
    )


def _at_rest(data: Path, known: _Known, *, wait_s: float, now: bool) -> _Known:
    """Wait until nothing of the device is on its way; return what is known of it then.

    Where no copy can come any more other votes may go on, else everything has to rest.
    """
    refuse_broken(collect(data, endpoint(data), wait_s=0 if known.settled else wait_s))
    arrivals = known.history.arrivals() if known.history else {}
    last_ms = max((each.last_ms for each in arrivals.values()), default=known.last_ms)
    known = replace(known, last_ms=last_ms)
    if known.settled:
        return known
    if not now:
        raise _too_early(known)  # it has voted meanwhile
    _wait_for_backup(data, last_ms or _CLOCK.now_ms(), wait_s)
    return known


def _wait_for_backup(data: Path, last_ms: int, wait_s: float) -> None:
    """Wait until the backup has it, too; raise UsageError where that takes too long."""
    firehose = client("firehose", data)
    name = environment().get(DELIVERY)
    names = [name] if name else firehose.list_delivery_streams()["DeliveryStreamNames"]
    now_ms = _CLOCK.now_ms()
    until_ms = last_ms + backup_delay_ms(firehose, names)
    if until_ms - now_ms > wait_s * 1_000:
        raise UsageError(
            f"forgetting: the backup of its last vote is there by {moment(until_ms)}: "
            "run it again then, or --wait longer"
        )
    with console(stderr=True).status("waiting for the source backup"):
        pause_ms(max(0, until_ms - now_ms))


def _ask(device: str, poll: str | None, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("forgetting: it cannot be taken back; say --yes")
    where = f"in poll {poll}" if poll else "everywhere"
    click.confirm(f"Forget {device!r} {where}? It cannot be taken back.", abort=True)


def _walk(walk: LakeWalk, *, write: bool) -> list[Place]:
    """Do the lake, with a line that tells a person how far it is."""
    done = {"objects": 0, "bytes": 0}
    with console(stderr=True).status("reading the lake") as spinner:

        def on_object(key: str, count: int) -> None:
            done["objects"] += 1
            done["bytes"] += count
            where = f"{key.partition('/')[0]}/"
            said = f"reading {where}: {done['objects']:,} objects, {size(done['bytes'])}"
            spinner.update(said)

        return list(replace(walk, on_object=on_object).run(write=write))
