"""A data folder or a stack in, the dashboard's pages on one port of this machine out."""

import os
import sys
from pathlib import Path

import click

from core.settings import env_name
from local.cli import options
from local.cli.clients import endpoint, environment
from local.cli.cloud import stack_name
from local.cli.warehouse import warehouse_settings
from local.supervise.children import local_aws_environment


@click.command()
@options.data
@options.dashboard_port
def dashboard(data: Path, dashboard_port: int) -> None:
    """Serve the dashboard alone, in the foreground: another one beside `cube up`, or of a stack.

    \b
    Examples:
      cube dashboard --dashboard-port 8051
      cube --cloud cube dashboard
    """
    given = dict(environment())
    if stack_name() is None:
        chosen = warehouse_settings(data)
        given |= local_aws_environment(endpoint(data))
        given |= {
            env_name("warehouse_host"): chosen.warehouse_host,
            env_name("warehouse_port"): chosen.warehouse_port,
        }
    click.echo(f"dashboard     http://127.0.0.1:{dashboard_port}", err=True)
    words = [sys.executable, "-m", "dashboard", "--port", str(dashboard_port)]
    os.execve(sys.executable, words, given)  # noqa: S606 - this process becomes the dashboard
