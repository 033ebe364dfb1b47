"""A dashboard of each test's own: a fault planted in a ledger is nobody else's."""

import random
from collections.abc import Iterator

import pytest

from core.lane import LaneState
from dashboard.app import build_app
from tests.browser.conftest import ShiftedClock
from tests.dashboard.fake_warehouse import FakeWarehouse
from tests.dashboard.ledger_scene import Scene
from tests.dashboard.server import RunningServer
from tests.dashboard.tally_table import TABLE, TallyTable


@pytest.fixture
def table(clock: ShiftedClock) -> Iterator[TallyTable]:
    """A table of the test's own: a fault in it is nobody else's."""
    made = TallyTable(clock)
    made.add_poll("cube")
    yield made
    made.close()


@pytest.fixture
def warehouse(clock: ShiftedClock) -> FakeWarehouse:
    return FakeWarehouse(clock)


@pytest.fixture
def server(
    table: TallyTable, clock: ShiftedClock, warehouse: FakeWarehouse
) -> Iterator[RunningServer]:
    rng = random.Random(1)
    with RunningServer(
        lambda: build_app(table, table=TABLE, clock=clock, rng=rng, open_warehouse=warehouse.client)
    ) as made:
        yield made


@pytest.fixture
def scene(table: TallyTable, warehouse: FakeWarehouse, clock: ShiftedClock) -> Scene:
    """Votes that live and history agree on, some of which do not count."""
    made = Scene(table, warehouse, clock)
    for minutes_ago in range(12, 50):
        votes = {"red": 9_000 + 211 * minutes_ago % 1700, "blue": 6_000}
        made.cast("cube", votes, minutes_ago=minutes_ago, parked={"too_old": 40}, duplicate=9)
    made.lane("p1", 0, LaneState(high=4))
    made.compared(lines=800)
    made.checked()
    return made
