"""A warehouse server for each test, and nothing left after it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.warehouse.server import WarehouseServer
from tests.local.warehouse.wire.desk import serving
from tests.local.warehouse.wire.raw_client import RawClient, raw_client


@pytest.fixture
def server(tmp_path: Path) -> Iterator[WarehouseServer]:
    with serving(tmp_path) as server:
        yield server


@pytest.fixture
def client(server: WarehouseServer) -> Iterator[RawClient]:
    """Return a client that has logged in."""
    with raw_client(server) as client:
        yield client
