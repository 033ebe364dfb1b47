"""Parts and a direction in, the engine or the stack told, and what it answered shown."""

import json
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

from core.errors import ServiceRefused
from infra.deploy.stack import Stack
from local.cli.clients import endpoint
from local.cli.cloud import aws, stack_name
from local.cli.wait import pause_ms
from local.cloud_pausing import has_part, switch
from local.pausing import PARTS

_TIMEOUT_S: Final = 10


def switch_parts(parts: Sequence[str], data: Path, *, on: bool) -> int:
    """Pause or resume parts of what runs in `data`, or of the stack that --cloud names.

    No part: every one there is.
    """
    stack = stack_name()
    if stack is not None:
        outputs = Stack(aws("cloudformation"), stack, wait=pause_ms).outputs()
        parts = parts or [part for part in PARTS if has_part(part, outputs)]
        clients = {"functions": aws("lambda"), "scheduler": aws("scheduler")}
        for line in switch(parts, outputs, **clients, on=on):
            click.echo(line)
        return 0
    paused = _tell_engine(endpoint(data), parts or tuple(PARTS), on=on)
    click.echo(f"Paused: {', '.join(paused)}; `cube resume` goes on." if paused else "All goes on.")
    return 0


def _tell_engine(url: str, parts: Sequence[str], *, on: bool) -> list[str]:
    request = urllib.request.Request(  # noqa: S310 - http, our own
        f"{url}/_cube/{'resume' if on else 'pause'}",
        data=json.dumps({"parts": list(parts)}).encode(),
        headers={"content-type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310 - as above
            return list(json.load(answer)["paused"])
    except urllib.error.HTTPError as error:
        raise ServiceRefused(f"pausing: {error.read().decode(errors='replace')}") from error
    except OSError as error:
        raise ServiceRefused(f"pausing: {error}") from error
