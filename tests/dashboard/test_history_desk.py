"""Few questions run at once, each can be stopped at the warehouse, and none stays for ever."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from core.clock import ManualClock
from core.errors import Misconfigured, ParameterRefused, QueryCancelled
from core.question import read_questions
from core.warehouse import WarehouseClient
from dashboard.history.desk import Desk
from dashboard.history.refusal import HistoryBusy, QueryStopped, QueryTimedOut, RunUnknown
from tests.dashboard.fake_warehouse import FakeWarehouse

SQL = read_questions()["votes_by_colour"].sql
MakeDesk = Callable[..., Desk]


@pytest.fixture
def warehouse(clock: ManualClock) -> FakeWarehouse:
    made = FakeWarehouse(clock)
    made.slow = True
    return made


@pytest.fixture
async def make_desk(warehouse: FakeWarehouse) -> AsyncIterator[MakeDesk]:
    made: list[Desk] = []

    def make(**limits: float) -> Desk:
        made.append(Desk(warehouse.client, **limits))  # type: ignore[arg-type] # by their names
        return made[-1]

    yield make
    for desk in made:
        await desk.close()


def slowly(client: WarehouseClient) -> int:
    return len(client.query(SQL, timeout_s=60).rows)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


async def test_who_has_no_turn_in_time_is_told_to_come_back(
    make_desk: MakeDesk, warehouse: FakeWarehouse
) -> None:
    desk = make_desk(running_max=1, wait_s=0.05)
    running = asyncio.create_task(desk.ask(slowly))
    await until(lambda: warehouse.running == 1)
    with pytest.raises(HistoryBusy, match=r"no turn within 0\.05 s, 1 questions run"):
        await desk.ask(slowly)
    assert not running.done()


async def test_a_long_queue_takes_nobody_in(make_desk: MakeDesk, warehouse: FakeWarehouse) -> None:
    desk = make_desk(running_max=1, waiting_max=1)
    asked = [asyncio.create_task(desk.ask(slowly)) for _ in range(2)]
    await until(lambda: warehouse.running == 1)
    with pytest.raises(HistoryBusy, match="1 questions run and 1 wait already"):
        await desk.ask(slowly)
    assert not any(task.done() for task in asked)


async def test_a_stopped_run_is_cancelled_at_the_warehouse_and_leaves_its_place(
    make_desk: MakeDesk, warehouse: FakeWarehouse
) -> None:
    desk = make_desk(running_max=1)
    running = asyncio.create_task(desk.ask(slowly, run="a"))
    await until(lambda: warehouse.running == 1)
    desk.stop("a")
    with pytest.raises(QueryStopped):
        await running
    await until(lambda: warehouse.running == 0)
    assert warehouse.cancels == 1
    warehouse.slow = False
    assert await desk.ask(slowly) == 6
    with pytest.raises(RunUnknown):
        desk.stop("a")


async def test_one_that_waits_can_be_stopped_as_well(
    make_desk: MakeDesk, warehouse: FakeWarehouse
) -> None:
    desk = make_desk(running_max=1)
    running = asyncio.create_task(desk.ask(slowly))
    await until(lambda: warehouse.running == 1)
    waiting = asyncio.create_task(desk.ask(slowly, run="b"))
    await asyncio.sleep(0)
    desk.stop("b")
    with pytest.raises(QueryStopped):
        await waiting
    assert warehouse.cancels == 0
    assert not running.done()


async def test_whoever_goes_away_takes_the_query_along(
    make_desk: MakeDesk, warehouse: FakeWarehouse
) -> None:
    desk = make_desk()
    running = asyncio.create_task(desk.ask(slowly))
    await until(lambda: warehouse.running == 1)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await until(lambda: warehouse.running == 0)


async def test_a_cancel_that_came_too_early_is_said_again(
    make_desk: MakeDesk, warehouse: FakeWarehouse
) -> None:
    """Between two queries of one piece of work nothing runs that could be cancelled."""
    desk = make_desk()
    begun, go_on = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def work(client: WarehouseClient) -> int:
        loop.call_soon_threadsafe(begun.set)
        asyncio.run_coroutine_threadsafe(wait(), loop).result(10)
        return slowly(client)

    async def wait() -> None:
        await go_on.wait()

    running = asyncio.create_task(desk.ask(work, run="a"))
    await begun.wait()
    desk.stop("a")
    with pytest.raises(QueryStopped):
        await running
    await until(lambda: warehouse.cancels == 1)
    go_on.set()
    await until(lambda: warehouse.cancels >= 2 and warehouse.running == 0)


async def test_a_warehouse_that_keeps_no_time_limit_is_given_up_on(
    make_desk: MakeDesk, warehouse: FakeWarehouse
) -> None:
    desk = make_desk(timeout_s=0.02, grace_s=0.02)
    with pytest.raises(QueryTimedOut, match=r"over 0\.02 s"):
        await desk.ask(slowly)
    await until(lambda: warehouse.running == 0)


async def test_the_warehouses_own_errors_come_through(make_desk: MakeDesk) -> None:
    desk = make_desk()
    with pytest.raises(QueryCancelled, match="statement timeout"):
        await desk.ask(lambda client: client.query(SQL, timeout_s=0.01))


async def test_a_client_that_cannot_be_made_leaves_its_place() -> None:
    def refuse() -> WarehouseClient:
        raise Misconfigured("reading settings: CUBE_WAREHOUSE_PORT is 'x', no port")

    desk = Desk(refuse, running_max=1)
    for _ in range(3):
        with pytest.raises(Misconfigured):
            await desk.ask(slowly)


async def test_two_runs_cannot_have_one_name(make_desk: MakeDesk, warehouse: FakeWarehouse) -> None:
    desk = make_desk()
    running = asyncio.create_task(desk.ask(slowly, run="a"))
    await until(lambda: warehouse.running == 1)
    with pytest.raises(ParameterRefused):
        await desk.ask(slowly, run="a")
    assert not running.done()


async def test_closing_stops_everything_at_the_warehouse(
    make_desk: MakeDesk, warehouse: FakeWarehouse
) -> None:
    desk = make_desk()
    running = [asyncio.create_task(desk.ask(slowly)) for _ in range(4)]
    await until(lambda: warehouse.running == 4)
    await desk.close()
    assert warehouse.running == 0
    for task in running:
        with pytest.raises(QueryStopped):
            await task


async def test_questions_that_hang_leave_the_threads_of_the_live_page_alone(
    make_desk: MakeDesk, warehouse: FakeWarehouse
) -> None:
    desk = make_desk()
    running = [asyncio.create_task(desk.ask(slowly)) for _ in range(20)]
    await until(lambda: warehouse.running == 4)
    reads: list[Awaitable[int]] = [asyncio.to_thread(lambda: 7) for _ in range(20)]
    async with asyncio.timeout(5):
        assert set(await asyncio.gather(*reads)) == {7}
    assert not any(task.done() for task in running)
