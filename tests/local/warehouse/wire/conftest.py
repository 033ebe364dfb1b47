"""A warehouse server for the tests of a module; each of them finds it empty and at rest."""

from collections.abc import Iterator

import pytest

from local.warehouse.server import WarehouseServer
from tests.dashboard.wait import until
from tests.local.warehouse.wire.desk import serving
from tests.local.warehouse.wire.raw_client import RawClient, kinds, query, raw_client

_TABLES = ("t", "numbers")  # the names that tests give their tables


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WarehouseServer]:
    with serving(tmp_path_factory.mktemp("warehouse")) as server:
        yield server


@pytest.fixture
def server(running: WarehouseServer) -> Iterator[WarehouseServer]:
    yield running
    until(lambda: running.client_count() == 0)
    with raw_client(running) as client:
        for table in _TABLES:
            assert kinds(client.ask(query(f"drop table if exists {table}"))) == "CZ"
    until(lambda: running.client_count() == 0)


@pytest.fixture
def client(server: WarehouseServer) -> Iterator[RawClient]:
    """Return a client that has logged in."""
    with raw_client(server) as client:
        yield client
