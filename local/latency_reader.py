"""A poll and a span of seconds in, the latencies of the votes counted in it out."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core import keys
from core.clients import TableClient
from core.latency import quantile_ms
from local.table_reader import read_items


@dataclass(frozen=True, slots=True)
class Latency:
    """From a vote's cast, and from its arrival at Kinesis, to its being counted; None: no votes."""

    cast_ms_p50: float | None
    cast_ms_p99: float | None
    arrival_ms_p50: float | None
    arrival_ms_p99: float | None


def read_latency(client: TableClient, table: str, poll: str, *, from_ms: int) -> Latency:
    """Return quantiles over everything counted since `from_ms` and still kept (an hour)."""
    cast: Counter[int] = Counter()
    arrival: Counter[int] = Counter()
    for item in read_items(client, table, keys.poll_pk(poll), prefix="counted#"):
        if int(item["sk"].split("#")[1]) >= from_ms // 1000:
            cast.update(_buckets(item, keys.CAST_LATENCY_PREFIX))
            arrival.update(_buckets(item, keys.ARRIVAL_LATENCY_PREFIX))
    return Latency(
        quantile_ms(cast, 0.5),
        quantile_ms(cast, 0.99),
        quantile_ms(arrival, 0.5),
        quantile_ms(arrival, 0.99),
    )


def _buckets(item: Mapping[str, Any], prefix: str) -> dict[int, int]:
    return {
        int(name.removeprefix(prefix)): count
        for name, count in item.items()
        if name.startswith(prefix)
    }
