"""A workload in, the whole plan out: capacity, bill, limits, and the same under other choices."""

from collections.abc import Mapping

import msgspec

from infra.plan.bill import Bill, bill_of
from infra.plan.capacity import Capacity, capacity_of
from infra.plan.measured import MEASURED, Constants
from infra.plan.price import Prices
from infra.plan.quota import Quota, Use, uses_of
from infra.plan.workload import Workload

LADDER = (10.0, 1e3, 1e4, 1e5, 1e6, 1e7)  # votes a second


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """One workload's needs, cost and limits."""

    workload: Workload
    capacity: Capacity
    bill: Bill
    uses: list[Use]


class Tables(msgspec.Struct, frozen=True, kw_only=True):
    """The data files of the plan."""

    prices: Prices
    quotas: Mapping[str, Quota]
    constants: Constants = MEASURED


def plan_of(work: Workload, tables: Tables) -> Plan:
    """Return the plan of a workload."""
    need = capacity_of(work, tables.constants)
    return Plan(
        workload=work,
        capacity=need,
        bill=bill_of(work, need, tables.constants, tables.prices),
        uses=uses_of(work, need, tables.constants, tables.quotas),
    )


def choices(work: Workload, tables: Tables) -> dict[str, Plan]:
    """Return the same workload under each other choice, by the choice's name."""
    replace = msgspec.structs.replace
    others = {
        "as asked": work,
        "one vote a record": replace(work, packed=False),
        "fan-out": replace(work, mode="fanout"),
        "stream on demand": replace(work, stream="on-demand"),
        "stream provisioned": replace(work, stream="provisioned"),
        "table on demand": replace(work, table="on-demand"),
        "table provisioned": replace(work, table="provisioned"),
        "enhanced fan-out": replace(work, enhanced_fan_out=True),
        "batching window 2 s": replace(work, window_s=2),
        "load every 15 min": replace(work, load_every_s=900),
        "no history": replace(work, history=False),
    }
    return {
        name: plan_of(other, tables)
        for name, other in others.items()
        if other != work or name == "as asked"
    }


def ladder(work: Workload, tables: Tables) -> list[Plan]:
    """Return the workload at other rates, from 10/s to 10,000,000/s."""
    return [
        plan_of(msgspec.structs.replace(work, rate=rate, producers=None), tables) for rate in LADDER
    ]
