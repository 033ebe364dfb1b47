"""Words on the command line and the environment in, the dashboard on one port out.

`python -m dashboard --port 8050` listens on 127.0.0.1. Where DynamoDB is, and the table's name,
come from the environment (AWS_ENDPOINT_URL, CUBE_TALLY_TABLE ...). SIGTERM ends it within seconds.
"""

import argparse
import logging
import os
import random
import signal
import socket
import sys
from collections.abc import Sequence
from typing import Any

import boto3
import uvicorn
from botocore.config import Config
from fastapi import FastAPI

from core.clock import SystemClock
from core.errors import CubeError, PortTaken
from core.settings import Settings
from core.warehouse import WarehouseClient
from core.warehouse_choice import warehouse_client
from dashboard.app import build_app

# A read that hangs must not outlive the patience of a viewer: the loop retries by itself.
_CLIENT_CONFIG = Config(
    connect_timeout=2, read_timeout=3, retries={"total_max_attempts": 1}, max_pool_connections=4
)


class Server(uvicorn.Server):
    """Uvicorn that first ends endless streams and open questions, so that stopping is quick."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        app = self.config.app
        assert isinstance(app, FastAPI)
        app.state.hub.close()
        await app.state.history.close()
        await super().shutdown(sockets)


def main() -> None:
    """Serve until SIGTERM or SIGINT; end with the exit code of what went wrong."""
    form = "%(asctime)s %(levelname)s %(name)s: %(message)s"
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format=form)
    options = read_options(sys.argv[1:])
    try:
        listener = listen(options.host, options.port)
        settings = Settings.from_env(os.environ)  # noqa: TID251 - entry point
    except CubeError as error:
        print(f"error: {error}\nhint: {error.hint}", file=sys.stderr)  # noqa: T201 - said to a person
        sys.exit(error.exit_code)
    clock = SystemClock()

    def open_warehouse() -> WarehouseClient:
        return warehouse_client(settings, clock=clock, data_api=_data_api)

    app = build_app(
        boto3.client("dynamodb", config=_CLIENT_CONFIG),  # noqa: TID251 - entry point
        table=settings.tally_table,
        trend_table=settings.trend_table,
        clock=clock,
        rng=random.Random(),
        default_poll=settings.poll,
        open_warehouse=None if settings.warehouse_api == "none" else open_warehouse,
    )
    serve(app, listener)


def _data_api() -> Any:
    return boto3.session.Session().client("redshift-data")  # of its own: called from threads


def read_options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m dashboard")
    parser.add_argument("--port", type=int, default=8050, help="port to listen on")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    return parser.parse_args(arguments)


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; raise PortTaken."""
    try:
        return socket.create_server((host, port), backlog=2048)
    except OSError as error:
        raise PortTaken(f"listening on {host}:{port}: {error.strerror}") from error


def serve(app: FastAPI, listener: socket.socket) -> None:
    """Run one worker: one process reads the table once for all its viewers."""
    for number in (signal.SIGTERM, signal.SIGINT):
        # Uvicorn stops, then raises the signal once more: being asked to stop is no failure.
        signal.signal(number, lambda *_: None)
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, timeout_graceful_shutdown=5, lifespan="on"
    )
    Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
