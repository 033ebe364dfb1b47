"""A pool of the handlers in `handlers.py`, ended with the test."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from core.clock import SystemClock
from local.drawing import FunctionSpec
from local.invoke import FunctionPool

OpenPool = Callable[..., contextlib.AbstractAsyncContextManager[FunctionPool]]
ROOT = str(Path(__file__).parents[3])


def function(handler: str, **changes: Any) -> FunctionSpec:
    """Return a function named like its handler."""
    module = changes.pop("module", "tests.local.invoke.handlers")
    settings = {"timeout_s": 30, **changes}
    return FunctionSpec(
        logical_id=handler.title(), name=handler, handler=f"{module}.{handler}", **settings
    )


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Run each asynchronous test on both loops that the engine may take: they differ in how a
    pipe ends."""
    factories: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
        "asyncio": asyncio.new_event_loop
    }
    with contextlib.suppress(ImportError):
        import uvloop

        factories["uvloop"] = uvloop.new_event_loop
    return factories


@pytest.fixture
def open_pool(tmp_path: Path) -> OpenPool:
    @contextlib.asynccontextmanager
    async def opened(
        *functions: FunctionSpec, processes_max: int = 4, **how: Any
    ) -> AsyncIterator[FunctionPool]:
        pool = FunctionPool(
            functions,
            folder=tmp_path / "functions",
            clock=SystemClock(),
            base_environment={"PYTHONPATH": ROOT, "AWS_ENDPOINT_URL": "http://127.0.0.1:4566"},
            processes_max=processes_max,
            **how,
        )
        await pool.start()
        try:
            yield pool
        finally:
            await pool.stop()

    return opened
