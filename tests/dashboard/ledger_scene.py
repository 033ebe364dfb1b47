"""Votes in, a table and a warehouse that agree on them out, until a test plants a fault."""

from collections.abc import Mapping, Sequence

from core.agreement import Agreement, LineDifference
from core.check_report import CheckReport
from core.clock import Clock
from core.invariants.invariant import MINUTE_MS, Invariant
from core.item import to_item
from core.keys import lane_pk, lane_sk
from core.lane import LaneState
from core.ledger import COUNTED, DUPLICATE, PARKED
from tests.dashboard.fake_warehouse import FakeWarehouse
from tests.dashboard.tally_table import TallyTable

CHECKED = (
    "acknowledged_equals_applied",
    "stream_equals_ledger",
    "seconds_equal_totals",
    "arrived_equals_delivered",
    "delivered_equals_loaded",
)


class Scene:
    """A small world: what the Pipeline page reads of it."""

    def __init__(self, table: TallyTable, warehouse: FakeWarehouse, clock: Clock) -> None:
        self.table = table
        self.warehouse = warehouse
        self.clock = clock

    @property
    def minute(self) -> int:
        return self.clock.now_ms() // MINUTE_MS

    def cast(
        self,
        poll: str,
        votes: Mapping[str, int],
        *,
        minutes_ago: int = 10,
        parked: Mapping[str, int] | None = None,
        duplicate: int = 0,
        loaded: bool = True,
    ) -> None:
        """Count votes and lines that do not count; history has them as well if `loaded`."""
        minute = self.minute - minutes_ago
        reasons = parked or {}
        self.table.count(poll, votes, second=minute * 60, latency_ms=90)
        lines = {
            COUNTED: sum(votes.values()),
            PARKED: sum(reasons.values()),
            DUPLICATE: duplicate,
        }
        self.table.ledger(poll, minute, **lines)
        if not loaded:
            return
        ledger = self.warehouse.ledger
        for outcome, count in lines.items():
            if count:
                ledger.load(poll, minute, outcome, count)
        for colour, count in votes.items():
            ledger.colours[poll, colour] += count
        for reason, count in reasons.items():
            ledger.parked[poll, reason] += count

    def lane(self, producer: str, lane: int, state: LaneState) -> None:
        """Let a lane of a producer, whom history knows, be in a state."""
        key = {"pk": lane_pk(producer), "sk": lane_sk(lane)}
        self.table.put(to_item(key | state.to_values()))
        if producer not in self.warehouse.ledger.producers:
            self.warehouse.ledger.producers.append(producer)

    def compared(self, *differences: LineDifference, minutes_ago: int = 1, lines: int = 5) -> None:
        """Let the scheduled comparison have run."""
        self.table.put(
            Agreement(
                checked_at_ms=self.clock.now_ms() - minutes_ago * MINUTE_MS,
                from_minute=self.minute - 120,
                until_minute=self.minute - 6,
                live=lines,
                history=lines + sum(each.history - each.live for each in differences),
                minutes_different=len({each.minute for each in differences}),
                behind_minutes=0,
                differences=differences,
            ).to_item()
        )

    def checked(self, *broken: str, minutes_ago: int = 1, names: Sequence[str] = CHECKED) -> None:
        """Let `cube check` have run."""
        verdicts = [
            Invariant(
                name=name,
                ok=name not in broken,
                left=100,
                right=99 if name in broken else 100,
                left_is="one",
                right_is="other",
                note="minutes of arrival that differ: 7" if name in broken else "",
            )
            for name in names
        ]
        now_ms = self.clock.now_ms() - minutes_ago * MINUTE_MS
        self.table.put(CheckReport.of(verdicts, checked_at_ms=now_ms, waited_s=0).to_item())
