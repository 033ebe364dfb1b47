"""A range of time in, votes of the lake that the tallies lack handed to their function, out.

After a table was put back to an earlier instant, lanes and markers have forgotten what was applied
since. What the stream has let go of by then lies in the backup, by batch; the rows of the lake say
when it arrived, and have the votes that came without a stamp. Lanes and markers know what they
have, so nothing counts twice, however often this runs.
"""

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from core import limits
from core.clock import Clock
from core.errors import UsageError
from core.lane import LaneState, partition_key
from local.recovery.backup import BackupRecord, read_backup
from local.recovery.entry import FailedDelivery
from local.recovery.known_rows import Batch, KnownRows
from local.recovery.rebuild import BACKUP_PREFIX, MARGIN_MS, Rebuild
from local.recovery.rebuild import Report as Reading
from local.recovery.recover import FunctionClient, events_of, fault_of
from local.recovery.unmarked import SHARD, Unmarked, event_of
from processors.lake import ROWS_PREFIX

DAY_MS: Final = 86_400_000

Lanes = Callable[[str], Mapping[int, LaneState]]


@dataclass(slots=True)
class Report:
    """What the tallies lacked: batches, their lines, and records of votes without a stamp.

    `unplaced` batches have no rows to say when they arrived.
    """

    batches: int = 0
    lines: int = 0
    unplaced: int = 0
    unstamped: int = 0
    faults: list[str] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncounted:
    """Where to read, and who counts; `lanes` says what is applied of a producer, `unmarked` which
    votes without a stamp are not.
    """

    s3: Any
    bucket: str
    lanes: Lanes
    unmarked: Unmarked
    functions: FunctionClient
    function: str
    clock: Clock

    def run(self, from_ms: int, to_ms: int, *, write: bool) -> Report:
        """Hand over what backup objects that began in the range hold and lanes lack.

        Raise UsageError for a range that begins before lanes are sure to be remembered.
        """
        if self.clock.now_ms() - from_ms > limits.LANE_IDLE_DAYS * DAY_MS:
            raise UsageError(
                f"counting batches: older than {limits.LANE_IDLE_DAYS} days: what is counted of "
                "them may be forgotten"
            )
        reading = Rebuild(s3=self.s3, bucket=self.bucket, clock=self.clock, rng=random.Random(0))
        said = Reading()
        known = reading.known(from_ms, to_ms, said)
        report = Report(unreadable=said.unreadable)
        states: dict[str, Mapping[int, LaneState]] = {}
        seen: set[Batch] = set()  # a batch may be in the backup twice
        for key, body in reading.read(BACKUP_PREFIX, from_ms, to_ms, said):
            entries = list(self._lacking(key, body, known, states, seen, report))
            if write:
                self._hand(entries, report)
        for key, body in reading.read(ROWS_PREFIX, from_ms - MARGIN_MS, to_ms, said):
            entries = list(self.unmarked.records(key, body))
            report.unstamped += len(entries)
            if write:
                self._hand(entries, report)
        return report

    def _lacking(
        self,
        key: str,
        body: bytes,
        known: KnownRows,
        states: dict[str, Mapping[int, LaneState]],
        seen: set[Batch],
        report: Report,
    ) -> Iterator[FailedDelivery]:
        """Yield the batches of an object that are not applied, in their order."""
        for record in read_backup(body):
            stamp = record.stamp
            if stamp is None:
                continue
            if stamp.producer not in states:
                states[stamp.producer] = self.lanes(stamp.producer)
            state = states[stamp.producer].get(stamp.lane, LaneState())
            batch = (stamp.producer, stamp.lane, stamp.number)
            if state.applied_lines(stamp.number) is None or batch in seen:
                continue
            seen.add(batch)
            placed = known.batches.get(batch)
            if placed is None:
                report.unplaced += 1
                continue
            report.batches += 1
            report.lines += stamp.votes
            yield self._entry(key, record, placed.arrival_ms, placed.sequence_number)

    def _entry(
        self, key: str, record: BackupRecord, arrival_ms: int, sequence_number: str
    ) -> FailedDelivery:
        assert record.stamp is not None, "only batches are handed over"
        stamp = record.stamp
        key_of_lane = partition_key(stamp.producer, stamp.lane)
        event = event_of(SHARD, key_of_lane, sequence_number, arrival_ms, record.data)
        return FailedDelivery(
            key=key,
            number=record.ordinal + 1,
            kind="live",
            reason="uncounted",
            arrival_ms=arrival_ms,
            data=record.data,
            record=event,
            function=self.function,
        )

    def _hand(self, entries: list[FailedDelivery], report: Report) -> None:
        for held, event in events_of(entries) if entries else ():
            reply = self.functions.invoke(FunctionName=self.function, Payload=event)
            if fault := fault_of(reply):
                report.faults.append(f"{held[0].name}: {fault}")
