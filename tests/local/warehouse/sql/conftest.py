"""A warehouse in memory for a module's tests; each test finds it empty."""

from collections.abc import Iterator

import pytest

from core.clock import ManualClock
from local.warehouse.warehouse import Warehouse
from tests.local.warehouse.sql.client import Client, Lake, fresh, warehouse_in_memory


@pytest.fixture(scope="module")
def clock() -> ManualClock:
    return ManualClock(1_790_000_000_123)


@pytest.fixture(scope="module")
def running_lake() -> Lake:
    return Lake()


@pytest.fixture(scope="module")
def running(running_lake: Lake, clock: ManualClock) -> Iterator[Warehouse]:
    warehouse = warehouse_in_memory(running_lake, clock)
    yield warehouse
    warehouse.close()


@pytest.fixture
def warehouse(running: Warehouse) -> Iterator[Warehouse]:
    yield running
    fresh(running)


@pytest.fixture
def lake(running_lake: Lake) -> Iterator[Lake]:
    yield running_lake
    running_lake.objects.clear()
    running_lake.page_keys, running_lake.away = 1000, False


@pytest.fixture
def client(warehouse: Warehouse) -> Iterator[Client]:
    made = Client(warehouse)
    yield made
    made.close()


@pytest.fixture
def other(warehouse: Warehouse) -> Iterator[Client]:
    """Return a second client of the same warehouse."""
    made = Client(warehouse)
    yield made
    made.close()
