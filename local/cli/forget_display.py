"""What became of a request to forget in, a table for a person, or JSON lines, out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import click

from local.cli.display import print_json, print_table
from local.forgetting.expiry import Rest
from local.forgetting.history import Arrivals
from local.forgetting.lake_objects import Place
from local.forgetting.obstacle import moment


@dataclass(frozen=True, slots=True)
class Report:
    """What was changed in the lake and the warehouse, and what forgets by itself.

    `lines` are parked lines whose text alone named the device.
    """

    places: Sequence[Place]
    arrivals: Mapping[str, Arrivals]
    lines: int
    rests: Sequence[Rest]

    def show(self, *, dry_run: bool, people: bool) -> None:
        """Print it; what was left goes to stderr, object by object."""
        rows = self._rows()
        if people:
            title = "would be changed" if dry_run else "changed"
            print_table(title, ("place", "objects", "lines or rows"), rows)
            if self.rests:
                table = [(rest.place, moment(rest.until_ms)) for rest in self.rests]
                print_table("forgets by itself", ("place", "by"), table)
        else:
            for place, objects, lines in rows:
                said = {"place": place, "objects": objects, "lines": lines, "dry_run": dry_run}
                print_json(said)
            for rest in self.rests:
                print_json({"place": rest.place, "until": moment(rest.until_ms)})
        for where in self.places:
            for key, why in sorted(where.named.items()):
                click.echo(f"left: {key}: {why}", err=True)

    def _rows(self) -> list[tuple[str, int, int]]:
        rows = [(f"lake {each.prefix}", each.rewritten, each.lines) for each in self.places]
        rows += [(f"warehouse {table}", 0, each.rows) for table, each in self.arrivals.items()]
        if self.lines:
            rows.append(("warehouse parked_votes, text alone", 0, self.lines))
        return rows
