"""What a deployment would do or has done in, words and tables for a person out."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from infra.bundle.bundle import Bundle
from infra.deploy.change_set import Change
from local.cli.display import for_people, print_json, print_table


def show_changes(stack: str, changes: Sequence[Change] | None) -> None:
    """Say what a change set would do, what is dangerous first."""
    if changes is None:
        click.echo(f"Stack {stack}: nothing changes.")
        return
    counts = Counter(change.verb for change in changes)
    summary = ", ".join(f"{count} to {verb}" for verb, count in sorted(counts.items()))
    click.echo(f"Stack {stack}: {summary}.")
    for change in changes:
        click.echo(f"  {change.words}")
        if change.warning:
            click.secho(f"    WARNING: {change.warning}", fg="red")


def show_outputs(outputs: Mapping[str, str], as_json: bool) -> None:
    if for_people(as_json):
        print_table("Outputs", ("name", "value"), sorted(outputs.items()))
    else:
        print_json(dict(outputs))


def show_next(stack: str) -> None:
    """Name what a user needs next."""
    click.echo(
        f"Next:\n"
        f"  cube --cloud {stack} load --rate 1000 --seconds 60   votes\n"
        f"  cube --cloud {stack} dashboard                       the Live page, from here\n"
        f"  cube --cloud {stack} check                           the ledger\n"
        f"  cube deploy --stack {stack} --destroy                the end"
    )


def show_dry_run(
    packaged: Mapping[str, Any],
    made: Iterable[Bundle],
    files: Sequence[Path],
    body: bytes,
    as_json: bool,
) -> None:
    """Say what would be uploaded and made; JSON has the packaged template itself."""
    if not for_people(as_json):
        print(json.dumps(packaged, sort_keys=True))
        return
    kinds = Counter(resource["Type"] for resource in packaged["Resources"].values())
    print_table(
        "Resources that CloudFormation would make", ("type", "number"), sorted(kinds.items())
    )
    rows = [(each.logical_id, len(each.data), each.sha256[:16]) for each in made]
    print_table("Bundles that would be uploaded", ("function", "bytes", "sha256"), rows)
    parameters = [
        (name, str(declared.get("Default", "-")), declared.get("Description", ""))
        for name, declared in packaged.get("Parameters", {}).items()
    ]
    print_table("Parameters (--set NAME=VALUE)", ("name", "default", "what"), parameters)
    click.echo(
        f"Template: {len(body):,} bytes after the SAM transform. SQL for the warehouse: "
        f"{len(files)} files.\nNothing was sent; `cube deploy --plan` asks an account what would "
        "change."
    )
