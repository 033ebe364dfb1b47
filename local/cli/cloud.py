"""A stack's name in, this process's environment set to that stack out."""

import os
import sys
from pathlib import Path
from typing import Any, Final

import click

from core.clock import SystemClock
from core.errors import UsageError
from infra.deploy.stack import Stack
from local.cli.clients import client_at, environment
from local.cli.wait import pause_ms
from local.cloud import (
    AWS_ITSELF,
    COUNTER,
    DELIVERY,
    STACK,
    STAGE,
    check_command,
    environment_of,
    needs_consent,
)
from local.cloud_consumers import CloudConsumers
from local.evidence import lanes_of, summaries_of
from local.supervise.folder import DataFolder

_HOME: Final = Path(".cube")


def enter(stack: str, command: str, *, yes: bool) -> None:
    """Read a stack's outputs and set this process to speak to it; ask before load on production."""
    check_command(command)
    cloudformation = aws("cloudformation")
    target = Stack(cloudformation, stack, wait=pause_ms)
    outputs = target.outputs()
    found = environment_of(stack, target.identity(), outputs, _HOME)
    os.environ.update(found)  # noqa: TID251 - the CLI's own
    stage = outputs.get("Stage", "")
    if yes or not needs_consent(command, stage):
        return
    if not sys.stdin.isatty():
        raise UsageError(f"sending load: stack {stack} is marked production; say --yes if it may")
    click.confirm(f"Stack {stack} is marked production. Put load on it?", abort=True)


def aws(service: str) -> Any:
    """Return a client of AWS, or of the endpoint that AWS_ENDPOINT_URL names."""
    return client_at(service, environment().get("AWS_ENDPOINT_URL") or AWS_ITSELF)


def stack_name() -> str | None:
    """Return the stack that this process speaks to, None: this machine's engine."""
    return environment().get(STACK)


def stage() -> str:
    return environment().get(STAGE, "")


def cloud_consumers(data: Path, dynamodb: Any, table: str) -> CloudConsumers:
    """Return who says how far the stack's consumers are."""
    given = environment()
    return CloudConsumers(
        cloudwatch=aws("cloudwatch"),
        clock=SystemClock(),
        counter=given[COUNTER],
        delivery=given.get(DELIVERY, ""),
        summaries=lambda: summaries_of(DataFolder(data).outboxes(), SystemClock()).values(),
        lanes=lambda producer: lanes_of(dynamodb, table, producer),
    )
