"""A workload's needs in, how much of each limit of AWS they use out, the tightest first."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import msgspec

from core import limits
from infra.plan.capacity import Capacity
from infra.plan.measured import Constants
from infra.plan.workload import Workload

QUOTAS_FILE: Final = Path(__file__).parent / "quotas.toml"
_TOTAL_UNITS: Final = 2  # a small item in a transaction


class Quota(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One limit, who says so, and what to do about it."""

    limit: float
    unit: str
    adjustable: bool
    source: str
    advice: str


class Use(msgspec.Struct, frozen=True, kw_only=True):
    """How much of one limit a workload uses; 1.0 is all of it."""

    name: str
    used: float
    quota: Quota

    @property
    def share(self) -> float:
        return self.used / self.quota.limit


def read_quotas(path: Path = QUOTAS_FILE) -> Mapping[str, Quota]:
    """Return the limits of a file, by name."""
    return msgspec.toml.decode(path.read_bytes(), type=dict[str, Quota])


def uses_of(work: Workload, need: Capacity, k: Constants, quotas: Mapping[str, Quota]) -> list[Use]:
    """Return the use of every limit that concerns the workload, the tightest first."""
    uses = [Use(name=name, used=used, quota=quotas[name]) for name, used in _used(work, need, k)]
    return sorted(uses, key=lambda use: use.share, reverse=True)


def _used(work: Workload, need: Capacity, k: Constants) -> Iterator[tuple[str, float]]:
    if work.stream == "provisioned":
        yield "shards", need.shards
    else:
        yield "stream_on_demand_mb", need.stream_bytes / 1e6
    yield "lambda_concurrency", need.concurrency
    yield "table_write_units", need.write_units
    writers = need.transactions / limits.WRITER_SLOTS
    yield "item_write_units", writers * _TOTAL_UNITS
    yield "item_conflicts", writers * k.transaction_wait_ms / 1_000
    if work.history:
        answer = 2 * min(k.transform_call_bytes, need.stream_bytes * k.transform_call_s)
        yield "firehose_rows", answer / 1e6
        yield "warehouse_rows", work.rate
