"""A folder in, a running warehouse server on a free port and its clients out: for tests."""

import gc
import random
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import redshift_connector
from redshift_connector.error import Error as DriverError

from core.clock import SystemClock
from local.warehouse.server import WarehouseServer, listen
from local.warehouse.startup import Gate, TlsMode
from local.warehouse.tls import tls_context
from local.warehouse.warehouse import Warehouse

LOGIN = {"user": "cube", "password": "cube"}


class NoObjects:
    """An S3 that nobody asks in these tests."""

    def list_objects_v2(self, **request: Any) -> Any:
        raise AssertionError(request)

    def get_object(self, **request: Any) -> Any:
        raise AssertionError(request)

    def put_object(self, **request: Any) -> Any:
        raise AssertionError(request)


@contextmanager
def serving(folder: Path, tls_mode: TlsMode = TlsMode.OFF) -> Iterator[WarehouseServer]:
    """Serve a warehouse in memory; at the end no thread of it is left."""
    clock = SystemClock()
    tls = None if tls_mode is TlsMode.OFF else tls_context(folder, clock)
    server = WarehouseServer(
        listen(0), Gate(tls_mode=tls_mode, tls=tls), clock=clock, rng=random.Random(7)
    )
    warehouse = Warehouse(None, objects=NoObjects(), clock=clock)
    server.start()
    server.open(warehouse)
    try:
        yield server
    finally:
        server.stop()
        warehouse.close()
        assert threads_of(server) == []


def threads_of(server: WarehouseServer) -> list[str]:
    names = (thread.name for thread in threading.enumerate())
    return [name for name in names if name.startswith(f"warehouse-{server.port}-")]


@contextmanager
def driver(server: WarehouseServer, **options: Any) -> Iterator[Any]:
    """Yield a connection of the unmodified redshift_connector."""
    wanted = {"ssl": False, "database": "votes", **LOGIN, **options}
    connection = redshift_connector.connect(host="127.0.0.1", port=server.port, **wanted)
    try:
        yield connection
    finally:
        connection.close()


def refusal(server: WarehouseServer, **options: Any) -> str:
    """Return the kind and text of the error of a driver that is not let in."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the driver: an old TLS context, a socket left open
        try:
            with driver(server, **options):
                pass
        except DriverError as error:
            said = f"{type(error).__name__}: {error}"
        else:
            raise AssertionError("the driver was let in")
        gc.collect()
    return said


@contextmanager
def psycopg_client(server: WarehouseServer, **options: Any) -> Iterator[psycopg.Connection]:
    wanted: dict[str, Any] = {"dbname": "votes", **LOGIN, **options}
    with psycopg.connect(host="127.0.0.1", port=server.port, **wanted) as connection:
        yield connection
