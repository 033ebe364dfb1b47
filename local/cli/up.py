"""Ports and a data folder in, the whole system running out, until Ctrl-C or `cube down`."""

import os
import subprocess
import sys
from pathlib import Path

import click

from core.clock import SystemClock
from core.errors import AlreadyRunning, Misconfigured
from local.cli import options
from local.cli.clients import environment, settings
from local.supervise.children import UpOptions, warehouse_url
from local.supervise.folder import DataFolder
from local.supervise.limits import LOG_TAIL_LINES
from local.supervise.lock import holder
from local.supervise.session import Session, run_session

_READY = b"ready\n"


@click.command()
@options.data
@options.aws_port
@options.dashboard_port
@options.no_dashboard
@options.warehouse_port
@options.no_history
@options.no_trend
@options.shards
@options.mode
@options.parallelization_factor
@options.max_disk
@click.option("--detach", is_flag=True, help="Return when everything is ready.")
@click.option("--ready-fd", type=int, hidden=True, help="Where to write that all is ready.")
def up(
    data: Path,
    aws_port: int,
    dashboard_port: int,
    no_dashboard: bool,
    warehouse_port: int,
    no_history: bool,
    no_trend: bool,
    shards: int | None,
    mode: str | None,
    parallelization_factor: int | None,
    max_disk: int,
    detach: bool,
    ready_fd: int | None,
) -> int:
    """Start the engine, the warehouse and the dashboard, and keep them running.

    \b
    Example:
      cube up --detach && cube status
    """
    chosen = UpOptions(
        data=data,
        aws_port=aws_port,
        dashboard_port=None if no_dashboard else dashboard_port,
        warehouse_port=None if no_history else warehouse_port,
        shards=shards,
        mode=mode,
        parallelization_factor=parallelization_factor,
        max_disk_bytes=max_disk,
        trend=not no_trend,
    )
    if detach:
        return _detach(chosen)
    return run_session(
        chosen,
        lambda session: _stay(session, ready_fd),
        environment=environment(),
        clock=SystemClock(),
        announce=lambda line: click.echo(line, err=True),
    )


def addresses(chosen: UpOptions) -> str:
    """Return where to go from here, as lines."""
    lines = [f"AWS endpoint  {chosen.endpoint}"]
    if chosen.dashboard_port is not None:
        lines.append(f"dashboard     http://127.0.0.1:{chosen.dashboard_port}")
    if (url := warehouse_url(chosen.warehouse_port, settings())) is not None:
        lines.append(f"warehouse     {url}  password {settings().warehouse_password}")
    return "\n".join(lines)


async def _stay(session: Session, ready_fd: int | None) -> int:
    click.echo(addresses(session.options))
    if ready_fd is not None:
        os.write(ready_fd, _READY)
        os.close(ready_fd)
    else:
        click.echo("Ctrl-C stops.")
    await session.stopped.wait()
    return 0


def _detach(chosen: UpOptions) -> int:
    """Start `cube up` as a session of its own; return when it says that it is ready."""
    folder = DataFolder(chosen.data)
    folder.prepare()
    if (pid := holder(folder.lock)) is not None:
        raise AlreadyRunning(f"starting: process {pid} already runs in {folder.root}")
    log_path = folder.logs / "up.log"
    reader, writer = os.pipe()
    with log_path.open("wb") as log, os.fdopen(reader, "rb") as answer:
        child = subprocess.Popen(
            [sys.executable, "-m", "local", *_arguments(chosen, writer)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            pass_fds=(writer,),
            start_new_session=True,
        )
        os.close(writer)
        ready = answer.read(len(_READY)) == _READY
    if ready:
        click.echo(addresses(chosen))
        return 0
    code = child.wait()
    return _tell(log_path, code)


def _arguments(chosen: UpOptions, ready_fd: int) -> list[str]:
    arguments = ["up", "--data", str(chosen.data), "--aws-port", str(chosen.aws_port)]
    if chosen.dashboard_port is None:
        arguments.append("--no-dashboard")
    else:
        arguments += ["--dashboard-port", str(chosen.dashboard_port)]
    if chosen.warehouse_port is None:
        arguments.append("--no-history")
    else:
        arguments += ["--warehouse-port", str(chosen.warehouse_port)]
    if not chosen.trend:
        arguments.append("--no-trend")
    if chosen.shards is not None:
        arguments += ["--shards", str(chosen.shards)]
    if chosen.mode is not None:
        arguments += ["--mode", chosen.mode]
    if chosen.parallelization_factor is not None:
        arguments += ["--parallelization-factor", str(chosen.parallelization_factor)]
    return [*arguments, "--max-disk", str(chosen.max_disk_bytes), "--ready-fd", str(ready_fd)]


def _tell(log_path: Path, code: int) -> int:
    """Pass on what the background process said before it gave up."""
    lines = log_path.read_text(errors="replace").splitlines()[-(LOG_TAIL_LINES + 3) :]
    if not lines:
        raise Misconfigured(
            f"starting in the background: it ended with code {code}, saying nothing"
        )
    click.echo("\n".join(lines), err=True)
    return code if code > 0 else Misconfigured.exit_code
