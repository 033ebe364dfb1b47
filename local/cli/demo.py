"""A rate in, the whole pipeline running with votes flowing through it out, and a summary after."""

import asyncio
import random
import threading
from dataclasses import dataclass
from pathlib import Path

import click

from core.clock import SystemClock
from core.errors import InvariantBroken
from local.cli import options
from local.cli.check import collect, print_verdicts
from local.cli.clients import client_at, environment, settings
from local.cli.display import duration, for_people, print_json
from local.cli.load import default_outbox
from local.cli.load_display import load_progress
from local.cli.put_client import put_client_at
from local.cli.tally import read_tally
from local.cli.up import addresses
from local.cli.wait import wait_until
from local.consumers import ask_engine
from local.latency_reader import read_latency
from local.load import run_load
from local.load_plan import LoadPlan, LoadReport
from local.supervise.children import UpOptions
from local.supervise.session import Session, run_session
from producers.pattern import PATTERNS

_CLOCK = SystemClock()
_EXIT_SECONDS = 20.0
_GIVE_UP_S = 10.0  # how long after Ctrl-C votes are still sent and counted
_DRAIN_S = 60.0  # how long `--exit` waits until everything is counted


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What `cube demo` was asked for, beside what `cube up` is."""

    rate: float
    seconds: float | None
    pattern: str
    devices: int
    seed: int
    ends: bool
    people: bool


@click.command()
@click.option(
    "--rate", type=click.FloatRange(1), default=10_000, show_default=True, help="Votes a second."
)
@click.option(
    "--seconds",
    type=click.FloatRange(0, min_open=True),
    default=None,
    help="How long votes are cast; default: until Ctrl-C.",
)
@click.option(
    "--exit",
    "ends",
    is_flag=True,
    help=f"End by itself after --seconds ({_EXIT_SECONDS:.0f}), with a check.",
)
@click.option(
    "--pattern",
    type=click.Choice(sorted(PATTERNS)),
    default="steady",
    show_default=True,
    help="How the rate goes up and down.",
)
@click.option(
    "--devices",
    type=click.IntRange(1),
    default=10_000,
    show_default=True,
    help="How many devices vote.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the votes.")
@options.data
@options.aws_port
@options.dashboard_port
@options.no_dashboard
@options.warehouse_port
@options.no_history
@options.no_trend
@options.shards
@options.mode
@options.max_disk
@options.as_json
def demo(
    rate: float,
    seconds: float | None,
    ends: bool,
    pattern: str,
    devices: int,
    seed: int,
    data: Path,
    aws_port: int,
    dashboard_port: int,
    no_dashboard: bool,
    warehouse_port: int,
    no_history: bool,
    no_trend: bool,
    shards: int | None,
    mode: str | None,
    max_disk: int,
    as_json: bool,
) -> int:
    """Start everything, send votes, and show them on the dashboard until Ctrl-C.

    \b
    Example:
      cube demo --rate 10000 --seconds 20 --exit
    """
    chosen = UpOptions(
        data=data,
        aws_port=aws_port,
        dashboard_port=None if no_dashboard else dashboard_port,
        warehouse_port=None if no_history else warehouse_port,
        shards=shards,
        mode=mode,
        max_disk_bytes=max_disk,
        trend=not no_trend,
    )
    asked = _Asked(
        rate=rate,
        seconds=_EXIT_SECONDS if ends and seconds is None else seconds,
        pattern=pattern,
        devices=devices,
        seed=seed,
        ends=ends,
        people=for_people(as_json),
    )
    return _run(chosen, asked)


def _run(chosen: UpOptions, asked: _Asked) -> int:
    return run_session(
        chosen,
        lambda session: _Demo(session, asked).run(),
        environment=environment(),
        clock=_CLOCK,
        announce=lambda line: click.echo(line, err=True),
    )


class _Demo:
    """One demo: votes flow until the plan, or a person, ends it."""

    def __init__(self, session: Session, asked: _Asked) -> None:
        self._session = session
        self._asked = asked
        self._settings = settings()
        self._endpoint = session.options.endpoint
        self._dynamodb = client_at("dynamodb", self._endpoint)
        self._stop = threading.Event()
        self._abort = threading.Event()
        self._started_ms = _CLOCK.now_ms()

    async def run(self) -> int:
        where = addresses(self._session.options)
        click.echo(f"{where}\nCtrl-C stops.", err=not self._asked.people)
        stopping = asyncio.create_task(self._pass_stop_on())
        try:
            report = await asyncio.to_thread(self._load)
            if self._asked.ends:
                return await asyncio.to_thread(self._conclude, report)
            if not self._session.stopped.is_set():
                if self._asked.people:
                    click.echo("All votes are cast; the system keeps running. Ctrl-C stops.")
                await self._session.stopped.wait()
            await asyncio.to_thread(wait_until, self._counted, _GIVE_UP_S)
            await asyncio.to_thread(self._summarise, report)
            return 0
        finally:
            stopping.cancel()

    async def _pass_stop_on(self) -> None:
        """End the casting on Ctrl-C; what cannot be sent soon waits in the outbox."""
        await self._session.stopped.wait()
        self._stop.set()
        await asyncio.sleep(_GIVE_UP_S)
        self._abort.set()

    def _plan(self) -> LoadPlan:
        poll = self._settings.poll
        asked = self._asked
        return LoadPlan(
            rate=asked.rate,
            seconds=asked.seconds,
            pattern=asked.pattern,
            devices=asked.devices,
            seed=asked.seed,
            poll=poll,
            palette=tuple(
                read_tally(self._dynamodb, self._settings.tally_table, poll)["by_colour"]
            ),
            stream=self._settings.stream,
            outbox=default_outbox(self._session.folder.root, 1),
        )

    def _load(self) -> LoadReport:
        plan = self._plan()
        with load_progress(plan, people=self._asked.people, clock=_CLOCK) as on_progress:
            return run_load(
                plan,
                client=put_client_at(self._endpoint),
                clock=_CLOCK,
                rng=random.Random(),
                on_progress=on_progress,
                stop=self._stop,
                abort=self._abort,
            )

    def _counted(self) -> bool:
        consumers = ask_engine(self._endpoint)
        return consumers is not None and consumers.caught_up

    def _conclude(self, report: LoadReport) -> int:
        """Wait until all is counted, check, and say what came of it."""
        verdicts = collect(self._session.options.data, self._endpoint, wait_s=_DRAIN_S)
        self._summarise(report)
        if self._asked.people:
            print_verdicts(verdicts)
        else:
            for verdict in verdicts:
                print_json(verdict)
        return 0 if all(verdict.ok for verdict in verdicts) else InvariantBroken.exit_code

    def _summarise(self, report: LoadReport) -> None:
        table, poll = self._settings.tally_table, self._settings.poll
        total = read_tally(self._dynamodb, table, poll)["total"]
        latency = read_latency(self._dynamodb, table, poll, from_ms=self._started_ms)
        if not self._asked.people:
            print_json(
                {
                    "event": "demo.done",
                    "accepted": report.accepted,
                    "left": report.left,
                    "votes_per_second": report.rate,
                    "total": total,
                    "latency_ms": {"p50": latency.cast_ms_p50, "p99": latency.cast_ms_p99},
                }
            )
            return
        click.echo(f"accepted      {report.accepted:,} votes, {report.left:,} left in the outbox")
        click.echo(f"rate          {report.rate:,.0f} votes/s over {duration(report.took_ms)}")
        click.echo(f"counted       {total:,} votes in poll {poll}")
        if latency.cast_ms_p50 is not None and latency.cast_ms_p99 is not None:
            p50, p99 = latency.cast_ms_p50, latency.cast_ms_p99
            click.echo(f"press-counted p50 {p50:.0f} ms, p99 {p99:.0f} ms")
