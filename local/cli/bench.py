"""A part's name in, how fast it is on this machine out."""

from collections.abc import Sequence

import click
import msgspec

from local.bench import BENCHES, run_bench
from local.bench.figure import Figure
from local.bench.machine import machine
from local.bench.options import BenchOptions
from local.cli import options
from local.cli.display import console, for_people, print_json, print_table

_RUNS = 3
_NAMES = "\n".join(f"  {name:<9} {entry.what}" for name, entry in BENCHES.items())


@click.command(epilog=f"\b\nBenches:\n{_NAMES}")
@click.argument("name", type=click.Choice(list(BENCHES)), metavar="NAME")
@options.as_json
@click.option("--runs", type=click.IntRange(1), default=_RUNS, show_default=True, help="How often.")
@click.option("--rate", type=click.FloatRange(1), help="Votes a second, else the bench's own.")
@click.option("--seconds", type=click.FloatRange(1), help="How long, else the bench's own.")
@options.shards
@click.option("--viewers", type=click.IntRange(1), default=200, show_default=True, help="For sse.")
def bench(
    name: str,
    as_json: bool,
    runs: int,
    rate: float | None,
    seconds: float | None,
    shards: int | None,
    viewers: int,
) -> int:
    """Measure one part, or the whole path, several times: medians and how far apart they lie.

    What needs a running system starts one of its own, in a folder of its own, on free ports.

    \b
    Examples:
      cube bench fold
      cube bench live --rate 50000 --seconds 60 --shards 16
    """
    chosen = BenchOptions(rate=rate, seconds=seconds, shards=shards, viewers=viewers)
    people = for_people(as_json)
    with console(stderr=True).status(name) as spinner:

        def on_run(number: int) -> None:
            spinner.update(f"{name}: warming up" if number == 0 else f"{name}: run {number}/{runs}")

        figures = run_bench(name, chosen, runs=runs, on_run=on_run)
    show_figures(name, figures, runs=runs, people=people)
    return 0


def show_figures(name: str, figures: Sequence[Figure], *, runs: int, people: bool) -> None:
    """Print figures, and the machine that they were measured on."""
    if not people:
        for figure in figures:
            print_json({**msgspec.to_builtins(figure), "machine": machine()})
        return
    if name == "modes":
        from local.bench.modes import table_of

        columns, compared = table_of(figures)
        print_table(f"bench {name}, {runs} runs, medians", columns, compared)
        click.echo(", ".join(f"{key} {value}" for key, value in machine().items()))
        return
    rows = [
        (figure.name, f"{figure.value:,.4g}", figure.unit, _spread(figure.lowest, figure.highest))
        for figure in figures
    ]
    print_table(f"bench {name}, {runs} runs", ("figure", "median", "unit", "from - to"), rows)
    click.echo(", ".join(f"{key} {value}" for key, value in machine().items()))


def _spread(lowest: float, highest: float) -> str:
    return f"{lowest:,.4g} - {highest:,.4g}"
