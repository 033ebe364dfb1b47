"""A seed in, the shipped code under seeded faults, and whether the ledger balances, out."""

import json
import sys
import tempfile
from pathlib import Path

import click

from core.errors import InvariantBroken
from local.simulation.world import Report, Simulation

EXIT_STUCK = 6  # liveness: the faults stopped and it did not drain


@click.command()
@click.option("--seed", type=int, default=1, show_default=True, help="First seed to run.")
@click.option("--runs", type=int, default=1, show_default=True, help="How many seeds to run.")
@click.option("--steps", type=int, default=300, show_default=True, help="Steps under faults.")
def sim(seed: int, runs: int, steps: int) -> None:
    """Run the shipped code on a simulated clock with faults drawn from a seed.

    Everything is the code that ships: outbox, publisher, stream, mapping, processors, tables. The
    same seed gives the same run. Exit code 4: a vote was lost or counted twice; 6: it got stuck.

    Example: cube sim --seed 7
    """
    stuck = False
    for number in range(seed, seed + runs):
        report = run_seed(number, steps)
        click.echo(describe(report) if sys.stdout.isatty() else to_json(report))
        if report.broken:
            raise InvariantBroken(
                f"simulating seed {number}: {report.broken[0]}; "
                f"replay: cube sim --seed {number} --steps {steps}"
            )
        stuck = stuck or report.stuck
    if stuck:
        sys.exit(EXIT_STUCK)


def run_seed(seed: int, steps: int) -> Report:
    """Run one seed below a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="cube-sim-") as folder:
        return Simulation(seed, Path(folder), steps=steps).run()


def describe(report: Report) -> str:
    faults = ", ".join(f"{name} {count}" for name, count in sorted(report.struck.items()))
    verdict = "balanced" if report.ok else "; ".join(report.broken) or "did not drain"
    return f"seed {report.seed}: {report.votes} votes, {verdict}; faults: {faults or 'none'}"


def to_json(report: Report) -> str:
    return json.dumps(
        {
            "seed": report.seed,
            "votes": report.votes,
            "ok": report.ok,
            "stuck": report.stuck,
            "broken": report.broken,
            "faults": report.struck,
        }
    )
