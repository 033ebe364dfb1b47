"""Functions' logs and the engine's status in, the page that Prometheus scrapes out."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric
from prometheus_client.exposition import generate_latest

from local.metrics.engine_gauges import families
from local.metrics.function_sums import FunctionSums


class MetricsPage:
    """One text for each scrape; two at a time take turns. Counters begin when the engine does."""

    def __init__(
        self, logs: Path, functions: Iterable[str], status: Callable[[], Mapping[str, Any]]
    ) -> None:
        self._sums = FunctionSums(logs, functions)
        self._status = status
        self._turn = asyncio.Lock()

    async def text(self) -> bytes:
        """Return the page; files are read beside the loop, the status on it, as its parts ask."""
        async with self._turn:
            await asyncio.to_thread(self._sums.read)
            registry = CollectorRegistry(auto_describe=False)
            registry.register(_Families([*self._sums.families(), *families(self._status())]))
            return generate_latest(registry)

    def close(self) -> None:
        self._sums.close()


class _Families:
    """What prometheus_client calls a collector."""

    def __init__(self, found: list[Metric]) -> None:
        self._found = found

    def collect(self) -> Iterator[Metric]:
        return iter(self._found)

    def describe(self) -> Iterator[Metric]:
        return iter(())
