"""Words on the command line in, the local warehouse serving Redshift's clients on one port out.

`python -m local.warehouse --data DIR --port N --s3-endpoint URL` is a child of `cube up`. It says
on standard output when it is ready, and ends on SIGTERM within two seconds.
"""

import argparse
import json
import logging
import os
import random
import signal
import socket
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import boto3

from core.clock import Clock, SystemClock
from core.errors import CubeError, DataFolderUnusable, Misconfigured
from core.settings import Settings
from local.supervise.folder import DataFolder
from local.warehouse.error import WarehouseError
from local.warehouse.limits import MEMORY_LIMIT
from local.warehouse.server import WarehouseServer, listen
from local.warehouse.startup import Gate, TlsMode
from local.warehouse.tls import tls_context
from local.warehouse.warehouse import ObjectReader, Warehouse


@dataclass(frozen=True, slots=True, kw_only=True)
class WarehouseOptions:
    """What the warehouse was started with; `schema` folders hold SQL that may run again."""

    data: Path
    port: int
    s3_endpoint: str
    schema: tuple[Path, ...] = ()
    tls: TlsMode = TlsMode.BOTH
    memory_limit: str = MEMORY_LIMIT


def main() -> None:
    """Run the warehouse; end with the exit code of what stopped it."""
    form = "%(asctime)s %(levelname)s %(name)s: %(message)s"
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format=form)
    options = read_options(sys.argv[1:])
    environment = os.environ  # noqa: TID251 - entry point
    asked_to_stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: asked_to_stop.set())
    try:
        listener = listen(options.port)  # first of all: whoever calls now waits in the queue
        run(options, listener, environment, SystemClock(), asked_to_stop)
    except CubeError as error:
        print(f"error: {error}\nhint: {error.hint}", file=sys.stderr)  # noqa: T201 - the last words of a process
        sys.exit(error.exit_code)


def read_options(arguments: Sequence[str]) -> WarehouseOptions:
    parser = argparse.ArgumentParser(prog="python -m local.warehouse")
    parser.add_argument("--data", type=Path, required=True, help="data folder")
    parser.add_argument("--port", type=int, required=True, help="port of the warehouse")
    parser.add_argument("--s3-endpoint", required=True, help="where COPY and UNLOAD find S3")
    parser.add_argument(
        "--schema", type=Path, action="append", default=[], help="folder of SQL to run first"
    )
    parser.add_argument("--tls", type=TlsMode, default=TlsMode.BOTH, help="on, off or both")
    parser.add_argument("--memory-limit", default=MEMORY_LIMIT, help="of DuckDB, such as 1GB")
    words = vars(parser.parse_args(arguments))
    return WarehouseOptions(**{**words, "schema": tuple(words["schema"])})


def run(
    options: WarehouseOptions,
    listener: socket.socket,
    environment: Mapping[str, str],
    clock: Clock,
    asked_to_stop: threading.Event,
) -> None:
    """Open, serve, say so; when asked to stop the same backwards."""
    settings = Settings.from_env(environment)
    folder = _folder(options.data)
    gate = Gate(
        user=settings.warehouse_user,
        password=settings.warehouse_password,
        database=settings.warehouse_database,
        tls_mode=options.tls,
        tls=None if options.tls is TlsMode.OFF else tls_context(folder, clock),
    )
    server = WarehouseServer(listener, gate, clock=clock, rng=random.SystemRandom())
    server.start()
    try:
        with _opened(options, folder, clock, gate.database) as warehouse:
            for path in scripts(options.schema):
                _run_script(warehouse, path)
            server.open(warehouse)
            _say_ready(server.port, clock)
            asked_to_stop.wait()
            server.stop()  # before the database closes under the clients
    finally:
        server.stop()


def scripts(folders: Sequence[Path]) -> Iterator[Path]:
    """Yield the scripts of every folder, in the order of their names."""
    for folder in folders:
        if not folder.is_dir():
            raise Misconfigured(f"reading schema: {folder} is not a folder")
        yield from sorted(folder.glob("*.sql"))


def _folder(data: Path) -> Path:
    root = DataFolder(data)
    root.prepare()
    folder = root.root / "warehouse"
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise DataFolderUnusable(f"opening warehouse: {error}") from error
    return folder


@contextmanager
def _opened(
    options: WarehouseOptions, folder: Path, clock: Clock, database: str
) -> Iterator[Warehouse]:
    warehouse = Warehouse(
        folder / "votes.duckdb",
        objects=_objects(options.s3_endpoint),
        clock=clock,
        database=database,
        memory_limit=options.memory_limit,
    )
    try:
        yield warehouse
    finally:
        warehouse.close()


def _objects(endpoint: str) -> ObjectReader:
    client: ObjectReader = boto3.client(  # noqa: TID251 - entry point
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",  # noqa: S106 - the local S3 checks none
    )
    return client


def _run_script(warehouse: Warehouse, path: Path) -> None:
    try:
        warehouse.run_script(path.read_text())
    except (OSError, WarehouseError) as error:
        raise Misconfigured(f"running {path.name}: {error}") from error


def _say_ready(port: int, clock: Clock) -> None:
    note = {
        "event": "warehouse.ready",
        "pid": os.getpid(),
        "port": port,
        "ready_ms": clock.now_ms(),
    }
    print(json.dumps(note), flush=True)  # noqa: T201 - who started the warehouse reads this line


if __name__ == "__main__":
    main()
