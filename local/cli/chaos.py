"""Names of faults in, what each does to a true system under load, and to its votes, out."""

import signal
import sys
from collections.abc import Iterator, Sequence

import click

from core.errors import InvariantBroken
from local.chaos import limits
from local.chaos.catalog import chosen
from local.chaos.fault import Fault
from local.chaos.summary import Row, try_fault, try_together
from local.chaos.trial import Trial
from local.cli import options
from local.cli.clients import environment
from local.cli.display import console, for_people, print_json, print_table

_ENDED = 143  # as a shell reports SIGTERM


@click.command()
@options.as_json
@click.option("--fault", "names", multiple=True, metavar="NAME", help="Which; default: all.")
@click.option("--times", type=click.IntRange(1), default=1, show_default=True, help="How often.")
@click.option(
    "--rate",
    type=click.FloatRange(1),
    default=limits.RATE,
    show_default=True,
    help="Votes a second.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(0),
    default=limits.SECONDS,
    show_default=True,
    help="How long votes flow, at least.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="When a strike hits.")
@click.option(
    "--together",
    is_flag=True,
    help="Strike one system with all of them, in turns: a third of the time.",
)
@click.option("--list", "listed", is_flag=True, help="Say what there is, and do nothing.")
def chaos(
    as_json: bool,
    names: tuple[str, ...],
    times: int,
    rate: float,
    seconds: float,
    seed: int,
    together: bool,
    listed: bool,
) -> int:
    """Strike a true `cube up` under load with faults, and count what was lost or doubled.

    Each fault has a system of its own, in a temporary folder, on free ports. Votes flow, the fault
    strikes, everything drains, `cube check` runs, and every stage is compared with the one before
    it, vote by vote. Exit code 4: a vote was lost or doubled, or the ledger does not balance.

    \b
    Examples:
      cube chaos --list
      cube chaos --fault kill-engine --fault disk-full --times 3
      cube chaos --together --times 3 --rate 500
    """
    faults = chosen(names)
    people = for_people(as_json)
    if listed:
        show_faults(faults, people=people)
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(_ENDED))  # what was started is ended
    with console(stderr=True).status("starting") as spinner:
        trial = Trial(
            environment=environment(),
            rate=rate,
            seconds=seconds,
            seed=seed,
            on_strike=spinner.update,
        )
        found: list[Row] = []
        for row in rows_of(trial, faults, times=times, together=together):
            found.append(row)
            if not people:
                print_json(row)
    if people:
        show_rows(found)
    return 0 if all(row.ok for row in found) else InvariantBroken.exit_code


def rows_of(trial: Trial, faults: Sequence[Fault], *, times: int, together: bool) -> Iterator[Row]:
    """Yield the row of each fault as soon as it is known."""
    if together:
        yield from try_together(trial, faults, times=times)
        return
    for fault in faults:
        yield try_fault(trial, fault, times=times)


def show_faults(faults: Sequence[Fault], *, people: bool) -> None:
    """Print each fault's name and what it does."""
    if people:
        rows = [(fault.name, fault.what, fault.refusal() or "-") for fault in faults]
        print_table("Faults", ("fault", "what happens", "cannot be tried here"), rows)
        return
    for fault in faults:
        print_json({"fault": fault.name, "what": fault.what, "refusal": fault.refusal()})


def show_rows(rows: Sequence[Row]) -> None:
    """Print the table, then what did not hold or could not be tried."""
    columns = ("fault", "times", "votes", "lost", "doubled", "recovery s", "at most", "balanced s")
    print_table(
        "Faults under load",
        columns,
        [
            (
                row.fault,
                row.times,
                row.votes,
                row.lost,
                row.doubled,
                row.recovery_s_median,
                row.recovery_s_max,
                row.balanced_s,
            )
            for row in rows
        ],
    )
    for row in rows:
        for line in notes_of(row):
            click.echo(f"{row.fault}: {line}")


def notes_of(row: Row) -> list[str]:
    """Return what a person should know of a row beside its figures."""
    notes = [f"BROKEN: {broken}" for broken in row.broken]
    notes += [f"not tried: {row.not_tried}"] if row.not_tried else []
    return notes + ([f"by {row.how}"] if row.how else [])
