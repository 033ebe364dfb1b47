"""A part's name in, how fast it is on this machine out."""

from dataclasses import asdict
from datetime import UTC, datetime

import click
import msgspec

from core.clock import SystemClock
from local.bench import BENCHES, run_bench
from local.bench.comparison import Change, changes_of
from local.bench.kept import Kept, read_kept, write_kept
from local.bench.machine import machine
from local.bench.options import BenchOptions
from local.cli import options
from local.cli.display import console, for_people, print_json, print_table

_NAMES = "\n".join(f"  {name:<9} {entry.what}" for name, entry in BENCHES.items())


@click.command(epilog=f"\b\nBenches:\n{_NAMES}")
@click.argument("name", type=click.Choice(list(BENCHES)), metavar="NAME")
@options.as_json
@click.option("--runs", type=click.IntRange(1), help="How often, else the bench's own.")
@click.option("--rate", type=click.FloatRange(1), help="Votes a second, else the bench's own.")
@click.option("--seconds", type=click.FloatRange(1), help="How long, else the bench's own.")
@options.shards
@click.option("--viewers", type=click.IntRange(1), default=200, show_default=True, help="For sse.")
@click.option("--quick", is_flag=True, help="For scale: the ends of each dimension only.")
@click.option("--python", metavar="PATH", help="For peers: the interpreter they are installed for.")
@click.option("--keep", is_flag=True, help="Keep the figures in docs/benchmarks.")
def bench(
    name: str,
    as_json: bool,
    runs: int | None,
    rate: float | None,
    seconds: float | None,
    shards: int | None,
    viewers: int,
    quick: bool,
    python: str | None,
    keep: bool,
) -> int:
    """Measure one part, or the whole path, several times: medians and how far apart they lie.

    What needs a running system starts one of its own, in a folder of its own, on free ports. The
    figures are compared with those that were kept last; a warning says when the machine was busy.

    \b
    Examples:
      cube bench fold
      cube bench live --rate 50000 --seconds 60 --shards 16 --keep
      cube bench scale --quick
    """
    chosen = BenchOptions(
        rate=rate, seconds=seconds, shards=shards, viewers=viewers, quick=quick, python=python
    )
    people = for_people(as_json)
    kept = read_kept(name)
    run = _measured(name, chosen, runs or BENCHES[name].runs)
    comparable = kept if kept and kept.options == run.options else None
    show(run, changes_of(run.figures, comparable), people=people)
    if people and kept and not comparable:
        click.echo("the kept run had other options, and is not compared")
    if keep:
        path = write_kept(run)
        click.echo(f"kept in {path.name}", err=True)
    return 0


def _measured(name: str, chosen: BenchOptions, runs: int) -> Kept:
    """Run the bench, and put beside its figures what they are worth nothing without."""
    with console(stderr=True).status(name) as spinner:

        def on_run(number: int) -> None:
            spinner.update(f"{name}: warming up" if number == 0 else f"{name}: run {number}/{runs}")

        measured = run_bench(name, chosen, runs=runs, on_run=on_run)
    moment = datetime.fromtimestamp(SystemClock().now_ms() / 1000, tz=UTC)
    return Kept(
        bench=name,
        measured_at=moment.isoformat(timespec="seconds"),
        options=chosen_options(chosen),
        machine=machine(),
        warnings=measured.warnings,
        figures=measured.figures,
    )


def chosen_options(chosen: BenchOptions) -> dict[str, object]:
    """Return what differs from the defaults; the interpreter's place is this machine's affair."""
    defaults = asdict(BenchOptions())
    return {
        name: value
        for name, value in asdict(chosen).items()
        if value != defaults[name] and name != "python"
    }


def show(run: Kept, changes: dict[str, Change], *, people: bool) -> None:
    """Print figures, how they have changed, and the machine that they were measured on."""
    if not people:
        for figure in run.figures:
            change = changes.get(figure.name)
            print_json(
                {
                    **msgspec.to_builtins(figure),
                    "change": change._asdict() if change else None,
                    "warnings": run.warnings,
                    "machine": run.machine,
                }
            )
        return
    _show_table(run, changes)
    click.echo(", ".join(f"{key} {value}" for key, value in run.machine.items()))
    for warning in run.warnings:
        click.echo(f"warning: {warning}", err=True)


def _show_table(run: Kept, changes: dict[str, Change]) -> None:
    runs = max((figure.runs for figure in run.figures), default=0)
    title = f"bench {run.bench}, {runs} runs, medians"
    if run.bench == "modes":
        from local.bench.modes import table_of

        print_table(title, *table_of(run.figures))
        return
    rows = [
        (
            figure.name,
            f"{figure.value:,.4g}",
            figure.unit,
            f"{figure.lowest:,.4g} - {figure.highest:,.4g}",
            str(changes.get(figure.name, "")),
        )
        for figure in run.figures
    ]
    print_table(title, ("figure", "median", "unit", "from - to", "against the kept run"), rows)
