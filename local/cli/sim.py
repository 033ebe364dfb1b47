"""A seed in, the shipped code under seeded faults, and whether the ledger balances, out."""

import itertools
import os
import sys
from collections.abc import Iterator
from typing import Final

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from core.clock import SystemClock
from core.errors import InvariantBroken
from local.cli import options
from local.cli.display import console, for_people, print_json
from local.simulation.swarm import Summary, run_seeds
from local.simulation.world import Report

EXIT_STUCK = 6  # liveness: the faults stopped and it did not drain
_SHOWN: Final = 5


@click.command()
@click.option("--seed", type=int, default=1, show_default=True, help="First seed to run.")
@click.option(
    "--runs", type=click.IntRange(1), default=None, help="How many seeds; default: 1, or --until."
)
@click.option(
    "--until",
    type=click.FloatRange(0, min_open=True),
    default=None,
    help="Go on with the next seeds for so many seconds.",
)
@click.option(
    "--steps",
    type=click.IntRange(1),
    default=None,
    help="Steps under faults; default: drawn from the seed.",
)
@click.option(
    "--jobs",
    type=click.IntRange(1),
    default=None,
    help="Processes; default: one a core.",
)
@options.as_json
def sim(
    seed: int,
    runs: int | None,
    until: float | None,
    steps: int | None,
    jobs: int | None,
    as_json: bool,
) -> int:
    """Run the shipped code on a simulated clock with faults drawn from a seed.

    Everything is the code that ships: outbox, publisher, stream, mapping, processors, tables,
    delivery, load. The same seed gives the same run. Exit code 4: an invariant is broken, 6: it
    got stuck after the faults had stopped.

    \b
    Example:
      cube sim --seed 7
      cube sim --until 300
    """
    runs_max = runs if runs is not None else (1 if until is None else None)
    seeds: Iterator[int] = itertools.islice(itertools.count(seed), runs_max)
    clock, summary = SystemClock(), Summary()
    start_ms = clock.monotonic_ms()
    people = for_people(as_json)
    processes = min(jobs or os.cpu_count() or 1, runs_max or sys.maxsize)

    def go_on() -> bool:
        return until is None or clock.monotonic_ms() - start_ms < until * 1_000

    with _progress(hidden=not people or runs_max == 1) as progress:
        task = progress.add_task("seeds", total=runs_max)
        for report in run_seeds(seeds, steps=steps, jobs=processes, go_on=go_on):
            summary.add(report)
            progress.advance(task)
            if not people:
                print_json(to_json(report))
            elif runs_max == 1 or not report.ok:
                progress.console.print(describe(report), markup=False, highlight=False)
    seconds = (clock.monotonic_ms() - start_ms) / 1_000
    if people and summary.seeds > 1:
        console().print(summed_up(summary, seconds), markup=False, highlight=False)
    elif not people:
        print_json({"summary": summary, "seconds": round(seconds, 1)})
    return _verdict(summary, steps)


def _progress(*, hidden: bool) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(
        *columns, TimeElapsedColumn(), console=console(stderr=True), disable=hidden, transient=True
    )


def _verdict(summary: Summary, steps: int | None) -> int:
    bad = summary.broken or summary.stuck
    if not bad:
        return 0
    what = "breaking an invariant" if summary.broken else "getting stuck"
    shown = ", ".join(map(str, bad[:_SHOWN])) + (", ..." if len(bad) > _SHOWN else "")
    longer = "" if steps is None else f" --steps {steps}"
    click.echo(
        f"error: {what}: seed {shown}\nhint: replay with cube sim --seed {bad[0]}{longer}", err=True
    )
    return InvariantBroken.exit_code if summary.broken else EXIT_STUCK


def to_json(report: Report) -> dict[str, object]:
    return {
        "seed": report.seed,
        "votes": report.votes,
        "ok": report.ok,
        "stuck": report.stuck,
        "broken": report.broken,
        "faults": report.struck,
    }


def describe(report: Report) -> str:
    faults = ", ".join(f"{name} {count}" for name, count in sorted(report.struck.items()))
    verdict = "balanced" if report.ok else "; ".join(report.broken) or "did not drain"
    return f"seed {report.seed}: {report.votes} votes, {verdict}; faults: {faults or 'none'}"


def summed_up(summary: Summary, seconds: float) -> str:
    """Return the summary for a person: what was run, and which faults struck how often."""
    faults = ", ".join(f"{name} {count:,}" for name, count in sorted(summary.struck.items()))
    return (
        f"{summary.seeds:,} seeds in {seconds:,.0f} s: {summary.votes:,} votes, "
        f"{summary.struck.total():,} faults; "
        f"{len(summary.broken)} broken, {len(summary.stuck)} stuck\n{faults}"
    )
