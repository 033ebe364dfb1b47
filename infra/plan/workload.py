"""What somebody wants to do in, one checked description of it out."""

from typing import Literal

import msgspec

Mode = Literal["ordered", "fanout"]
Billing = Literal["provisioned", "on-demand"]


class Workload(msgspec.Struct, frozen=True, kw_only=True):
    """Votes at a steady rate, and the choices that decide what they cost."""

    rate: float  # votes a second
    hours: float = 24.0
    polls: int = 1
    colours: int = 6
    producers: int | None = None  # None: one for each 50,000 votes/s
    packed: bool = True
    mode: Mode = "ordered"
    stream: Billing = "provisioned"
    table: Billing = "on-demand"
    enhanced_fan_out: bool = False
    retention_hours: int = 24  # as in the template
    window_s: int = 0  # MaximumBatchingWindowInSeconds of the counting mapping
    trend: bool = True
    history: bool = True
    dashboard: bool = True
    warehouse_rpus: int = 8
    load_every_s: int = 60

    @property
    def votes(self) -> float:
        return self.rate * self.hours * 3_600
