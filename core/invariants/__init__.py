"""What two sources say of the same votes in, a verdict by name out: all that must ever hold.

`CATALOGUE` lists every invariant. `live` and `history` judge what can be read of a running system:
`cube check`, the Pipeline page, the alarm of `processors.compare`. `order` needs a witness of every
transaction and save: the simulator and the tests.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from core.invariants import history, live, order
from core.invariants.invariant import Invariant


@dataclass(frozen=True, slots=True)
class Entry:
    """One invariant: its function, what it promises, and who evaluates it."""

    judge: Callable[..., Invariant]
    promise: str
    meaning: str
    evaluated_by: tuple[str, ...]

    @property
    def name(self) -> str:
        """Return the function's name, which its verdicts bear."""
        return self.judge.__name__


CHECK: Final = "cube check"
SIM: Final = "cube sim"
ALARM: Final = "alarm"

CATALOGUE: Final = (
    Entry(
        live.acknowledged_equals_applied,
        "conservation: producers to tallies",
        "What producers were told is in the stream has been applied, lane by lane, no more.",
        (CHECK, SIM),
    ),
    Entry(
        live.no_batch_missing,
        "conservation: producers to tallies",
        "No lane has a batch that a later one overtook, or that is applied only in part.",
        (CHECK, SIM),
    ),
    Entry(
        live.stream_equals_ledger,
        "conservation: stream to tallies",
        "Every line in the stream is counted, parked or a duplicate, in its minute of arrival.",
        (CHECK, SIM),
    ),
    Entry(
        live.totals_equal_ledger,
        "conservation: inside the tallies",
        "A poll's totals are what its ledger counted.",
        (CHECK, SIM),
    ),
    Entry(
        live.seconds_equal_totals,
        "conservation: inside the tallies",
        "A poll's seconds, minutes and what is older add up to its totals, colour by colour.",
        (CHECK, SIM),
    ),
    Entry(
        order.each_identity_once,
        "exactly once per vote identity",
        "Every accepted, valid vote was added to the tallies by one committed transaction.",
        (SIM,),
    ),
    Entry(
        order.device_order_kept,
        "per-device order in the ordered mode",
        "A device's votes are applied in the order in which the stream took them.",
        (SIM,),
    ),
    Entry(
        order.checkpoints_never_regress,
        "a checkpoint never regresses",
        "A saved position only rises, and never beyond what was done.",
        (SIM,),
    ),
    Entry(
        history.arrived_equals_delivered,
        "lake equals stream",
        "Every line of the stream is in an object of the lake, or kept in one of failures.",
        (CHECK, SIM),
    ),
    Entry(
        history.delivered_equals_loaded,
        "warehouse equals lake",
        "A load has seen every row of the objects that its manifest names.",
        (CHECK, SIM),
    ),
    Entry(
        history.loads_equal_tables,
        "warehouse equals lake",
        "The tables hold what the loads say they put there, by poll, minute and outcome.",
        (CHECK, SIM),
    ),
    Entry(
        history.live_equals_warehouse,
        "live equals warehouse",
        "The live ledger and the warehouse have the same lines, by poll, minute and outcome.",
        (CHECK, SIM, ALARM),
    ),
    Entry(
        history.colours_equal_warehouse,
        "live equals warehouse",
        "A poll's live totals are the warehouse's votes, colour by colour.",
        (CHECK, SIM),
    ),
    Entry(
        history.comparison_agrees,
        "live equals warehouse",
        "The scheduled comparison found the same lines in both, when it ran last.",
        (CHECK, ALARM),
    ),
    Entry(
        live.consumers_caught_up,
        "liveness: live",
        "When a check waits, the consumers finish what is in the stream.",
        (CHECK,),
    ),
    Entry(
        history.history_caught_up,
        "liveness: history",
        "When a check waits, everything is delivered and loaded.",
        (CHECK,),
    ),
)
