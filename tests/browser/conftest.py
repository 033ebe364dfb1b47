"""One dashboard a test run, on a table in memory and a clock that is set; a Chromium that stays in.

Every test has a poll of its own, fails on console errors, and cannot reach anything outside.
"""

import itertools
import os
import random
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from playwright.sync_api import ConsoleMessage, Page, Route, expect

from core.clock import Clock, SystemClock
from dashboard.app import build_app
from dashboard.limits import POLLS_PERIOD_MS
from tests.dashboard.fake_warehouse import FakeWarehouse
from tests.dashboard.server import RunningServer
from tests.dashboard.tally_table import TABLE, TREND_TABLE, TallyTable
from tests.dashboard.wait import fetch, until

_NUMBERS = itertools.count(1)
# Longer than Playwright's own, for a machine that is busy; only what fails waits for it.
expect.set_options(timeout=20_000)


class ShiftedClock:
    """The machine's clock, set forward at will."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.ahead_ms = 0

    def now_ms(self) -> int:
        return self._clock.now_ms() + self.ahead_ms

    def monotonic_ms(self) -> int:
        return self._clock.monotonic_ms()


@pytest.fixture(scope="session")
def clock() -> ShiftedClock:
    return ShiftedClock(SystemClock())


@pytest.fixture(scope="session")
def table(clock: ShiftedClock) -> Iterator[TallyTable]:
    made = TallyTable(clock)
    made.add_poll("cube")
    yield made
    made.close()


@pytest.fixture(scope="session")
def warehouse(clock: ShiftedClock) -> FakeWarehouse:
    return FakeWarehouse(clock)


@pytest.fixture(scope="session")
def server(
    table: TallyTable, clock: ShiftedClock, warehouse: FakeWarehouse
) -> Iterator[RunningServer]:
    def build() -> FastAPI:
        rng = random.Random(1)
        return build_app(
            table,
            table=TABLE,
            trend_table=TREND_TABLE,
            clock=clock,
            rng=rng,
            open_warehouse=warehouse.client,
        )

    made = RunningServer(build)
    with made:
        yield made


@pytest.fixture
def poll(server: RunningServer, table: TallyTable, clock: ShiftedClock) -> str:
    """A new poll of the default palette, known to the dashboard."""
    return new_poll(server, table, clock)


def new_poll(server: RunningServer, table: TallyTable, clock: ShiftedClock, *palette: str) -> str:
    name = f"poll-{os.getpid()}-{next(_NUMBERS)}"
    table.add_poll(name, *([palette] if palette else []))
    clock.ahead_ms += POLLS_PERIOD_MS  # time to look for new polls
    until(lambda: fetch(f"{server.url}/api/snapshot?poll={name}").status == 200)
    return name


@pytest.fixture
def known(warehouse: FakeWarehouse, poll: str) -> str:
    """A poll that the warehouse knows as well; its answers are nobody else's."""
    warehouse.polls.append(poll)
    return poll


@pytest.fixture(autouse=True)
def warehouse_back(warehouse: FakeWarehouse) -> Iterator[None]:
    """After each test the warehouse is as it was."""
    yield
    warehouse.behave()


@pytest.fixture
def complaints() -> list[str]:
    """What the page said on its console; a test that provokes complaints clears them."""
    return []


@pytest.fixture
def live(page: Page, server: RunningServer, complaints: list[str]) -> Iterator[Page]:
    """A page that may only speak to the server, and must not complain."""

    def heard(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} or "WARN" in message.text:
            complaints.append(message.text)

    def only_ours(route: Route) -> None:
        if route.request.url.startswith(server.url):
            route.continue_()
        else:
            complaints.append(f"asked outside: {route.request.url}")
            route.abort()

    page.on("console", heard)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.route("**/*", only_ours)
    yield page
    page.close()
    assert complaints == []
