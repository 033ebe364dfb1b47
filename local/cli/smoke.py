"""A stack in, a thousand votes through it and what its ledger says of them out."""

import subprocess
import sys
from typing import Final

import click

VOTES: Final = 1_000
_RATE: Final = 500
_WAIT_S: Final = 180  # a cold start of everything, Firehose and a load


def run_smoke(stack: str) -> int:
    """Send votes with `cube --cloud load` and run its check; return the first exit code not 0."""
    words = [sys.executable, "-m", "local", "--cloud", stack, "--yes"]
    for command in (
        ["load", "--votes", str(VOTES), "--rate", str(_RATE)],
        ["check", "--wait", str(_WAIT_S)],
    ):
        click.echo(f"$ cube --cloud {stack} {' '.join(command)}", err=True)
        code = subprocess.run([*words, *command], check=False).returncode
        if code:
            return code
    return 0
