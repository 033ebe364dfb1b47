"""Failures that lie in queues in, the same in the lake out, where the other commands see them."""

import time
from pathlib import Path

import click

from local.cli import options
from local.cli.clients import client, settings
from local.cli.display import for_people, print_json, print_table
from local.recovery.queue_intake import QueueIntake


@click.command()
@options.data
@options.as_json
def collect(data: Path, as_json: bool) -> int:
    """Bring failures from queues into the lake, with the records that they name.

    A queue keeps a message for days, and its records stay in the stream: read them back in time.
    `cube recover put` does this first, unless it is told names.

    \b
    Example:
      cube recover collect && cube recover list --kind live
    """
    people = for_people(as_json)
    taken = list(queue_intake(data).run())
    if not people:
        for each in taken:
            print_json({"key": each.key, "records": each.records, "gone": each.gone})
        return 0
    rows = [
        (each.key, "" if each.records is None else each.records, "yes" if each.gone else "")
        for each in taken
    ]
    print_table("failures from queues", ("now in the lake", "read back", "some gone"), rows)
    return 0


def queue_intake(data: Path) -> QueueIntake:
    chosen = settings()
    return QueueIntake(
        sqs=client("sqs", data),
        s3=client("s3", data),
        bucket=chosen.lake_bucket,
        kinesis=client("kinesis", data),
        stream=chosen.stream,
        wait=lambda ms: time.sleep(ms / 1000),  # noqa: TID251 - entry point
    )


def say_waiting(intake: QueueIntake) -> None:
    """Tell a reader of lists what they do not show yet."""
    if count := intake.waiting():
        click.echo(
            f"{count} failures wait in queues: `cube recover collect` brings them.", err=True
        )
