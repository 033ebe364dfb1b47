"""The stations of a vote in, a table for a person out."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from local.cli.answer import shown
from local.cli.display import console, duration
from local.trace.step import Step

_EXACT_MS: Final = 10_000  # below it, milliseconds say more
_MARKS: Final = {"found": ("yes", "green"), "absent": ("no", "yellow"), "unknown": ("?", "dim")}


def print_timeline(steps: Sequence[Step]) -> None:
    """Show a row a station, record by record; what the vote itself says cannot steer the screen."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, header_style="bold")
    table.add_column("where")
    table.add_column("there")
    table.add_column("at (UTC)", no_wrap=True)
    table.add_column("after the cast", justify="right")
    table.add_column("what", overflow="fold")
    copies = max((step.copy for step in steps), default=0)
    for step in steps:
        if step.station == "verdict":
            continue
        mark, style = _MARKS[step.state]
        where = f"{step.station} {step.copy}" if copies > 1 and step.copy else step.station
        table.add_row(
            where,
            Text(mark, style=style),
            moment(step.at_ms),
            after(step.after_ms),
            Text(shown(step.says)),
        )
    out = console()
    out.print(table)
    for step in steps:
        if step.station == "verdict":
            out.print(Text(step.says, style="bold" if step.state == "found" else "bold red"))


def moment(ms: int | None) -> str:
    if ms is None:
        return ""
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def after(ms: int | None) -> str:
    """Return a span since the cast; a clock that is behind gives less than nothing."""
    if ms is None:
        return ""
    span = f"{abs(ms):,} ms" if abs(ms) < _EXACT_MS else duration(abs(ms))
    return f"{'-' if ms < 0 else '+'}{span}"
