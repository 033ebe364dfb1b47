"""A table in memory, a clock that stands still, and a feed that reads one from the other."""

import random
from collections.abc import Iterator

import pytest

from core.clock import ManualClock
from dashboard.feed import Feed
from dashboard.history.desk import Desk
from dashboard.hub import Hub
from dashboard.reader import TallyReader
from tests.dashboard.fake_warehouse import FakeWarehouse
from tests.dashboard.history_server import build
from tests.dashboard.server import RunningServer
from tests.dashboard.tally_table import TABLE, TallyTable


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(1_790_000_000_700)


@pytest.fixture
def table(clock: ManualClock) -> Iterator[TallyTable]:
    made = TallyTable(clock)
    yield made
    made.close()


@pytest.fixture
def hub() -> Hub:
    return Hub()


@pytest.fixture
def feed(table: TallyTable, hub: Hub, clock: ManualClock) -> Feed:
    reader = TallyReader(table, table=TABLE, clock=clock)
    return Feed(reader, hub, clock=clock, rng=random.Random(1), default_poll="cube")


@pytest.fixture
def warehouse(clock: ManualClock) -> FakeWarehouse:
    return FakeWarehouse(clock)


@pytest.fixture
def asked_server(
    table: TallyTable, clock: ManualClock, warehouse: FakeWarehouse
) -> Iterator[RunningServer]:
    """A dashboard that asks the fake warehouse."""
    with RunningServer(lambda: build(table, clock, Desk(warehouse.client))) as made:
        yield made
