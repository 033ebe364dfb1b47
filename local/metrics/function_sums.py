"""A folder of functions' logs in, sums of their metrics since the beginning out, for Prometheus."""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from core.metric_catalog import METRICS, MetricName
from local.metrics.call_line import numbers_of
from local.metrics.limits import TIME_BUCKETS_S
from local.metrics.log_tail import LogTail

PREFIX: Final = "colour_cube_"
_WORD: Final = re.compile(r"(?<!^)(?=[A-Z])")
_EDGES: Final = (*map(str, TIME_BUCKETS_S), "+Inf")


@dataclass(slots=True)
class _Times:
    """Calls by bucket of time, and all their time, in seconds."""

    counts: list[int] = field(default_factory=lambda: [0] * len(_EDGES))
    total_s: float = 0.0

    def add(self, ms: float) -> None:
        seconds = ms / 1000
        self.counts[bisect_left(TIME_BUCKETS_S, seconds)] += 1
        self.total_s += seconds

    def buckets(self) -> list[tuple[str, float]]:
        """Return (edge, calls that took no longer)."""
        reached, found = 0, []
        for edge, count in zip(_EDGES, self.counts, strict=True):
            reached += count
            found.append((edge, float(reached)))
        return found


class FunctionSums:
    """The functions' own metrics, read from the lines that CloudWatch would read on AWS."""

    def __init__(self, logs: Path, functions: Iterable[str]) -> None:
        self._tails = {name: LogTail(logs / f"{name}.log") for name in sorted(functions)}
        self._counts: defaultdict[tuple[str, str], float] = defaultdict(float)
        self._states: dict[tuple[str, str], float] = {}
        self._times: dict[tuple[str, str], _Times] = {}

    def read(self) -> None:
        """Take in what the functions have logged since the last time."""
        for function, tail in self._tails.items():
            for line in tail.lines():
                self.add(function, line)

    def add(self, function: str, line: bytes) -> None:
        """Take in one line."""
        for name, value in numbers_of(line).items():
            key = name, function
            self._counts[key] += value
            self._states[key] = value
            if name.endswith("Ms"):
                self._times.setdefault(key, _Times()).add(value)

    def families(self) -> Iterator[Metric]:
        """Yield every metric of the catalogue that some function has written."""
        for metric in METRICS:
            functions = sorted(name for written, name in self._counts if written == metric.name)
            if functions:
                yield self._family(metric, functions)

    def _family(self, metric: MetricName, functions: list[str]) -> Metric:
        name, labels = prometheus_name(metric.name), ["function"]
        family: Any
        if metric.kind == "time":
            family = HistogramMetricFamily(name, metric.help, labels=labels)
            for function in functions:
                times = self._times[metric.name, function]
                family.add_metric([function], times.buckets(), times.total_s)
        elif metric.kind == "state":
            family = GaugeMetricFamily(name, metric.help, labels=labels)
            for function in functions:
                family.add_metric([function], self._states[metric.name, function])
        else:
            family = CounterMetricFamily(name, metric.help, labels=labels)
            for function in functions:
                family.add_metric([function], self._counts[metric.name, function])
        assert isinstance(family, Metric)
        return family

    def close(self) -> None:
        for tail in self._tails.values():
            tail.close()


def prometheus_name(name: str) -> str:
    """Return a metric's name in Prometheus' style: LagMs is colour_cube_lag_seconds.

    A counter's samples have `_total` behind it, as Prometheus adds it itself.
    """
    words = _WORD.sub("_", name.removesuffix("Ms")).lower()
    return f"{PREFIX}{words}_seconds" if name.endswith("Ms") else f"{PREFIX}{words}"
