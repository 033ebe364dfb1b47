"""What a person asks of the load engine in, checked, and what it answers with."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from core import limits
from core.errors import UsageError
from core.poll import DEFAULT_PALETTE, DEFAULT_POLL
from producers.crowd import Crowd
from producers.pattern import PATTERNS

DEVICES_MAX: Final = 10_000_000  # about 200 bytes each: 2 GB
RATE_MAX: Final = 1_000_000
SHARE_MAX: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadPlan:
    """What to produce. With neither `seconds` nor `votes` it goes on until it is stopped."""

    rate: float
    outbox: Path
    stream: str
    seconds: float | None = None
    votes: int | None = None
    pattern: str = "steady"
    devices: int = 10_000
    poll: str = DEFAULT_POLL
    palette: tuple[str, ...] = DEFAULT_PALETTE
    seed: int = 0
    duplicate_share: float = 0.0
    late_share: float = 0.0
    malformed_share: float = 0.0
    lanes: int = limits.LANES
    outbox_bytes_max: int = limits.OUTBOX_BYTES_MAX
    drain_s: float = 60.0

    def check(self) -> None:
        """Raise UsageError for a plan that cannot be carried out."""
        if not 0 < self.rate <= RATE_MAX:
            raise UsageError(f"planning load: rate {self.rate:g} is not above 0, up to {RATE_MAX}")
        if not 0 < self.devices <= DEVICES_MAX:
            raise UsageError(f"planning load: {self.devices} devices, not 1 to {DEVICES_MAX}")
        if self.pattern not in PATTERNS:
            raise UsageError(
                f"planning load: {self.pattern!r} is no pattern: {', '.join(PATTERNS)}"
            )
        shares = (self.duplicate_share, self.late_share, self.malformed_share)
        if not all(0 <= share <= SHARE_MAX for share in shares):
            raise UsageError(f"planning load: a share is from 0 to {SHARE_MAX}")

    def crowd(self, *, producer: str, lanes: int) -> Crowd:
        """Return who votes: devices that belong to this outbox and to no other."""
        return Crowd(
            seed=self.seed,
            poll=self.poll,
            palette=self.palette,
            devices=self.devices,
            namespace=f"cube-{producer[-6:]}",
            pattern=self.pattern,
            lanes=lanes,
            late_share=self.late_share,
            malformed_share=self.malformed_share,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where a run stands. `waiting` votes are in the outbox, `held` ones on offline devices.

    `throttled_shards` refused a batch within the last second, `waiting_lanes` wait to send theirs
    again, `full_lanes` have filled their share of the outbox. `note` says what slows the run down,
    or is empty.
    """

    elapsed_ms: int
    offered: int
    accepted: int
    waiting: int
    held: int
    rate: float
    put_ms_p99: float | None
    draining: bool
    note: str
    throttled_shards: tuple[str, ...] = ()
    waiting_lanes: int = 0
    full_lanes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadReport:
    """What came of a plan: offered + recovered = accepted + left, always.

    `recovered` votes were in the outbox when the run began. `behind_ms` is time for which no votes
    were cast because this machine, or the stream (`blocked_ms` of it), was slower than the plan.
    `not_cast` votes were due on lanes that were full: their devices waited, others voted.
    `throttled` counts, by shard, batches that were too much for it and were sent again.
    `duplicate_votes` and `garbage_records` went past the outbox, on request.
    """

    offered: int
    recovered: int
    accepted: int
    left: int
    rate: float
    put_ms_p50: float | None
    put_ms_p99: float | None
    puts: int
    failed_batches: int
    reasons: dict[str, int]
    behind_ms: int
    blocked_ms: int
    late_votes: int
    malformed_lines: int
    duplicate_votes: int
    garbage_records: int
    took_ms: int
    not_cast: int = 0
    throttled: dict[str, int] = field(default_factory=dict)
