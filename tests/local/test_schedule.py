"""Functions that run at a rate."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace

import pytest

from local.drawing import ScheduleSpec
from local.invoke.outcome import Outcome
from local.schedule import ScheduleRunner

SPEC = ScheduleSpec(logical_id="Rollup", function_name="rollup", period_s=1, payload='{"a":1}')


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)


async def test_a_schedule_runs_its_function_every_period() -> None:
    """The first time after one period, with the payload of the template."""
    calls: list[tuple[str, bytes]] = []
    times_s: list[float] = []

    async def invoke(name: str, payload: bytes) -> Outcome:
        calls.append((name, payload))
        times_s.append(asyncio.get_running_loop().time())
        return Outcome("ok", b"null", "r")

    started_s = asyncio.get_running_loop().time()
    runner = ScheduleRunner([SPEC], invoke)
    await runner.start()
    await until(lambda: len(calls) == 2)
    await runner.stop()
    assert calls == [("rollup", b'{"a":1}')] * 2
    assert times_s[0] - started_s >= 0.99
    assert times_s[1] - started_s >= 1.99


async def test_a_long_run_swallows_the_starts_that_fall_into_it() -> None:
    """Never two at once, and no burst afterwards."""
    running, most, starts_s = 0, 0, list[float]()

    async def invoke(name: str, payload: bytes) -> Outcome:
        nonlocal running, most
        running += 1
        most = max(most, running)
        starts_s.append(asyncio.get_running_loop().time())
        await asyncio.sleep(1.3 if len(starts_s) == 1 else 0)
        running -= 1
        return Outcome("ok", b"null", "r")

    runner = ScheduleRunner([SPEC], invoke)
    await runner.start()
    await until(lambda: len(starts_s) == 2)
    await runner.stop()
    assert most == 1
    assert starts_s[1] - starts_s[0] >= 1.99, "the second start fell into the first run"


async def test_failures_are_a_log_line_each(caplog: pytest.LogCaptureFixture) -> None:
    """Whether the function failed or the pool did, the next period comes."""
    outcomes: list[Outcome | Exception] = [
        RuntimeError("no process"),
        Outcome("function_error", b'{"errorType":"ValueError"}', "r"),
        Outcome("ok", b"null", "r"),
    ]
    calls = 0

    async def invoke(name: str, payload: bytes) -> Outcome:
        nonlocal calls
        outcome = outcomes[calls]
        calls += 1
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    runner = ScheduleRunner([replace(SPEC, logical_id="Load")], invoke)
    with caplog.at_level(logging.WARNING, "cube.schedule"):
        await runner.start()
        await until(lambda: calls == 3)
        await runner.stop()
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == 2
    assert "no process" in lines[0]
    assert "ValueError" in lines[1]
