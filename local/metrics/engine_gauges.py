"""A status of the engine in, gauges and counters of it in Prometheus' form out. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, Literal, NamedTuple

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from local.metrics.function_sums import PREFIX

Status = Mapping[str, Any]
Sample = tuple[tuple[str, ...], float]


class EngineMetric(NamedTuple):
    """A metric of the engine itself: its labels, and how its samples are read off a status."""

    name: str
    kind: Literal["gauge", "counter"]
    help: str
    labels: tuple[str, ...]
    samples: Callable[[Status], Iterable[Sample]]


def families(status: Status) -> Iterator[Metric]:
    """Yield each metric that the status has a sample of."""
    for metric in ENGINE_METRICS:
        make: Any = GaugeMetricFamily if metric.kind == "gauge" else CounterMetricFamily
        family = make(PREFIX + metric.name, metric.help, labels=metric.labels)
        for labels, value in metric.samples(status):
            family.add_metric(labels, value)
        if family.samples:
            yield family


def _alone(name: str, *, per: float = 1) -> Callable[[Status], Iterable[Sample]]:
    return lambda status: [((), status[name] / per)]


def _events_age(status: Status) -> Iterator[Sample]:
    oldest_ms = status["events_oldest_ms"]
    yield (), max(0, status["now_ms"] - oldest_ms) / 1000 if oldest_ms is not None else 0.0


def _shards(status: Status) -> Iterator[Mapping[str, Any]]:
    yield from status["shards"]
    for consumer in status["other_consumers"]:
        yield from consumer["shards"]


def _by_mapping(
    name: str, fold: Callable[[Iterable[float]], float], *, per: float = 1
) -> Callable[[Status], Iterable[Sample]]:
    """Return how to read one member of all shards of each mapping, folded to one number."""

    def samples(status: Status) -> Iterator[Sample]:
        values: dict[str, list[float]] = {}
        for shard in _shards(status):
            values.setdefault(shard["mapping"], []).append(shard[name] / per)
        for mapping, numbers in sorted(values.items()):
            yield (mapping,), fold(numbers)

    return samples


def _by_delivery(name: str, *, per: float = 1) -> Callable[[Status], Iterable[Sample]]:
    return lambda status: [((each["name"],), each[name] / per) for each in status["deliveries"]]


def _paused(status: Status) -> Iterator[Sample]:
    for part in status["paused"]:
        yield (part,), 1.0


ENGINE_METRICS: Final = (
    EngineMetric(
        "iterator_age_seconds",
        "gauge",
        "Age of the oldest record that a consumer has not done.",
        ("mapping",),
        _by_mapping("iterator_age_ms", max, per=1000),
    ),
    EngineMetric(
        "batches_in_flight",
        "gauge",
        "Calls of a mapping that are under way.",
        ("mapping",),
        _by_mapping("in_flight", sum),
    ),
    EngineMetric(
        "records_open",
        "gauge",
        "Records that a mapping has read and not done.",
        ("mapping",),
        _by_mapping("records_open", sum),
    ),
    EngineMetric(
        "events_pending",
        "gauge",
        "Chunks that wait for a worker.",
        (),
        _alone("events_pending"),
    ),
    EngineMetric(
        "events_age_seconds",
        "gauge",
        "Since the arrival of the oldest record that waits for a worker.",
        (),
        _events_age,
    ),
    EngineMetric(
        "delivery_freshness_seconds",
        "gauge",
        "Age of the oldest record that is not in the lake.",
        ("delivery",),
        _by_delivery("freshness_ms", per=1000),
    ),
    EngineMetric(
        "delivery_held_bytes",
        "gauge",
        "Bytes that a delivery stream holds for its next object.",
        ("delivery",),
        _by_delivery("held_bytes"),
    ),
    EngineMetric(
        "delivery_records",
        "counter",
        "Records delivered since the engine started.",
        ("delivery",),
        _by_delivery("records_delivered"),
    ),
    EngineMetric(
        "delivery_records_failed",
        "counter",
        "Records that gave no rows since the engine started.",
        ("delivery",),
        _by_delivery("records_failed"),
    ),
    EngineMetric(
        "delivery_objects",
        "counter",
        "Objects written since the engine started.",
        ("delivery",),
        _by_delivery("objects_delivered"),
    ),
    EngineMetric("paused", "gauge", "1 for each part that is paused.", ("part",), _paused),
    EngineMetric("disk_bytes", "gauge", "Size of the data folder.", (), _alone("disk_bytes")),
    EngineMetric(
        "disk_bytes_max", "gauge", "Bound of the data folder.", (), _alone("disk_bytes_max")
    ),
    EngineMetric(
        "engine_memory_bytes",
        "gauge",
        "Memory of the engine's process.",
        (),
        _alone("memory_bytes"),
    ),
)
